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
    [t("certificate.chain"), t(`chain.${certificate.chain}`)],
    [t("certificate.revocation"), t(`revocation.${certificate.revocation}`)],
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

function validity({ not_before, not_after }) {
  const span = t("certificate.from-to", { from: day(not_before), to: day(not_after) });
  const left = daysUntil(not_after);
  if (left < 0) return `${span} (${t("certificate.over")})`;
  return left <= SOON_DAYS ? `${span} (${t("certificate.days-left", { days: left })})` : span;
}
