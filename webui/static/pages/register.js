/** First use: the unit's profile. After a token login the MST is given and no password is needed. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { button, link, note } from "../components/parts.js";
import { clearWrong, field, markEmpty, markWrong, values } from "../components/field.js";
import { trouble } from "../components/trouble.js";
import { mstField, profileFields } from "../components/profile-fields.js";

let proven = null;

/** The token has proven this MST: {mst, mst_printed, proof}. */
export function offerProfile(details) {
  proven = details;
  location.hash = "#/tao-don-vi";
}

export function forgetProof() {
  proven = null;
}

export function registerPage(body, { refresh }) {
  const known = proven;
  const problem = h("div", { "aria-live": "assertive" });
  const send = button(t("register.send"), null, "", { type: "submit" });
  const form = h(
    "form",
    { class: "stack", novalidate: true, onsubmit: register },
    h(
      "fieldset",
      {},
      h("legend", {}, t("register.account")),
      h(
        "div",
        { class: "fields" },
        known
          ? note("good", t("register.proven", { mst: known.mst_printed }), h("p", {}, t("register.proven-text")))
          : mstField(t("login.mst"), { hint: t("register.mst-hint") }),
        field("password", t(known ? "register.password-optional" : "login.password"), {
          type: "password",
          autocomplete: "new-password",
          required: !known,
          hint: t("register.password-hint"),
        }),
      ),
    ),
    profileFields({}, { twice: true }),
    h("div", { class: "row end" }, link(t("cancel"), "#/", "button second"), send),
  );
  fill(body, h("div", { class: "card stack narrow" }, h("h1", {}, t("register.title")), h("p", { class: "quiet" }, t("register.why")), problem, form));
  form.querySelector("input").focus();

  async function register(event) {
    event.preventDefault();
    if (send.disabled) return;
    clearWrong(form);
    fill(problem);
    if (markEmpty(form)) return;
    const asked = values(form);
    if (known) Object.assign(asked, { mst: known.mst, proof: known.proof });
    if (!asked.password) delete asked.password;
    send.disabled = true;
    try {
      await api.register(asked);
      forgetProof();
      await refresh();
    } catch (error) {
      if (markWrong(form, error.field, error.text?.())) return;
      fill(problem, trouble(error));
      problem.scrollIntoView({ block: "center" });
    } finally {
      send.disabled = false;
    }
  }
}
