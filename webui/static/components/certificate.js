/** All that is known of a certificate, the same on every screen. */
import { h } from "../lib/dom.js";
import { day, daysUntil } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { icon } from "./icons.js";
import { facts } from "./parts.js";

export const SOON_DAYS = 30;

export function certificateFacts(certificate) {
  return facts(
    [
      [t("certificate.holder"), certificate.holder],
      [t("certificate.mst"), certificate.mst_printed.join(", ")],
      [t("certificate.issuer"), certificate.issuer],
      ...which(certificate),
      [t("certificate.chain"), verdict(CHAIN[certificate.chain], t(`chain.${certificate.chain}`))],
      [
        t("certificate.revocation"),
        verdict(REVOCATION[certificate.revocation], t(`revocation.${certificate.revocation}`)),
      ],
    ],
    "wide",
  );
}

/** What tells two certificates of one unit apart. */
export function certificateBrief(certificate) {
  return facts([[t("certificate.issuer"), certificate.issuer], ...which(certificate)]);
}

function which(certificate) {
  const place = certificate.source;
  return [
    [t("certificate.serial"), h("span", { class: "mono" }, certificate.serial)],
    [t("certificate.validity"), validity(certificate)],
    [t("certificate.place"), place && t("certificate.on-token", { label: place.label || place.serial })],
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
