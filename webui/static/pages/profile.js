/** Tab Thông tin đơn vị: the profile, the certificate in use, and the way into Điều chỉnh IVAN. */
import { h, fill, uid } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { openDialog } from "../lib/dialog.js";
import { listen } from "../lib/events.js";
import { toast } from "../lib/notices.js";
import { button, certificateBadge, facts, note, waiting } from "../components/parts.js";
import { certificateFacts, isEnding } from "../components/certificate.js";
import { clearWrong, markWrong, values } from "../components/field.js";
import { profileFields } from "../components/profile-fields.js";
import { trouble } from "../components/trouble.js";
import { adjustIvan } from "../dialogs/adjust-ivan.js";

export function profilePage(body, { session, refresh }) {
  const unit = session.unit;
  const state = h("div", { class: "stack" }, waiting(t("loading")));
  fill(
    body,
    h(
      "div",
      { class: "stack" },
      state,
      h(
        "section",
        { class: "card stack" },
        h(
          "div",
          { class: "head" },
          h("h2", {}, t("tab.unit")),
          button(t("unit.change"), () => changeProfile(unit, refresh), "second small"),
        ),
        facts([
          [t("unit.name"), unit.ten_don_vi],
          [t("certificate.mst"), unit.mst_printed],
          [t("unit.code"), unit.ma_don_vi],
          [t("unit.agency"), unit.co_quan_bhxh],
          [t("unit.address"), unit.dia_chi],
          [t("unit.contact"), unit.nguoi_lien_he],
          [t("unit.phone"), unit.dien_thoai],
          [t("unit.email"), unit.email],
        ]),
      ),
    ),
  );
  load();
  return listen(load);

  async function load() {
    try {
      const { certificates } = await api.certificates();
      fill(state, unsent(certificates), registered(certificates));
    } catch (error) {
      fill(state, trouble(error), button(t("retry"), load, "second"));
    }
  }
}

/** The classic disaster, said where it cannot be overlooked. */
function unsent(certificates) {
  return certificates
    .filter((certificate) => certificate.state === "chua-gui")
    .map((certificate) =>
      h(
        "section",
        { class: "card urgent stack" },
        h("h2", {}, t("unsent.title")),
        h("p", {}, t("unsent.text", { serial: certificate.serial })),
        h("div", { class: "row" }, button(t("adjust.title"), () => adjustIvan(certificate.id))),
      ),
    );
}

function registered(certificates) {
  const now = certificates.find((certificate) => certificate.state === "dang-dung");
  const noneToSend = !certificates.some((certificate) => certificate.state === "chua-gui");
  return h(
    "section",
    { class: "card stack" },
    h(
      "div",
      { class: "head" },
      h("h2", {}, t("registered.title")),
      now && certificateBadge(now.state),
    ),
    now && noneToSend && isEnding(now) && note("warn", t("ending.title"), t("ending.how")),
    now ? certificateFacts(now) : note("warn", t("registered.none"), t("registered.none-how")),
    h(
      "div",
      { class: "row" },
      button(t("adjust.title"), () => adjustIvan(), now && noneToSend ? "" : "second"),
      h(
        "a",
        { class: now || !noneToSend ? "button second" : "button", href: "#/chung-thu-so" },
        t("registered.add"),
      ),
    ),
  );
}

function changeProfile(unit, refresh) {
  const dialog = openDialog(t("unit.change"));
  const problem = h("div", { "aria-live": "assertive" });
  const form = h(
    "form",
    { class: "stack", id: uid(), novalidate: true, onsubmit: save },
    profileFields(unit),
  );
  const done = h("button", { type: "submit", form: form.id }, t("save"));
  dialog.show(
    [problem, form, h("p", { class: "quiet" }, t("unit.change-note"))],
    [button(t("cancel"), dialog.close, "second"), done],
  );
  form.querySelector("input").focus();

  async function save(event) {
    event.preventDefault();
    if (done.disabled) return;
    clearWrong(form);
    fill(problem);
    done.disabled = true;
    try {
      await api.changeUnit(values(form));
      dialog.close();
      toast(t("saved"), "good");
      await refresh();
    } catch (error) {
      if (!markWrong(form, error.field, error.text())) fill(problem, trouble(error));
    } finally {
      done.disabled = false;
    }
  }
}
