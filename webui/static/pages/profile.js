/** Tab Thông tin đơn vị: what to do next, the certificate in use, the profile, and Điều chỉnh IVAN. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { live } from "../lib/live.js";
import { t } from "../lib/i18n.js";
import { button, certificateBadge, facts, link, note, skeleton } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { nextStep } from "../components/next-step.js";
import { trouble } from "../components/trouble.js";
import { addCertificate, usualKind } from "../dialogs/add-certificate.js";
import { adjustIvan } from "../dialogs/adjust-ivan.js";
import { changeProfile } from "../dialogs/change-profile.js";

export function profilePage(body, { session, refresh }) {
  const unit = session.unit;
  const state = h("div", { class: "stack" });
  fill(body, h("div", { class: "columns" }, state, profile(unit, refresh)));
  const part = live(state, {
    load: api.certificates,
    draw: ({ certificates }) => [
      nextStep(certificates, {
        add: () => addCertificate(unit, { kind: usualKind(certificates), onadded: part.reload }),
        adjust: (certificate) => adjustIvan({ unit, wanted: certificate.id }),
      }),
      registered(certificates, unit),
    ],
    failed: (error) => trouble(error, { retry: () => part.reload() }),
    skeleton: () => skeleton(2),
  });
  return part.stop;
}

function profile(unit, refresh) {
  const change = () => changeProfile(unit, refresh);
  return h(
    "section",
    { class: "card stack" },
    h(
      "div",
      { class: "head" },
      h("h2", {}, t("tab.unit")),
      button(t("unit.change"), change, "second small", { drawing: "pen" }),
    ),
    facts([
      [t("unit.name"), unit.ten_don_vi],
      [t("certificate.mst"), unit.mst_printed],
      [t("unit.code"), unit.ma_don_vi],
      [t("unit.agency"), unit.co_quan_bhxh],
      [t("unit.address"), unit.dia_chi],
      [t("contact.person"), unit.nguoi_lien_he],
      [t("contact.phone"), unit.dien_thoai],
      [t("contact.email"), unit.email],
    ]),
  );
}

function registered(certificates, unit) {
  const now = certificates.find((certificate) => certificate.state === "dang-dung");
  return h(
    "section",
    { class: "card stack" },
    h(
      "div",
      { class: "head" },
      h("h2", {}, t("registered.title")),
      now && certificateBadge(now.state),
    ),
    now ? certificateFacts(now) : note("", t("registered.none"), h("p", {}, t("registered.none-how"))),
    h(
      "div",
      { class: "row" },
      button(t("adjust.title"), () => adjustIvan({ unit }), "second", { drawing: "pen" }),
      link(t("registered.add"), "#/chung-thu-so", "button second", { drawing: "plus" }),
    ),
  );
}
