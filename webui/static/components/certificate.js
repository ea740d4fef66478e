/** All that is known of a certificate, the same on every screen. */
import { h } from "../lib/dom.js";
import { day, daysUntil } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { printedMst } from "../lib/mst.js";
import { place } from "../lib/source.js";
import { icon } from "./icons.js";
import { facts } from "./parts.js";

export const SOON_DAYS = 30;

/**
 * As the backend tells it; of one that it refuses, as the agent does, without a verdict.
 * `beneath`: its holder and number stand above already.
 */
export function certificateFacts(certificate, { beneath = false } = {}) {
  const { holder, mst, mst_printed = mst.map(printedMst), issuer, chain, revocation } = certificate;
  return facts(
    [
      !beneath && [t("certificate.holder"), holder],
      [t("certificate.mst"), mst_printed.join(", ")],
      [t("certificate.issuer"), issuer],
      ...which(certificate).slice(beneath ? 1 : 0),
      chain && [t("certificate.chain"), verdict(CHAIN[chain], t(`chain.${chain}`))],
      revocation && [t("certificate.revocation"), verdict(REVOCATION[revocation], t(`revocation.${revocation}`))],
    ].filter(Boolean),
    "wide",
  );
}

/** What tells two certificates of one unit apart. */
export function certificateBrief(certificate) {
  return facts([[t("certificate.issuer"), certificate.issuer], ...which(certificate)]);
}

function which(certificate) {
  return [
    [t("certificate.serial"), h("span", { class: "mono" }, certificate.serial)],
    [t("certificate.validity"), validity(certificate)],
    [t("certificate.place"), place(certificate.source)],
  ];
}

const CHAIN = { trusted: "good", untrusted: "bad", unknown: "warn" };
const REVOCATION = { good: "good", revoked: "bad", unknown: "warn" };
const MARKS = { good: "check", warn: "warn", bad: "bad" };

const verdict = (kind, words) => h("span", { class: `verdict ${kind}` }, icon(MARKS[kind]), words);

function validity({ not_before, not_after }) {
  const span = t("certificate.from-to", { from: day(not_before), to: day(not_after) });
  const left = daysUntil(not_after);
  if (left < 0) return [`${span} `, h("b", { class: "bad" }, t("certificate.over"))];
  if (left > SOON_DAYS) return span;
  return [`${span} `, h("b", { class: "warn" }, t("certificate.days-left", { n: left }))];
}
