/** First use: the unit's profile. After a token login the MST is given and no password is needed. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { mistakeInMst } from "../lib/mst.js";
import { checkOnLeaving, clearWrong, field, markWrong, values } from "../components/field.js";
import { trouble } from "../components/trouble.js";
import { profileFields } from "../components/profile-fields.js";

let proven = null;

export function forgetProof() {
  proven = null;
}

/** The token has proven this MST: {mst, mst_printed, proof}. */
export function offerProfile(details) {
  proven = details;
  location.hash = "#/tao-don-vi";
}

export function registerPage(body, { refresh }) {
  const known = proven;
  const problem = h("div", { "aria-live": "assertive" });
  const send = h("button", { type: "submit" }, t("register.send"));
  const password = field("password", t(known ? "register.password-optional" : "login.password"), {
    type: "password",
    autocomplete: "new-password",
    hint: t("register.password-hint"),
  });
  const mst = field("mst", t("login.mst"), {
    inputmode: "numeric",
    autocomplete: "username",
    hint: t("register.mst-hint"),
  });
  const form = h(
    "form",
    { class: "stack", novalidate: true, onsubmit: register },
    known && h("p", { class: "note" }, t("register.proven", { mst: known.mst_printed })),
    !known && h("div", { class: "fields" }, mst, password),
    profileFields({}, { twice: true }),
    known && password,
    h(
      "div",
      { class: "row end" },
      h("a", { class: "button second", href: "#/" }, t("cancel")),
      send,
    ),
  );
  if (!known) {
    checkOnLeaving(form, "mst", (typed) => {
      const mistake = mistakeInMst(typed);
      return mistake && t(`register.mst-${mistake}`);
    });
  }
  body.className = "sign-in wider";
  fill(
    body,
    h("div", { class: "card stack" }, h("h1", {}, t("register.title")), problem, form),
  );
  form.querySelector("input").focus();

  async function register(event) {
    event.preventDefault();
    clearWrong(form);
    fill(problem);
    const asked = values(form);
    if (known) Object.assign(asked, { mst: known.mst, proof: known.proof });
    if (!asked.password) delete asked.password;
    send.disabled = true;
    try {
      await api.register(asked);
      forgetProof();
      await refresh();
    } catch (error) {
      if (!markWrong(form, error.field, error.text())) fill(problem, trouble(error));
    } finally {
      send.disabled = false;
    }
  }
}
