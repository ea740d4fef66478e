/** What was found of a signed file, as TT 15/2025/TT-BKHCN Điều 6.4 wants it shown; prints as it stands. */
import { h } from "../lib/dom.js";
import { day, moment } from "../lib/format.js";
import { known, t } from "../lib/i18n.js";
import { printedMst } from "../lib/mst.js";
import { size } from "../lib/size.js";
import { icon } from "./icons.js";
import { facts, note } from "./parts.js";

const KINDS = { valid: "good", uncertain: "warn", invalid: "bad" };
const MARKS = { good: "check", warn: "warn", bad: "bad" };

/** @param {import("/protocol/messages.d.ts").Report} report */
export function reportView(report) {
  const many = report.signatures.length > 1;
  return h(
    "article",
    { class: "stack report", "aria-label": t("verify.report") },
    verdict(report),
    h(
      "section",
      { class: "card stack" },
      h("h2", {}, t("verify.file")),
      facts(
        [
          [t("verify.name"), report.name],
          [t("verify.kind"), `${t(`verify.kind.${report.kind}`)}, ${size(report.size)}`],
          [t("verify.content"), report.broken ? null : report.content || t("verify.content-inside")],
          [t("verify.integrity"), mark(report.broken ? "bad" : "good", t(report.broken ? "verify.broken" : "verify.intact"))],
          [t("verify.sha256"), mono(report.sha256)],
          [t("verify.checked-at"), moment(report.checked_at)],
        ],
        "wide",
      ),
    ),
    report.signatures.map((one, index) => signature(report, one, many ? index + 1 : 0)),
  );
}

function verdict(report) {
  const why = report.broken && h("p", {}, report.words[report.broken]);
  const count = !report.broken && h("p", {}, t("verify.count", { n: report.signatures.length }));
  return note(KINDS[report.verdict], t(`verify.verdict.${report.verdict}`), why, count);
}

function signature(report, one, number) {
  const { signer, stamp } = one;
  const said = (code) => report.words[code] ?? code;
  return h(
    "section",
    { class: "card stack" },
    h(
      "div",
      { class: "head" },
      h("h2", {}, number ? t("verify.signature", { n: number, of: report.signatures.length }) : t("verify.the-signature")),
      mark(KINDS[one.verdict], t(`verify.short.${one.verdict}`)),
    ),
    one.problem && note("bad", said(one.problem)),
    one.warnings.map((code) => note("warn", said(code))),
    facts(
      [
        [t("verify.signer"), signer.holder],
        [t("verify.organisation"), signer.organisation === signer.holder ? "" : signer.organisation],
        [t("certificate.mst"), signer.mst.map(printedMst).join(", ")],
        [t("verify.issuer"), signer.issuer],
        [t("verify.managed-by"), signer.issuer_organisation || signer.issuer],
        [t("certificate.serial"), mono(signer.serial)],
        [t("certificate.validity"), t("certificate.from-to", { from: day(signer.not_before), to: day(signer.not_after) })],
        [t("verify.signed-at"), signedAt(one)],
        [t("verify.then"), state(one.then)],
        [t("verify.now"), state(one.now)],
        [t("verify.revocation"), revocation(one.revocation)],
        stamp && [
          t("verify.stamp"),
          mark(stamp.trusted ? "good" : "warn", t(stamp.trusted ? "verify.stamp-by" : "verify.stamp-doubtful", { at: moment(stamp.at), by: stamp.authority.holder })),
        ],
        [t("verify.covers"), covers(one.covers)],
        [t("verify.level"), `${one.level}, ${one.algorithm}`],
      ].filter(Boolean),
      "wide",
    ),
  );
}

const mono = (text) => h("span", { class: "mono" }, text);
const mark = (kind, words) => h("span", { class: `verdict ${kind}` }, icon(MARKS[kind]), words);

const STATES = { valid: "good", expired: "warn", unchecked: "warn", "not-yet-valid": "bad", revoked: "bad", untrusted: "bad" };
const state = (word) => mark(STATES[word] ?? "warn", t(`verify.state.${word}`));

function signedAt({ signed_at, proved, time_is_signed }) {
  if (!signed_at) return t("verify.time-none");
  const how = proved ? "verify.time-proved" : time_is_signed ? "verify.time-claimed" : "verify.time-loose";
  return t(how, { at: moment(signed_at) });
}

function revocation({ status, by, at, revoked_at, embedded }) {
  if (status === "revoked") return mark("bad", revoked_at ? t("verify.revoked-on", { at: moment(revoked_at) }) : t("verify.revoked"));
  if (status !== "good") return mark("warn", t("verify.revocation-unknown"));
  return mark("good", embedded && !at ? t("verify.not-revoked-then") : t("verify.not-revoked", { by: by.toUpperCase(), at: at ? moment(at) : "" }));
}

function covers(code) {
  const [kind, ...name] = code.split(":");
  return known(`verify.covers.${kind}`) ? t(`verify.covers.${kind}`, { name: name.join(":") }) : code;
}
