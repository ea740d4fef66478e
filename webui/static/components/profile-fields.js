/** The fields of Thông tin đơn vị, for the first time and for changing them. */
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { mistakeInMst } from "../lib/mst.js";
import { field } from "./field.js";

export function mstField(label, more) {
  const check = (value) => {
    const mistake = mistakeInMst(value);
    return mistake ? { wrong: t(`mst.${mistake}`) } : { right: t("mst.right") };
  };
  return field("mst", label, {
    inputmode: "numeric",
    autocomplete: "username",
    required: true,
    check,
    ...more,
  });
}

export function profileFields(unit, { twice = false } = {}) {
  const given = (name, label, more) => field(name, label, { value: unit[name], required: true, ...more });
  return [
    h(
      "fieldset",
      {},
      h("legend", {}, t("unit.title")),
      h(
        "div",
        { class: "fields" },
        given("ten_don_vi", t("unit.name"), { autocomplete: "organization" }),
        given("dia_chi", t("unit.address"), { autocomplete: "street-address" }),
        given("ma_don_vi", t("unit.code"), { hint: t("unit.code-hint"), autocapitalize: "characters" }),
        given("co_quan_bhxh", t("unit.agency"), { inputmode: "numeric", hint: t("unit.agency-hint") }),
      ),
    ),
    h(
      "fieldset",
      {},
      h("legend", {}, t("contact.title")),
      h("div", { class: "fields" }, contactFields(unit, { twice })),
    ),
  ];
}

/** Contact person, phone and e-mail; the e-mail twice where a wrong one would hide the result. */
export function contactFields(unit, { twice }) {
  const given = (name, label, more) => field(name, label, { value: unit[name], required: true, ...more });
  const same = (value, form) =>
    value === form.elements.email.value.trim()
      ? { right: t("contact.email-same") }
      : { wrong: t("contact.email-differs") };
  return [
    given("nguoi_lien_he", t("contact.person"), { autocomplete: "name" }),
    given("dien_thoai", t("contact.phone"), { type: "tel", autocomplete: "tel" }),
    given("email", t("contact.email"), { type: "email", autocomplete: "email" }),
    twice &&
      field("email_lap_lai", t("contact.email-again"), {
        value: unit.email_lap_lai,
        type: "email",
        autocomplete: "off",
        required: true,
        hint: t("contact.email-why"),
        check: same,
      }),
  ];
}
