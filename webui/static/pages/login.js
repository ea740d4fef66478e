/** Đăng nhập: with MST and password, or with the token. */
import { h, fill } from "../lib/dom.js";
import { agent } from "../lib/agent.js";
import { api } from "../lib/api.js";
import { fromBase64 } from "../lib/base64.js";
import { t } from "../lib/i18n.js";
import { button, waiting } from "../components/parts.js";
import { clearWrong, field, markWrong, values } from "../components/field.js";
import { trouble } from "../components/trouble.js";
import { forgetProof, offerProfile } from "./register.js";

export function loginPage(body, { session, refresh }) {
  forgetProof();
  const problem = h("div", { "aria-live": "assertive" });
  const enter = h("button", { type: "submit" }, t("login.enter"));
  const form = h(
    "form",
    { class: "stack", novalidate: true, onsubmit: withPassword },
    field("mst", t("login.mst"), { autocomplete: "username", inputmode: "numeric", required: true }),
    field("password", t("login.password"), {
      type: "password",
      autocomplete: "current-password",
      required: true,
    }),
    enter,
  );
  const token = h("div", { class: "stack" });
  offerToken();
  fill(
    body,
    h(
      "div",
      { class: "card stack" },
      h("h1", {}, t("login.title")),
      problem,
      form,
      h("div", { class: "or" }, t("or")),
      token,
      session.registration === "open" &&
        h("p", { class: "quiet" }, t("login.new"), " ", h("a", { href: "#/tao-don-vi" }, t("register.title"))),
    ),
  );
  form.querySelector("input").focus();

  async function withPassword(event) {
    event.preventDefault();
    clearWrong(form);
    fill(problem);
    const { mst, password } = values(form);
    if (!mst) return markWrong(form, "mst", t("required"));
    if (!password) return markWrong(form, "password", t("required"));
    enter.disabled = true;
    try {
      await api.login(mst, password);
      await refresh();
    } catch (error) {
      if (!markWrong(form, error.field, error.text())) fill(problem, trouble(error));
    } finally {
      enter.disabled = false;
    }
  }

  function offerToken(problem) {
    fill(
      token,
      h("div", { "aria-live": "assertive" }, problem),
      button(t("login.token"), withToken, "second"),
      h("p", { class: "quiet" }, t("login.token-hint")),
    );
  }

  async function withToken() {
    fill(problem);
    const stop = new AbortController();
    fill(
      token,
      waiting(t("login.token-wait"), button(t("cancel"), () => stop.abort(), "second small")),
    );
    try {
      const signer = await agent({ signal: stop.signal });
      const { nonce } = await api.challenge();
      const proof = await signer.login({ nonce: fromBase64(nonce), signal: stop.signal });
      await api.loginWithToken({
        certificate: proof.certificate.der,
        signature: proof.signature,
        algorithm: proof.algorithm,
        nonce,
      });
      await refresh();
    } catch (error) {
      if (error.code === "unit_unknown") return offerProfile(error.details);
      offerToken(error.code === "cancelled" ? null : trouble(error));
      token.querySelector("button").focus();
    }
  }
}
