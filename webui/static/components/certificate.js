/** All that is known of a certificate, the same on every screen. */
import { h } from "../lib/dom.js";
import { day, daysUntil } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { facts } from "./parts.js";

const SOON_DAYS = 30;

export function certificateFacts(certificate) {
  const place = certificate.source;
  return facts([
    [t("certificate.holder"), certificate.holder],
    [t("certificate.mst"), certificate.mst_printed.join(", ")],
    [t("certificate.issuer"), certificate.issuer],
    [t("certificate.serial"), h("span", { class: "mono" }, certificate.serial)],
    [t("certificate.validity"), validity(certificate)],
    [t("certificate.place"), place && t("certificate.on-token", { label: place.label })],
    [t("certificate.chain"), said(`chain.${certificate.chain}`)],
    [t("certificate.revocation"), said(`revocation.${certificate.revocation}`)],
  ]);
}

/** What tells two certificates of one unit apart. */
export function certificateBrief(certificate) {
  const place = certificate.source;
  return facts([
    [t("certificate.serial"), h("span", { class: "mono" }, certificate.serial)],
    [t("certificate.issuer"), certificate.issuer],
    [t("certificate.validity"), validity(certificate)],
    [t("certificate.place"), place && t("certificate.on-token", { label: place.label })],
  ]);
}

/** What a clerk must not overlook is coloured too. */
function said(key) {
  const alarming = key === "chain.untrusted" || key === "revocation.revoked";
  return alarming ? h("strong", { class: "bad" }, t(key)) : t(key);
}

export function validity({ not_before, not_after }) {
  const span = t("certificate.from-to", { from: day(not_before), to: day(not_after) });
  const left = daysUntil(not_after);
  if (left < 0) return [span, " ", h("strong", { class: "bad" }, `(${t("certificate.over")})`)];
  if (!isEnding({ not_after })) return span;
  return [span, " ", h("strong", { class: "warn" }, `(${t("certificate.days-left", { days: left })})`)];
}

/** Whether it is time to have it renewed. */
export function isEnding({ not_after }) {
  const left = daysUntil(not_after);
  return left >= 0 && left <= SOON_DAYS;
}
