/** The fields of Thông tin đơn vị, for the first time and for changing them. */
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { field } from "./field.js";

export function profileFields(unit, { twice = false } = {}) {
  const ofTheUnit = h(
    "div",
    { class: "fields" },
    field("ten_don_vi", t("unit.name"), { value: unit.ten_don_vi, autocomplete: "organization" }),
    field("dia_chi", t("unit.address"), { value: unit.dia_chi, autocomplete: "street-address" }),
    field("ma_don_vi", t("unit.code"), { value: unit.ma_don_vi, hint: t("unit.code-hint") }),
    field("co_quan_bhxh", t("unit.agency"), {
      value: unit.co_quan_bhxh,
      inputmode: "numeric",
      hint: t("unit.agency-hint"),
    }),
  );
  return [
    ofTheUnit,
    h("h2", {}, t("unit.contact-heading")),
    h("div", { class: "fields" }, contactFields(unit, { twice })),
  ];
}

/** Contact person, phone and e-mail; the e-mail twice where a wrong one would hide the result. */
export function contactFields(unit, { twice }) {
  return [
    field("nguoi_lien_he", t("unit.contact"), { value: unit.nguoi_lien_he, autocomplete: "name" }),
    field("dien_thoai", t("unit.phone"), {
      value: unit.dien_thoai,
      type: "tel",
      autocomplete: "tel",
    }),
    field("email", t("unit.email"), { value: unit.email, type: "email", autocomplete: "email" }),
    twice &&
      field("email_lap_lai", t("unit.email-again"), {
        type: "email",
        autocomplete: "off",
        hint: t("unit.email-why"),
      }),
  ];
}
