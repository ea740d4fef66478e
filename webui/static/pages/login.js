/** Đăng nhập: with MST and password, or with a certificate, on a token or in a service. */
import { h, fill } from "../lib/dom.js";
import { agent } from "../lib/agent.js";
import { api } from "../lib/api.js";
import { fromBase64 } from "../lib/base64.js";
import { t } from "../lib/i18n.js";
import { button, link, note, waiting } from "../components/parts.js";
import { clearWrong, field, markEmpty, markWrong, values } from "../components/field.js";
import { icon } from "../components/icons.js";
import { mstField } from "../components/profile-fields.js";
import { trouble } from "../components/trouble.js";
import { forgetProof, offerProfile } from "./register.js";

/** Where the agent stands, when it is not the user's turn in its first window. */
const SAID = {
  "waiting-for-token": "login.plug-in",
  "waiting-for-service": "stage.waiting-for-service",
  "waiting-for-confirmation": "stage.waiting-for-confirmation",
};

/** `why`: what to say first, such as that the session is over. */
export function loginPage(body, { session, refresh, why }) {
  forgetProof();
  const problem = h("div", { "aria-live": "assertive" }, why && note("warn", why));
  const enter = button(t("login.enter"), null, "", { type: "submit" });
  const form = h(
    "form",
    { class: "stack", novalidate: true, onsubmit: withPassword },
    mstField(t("login.mst")),
    field("password", t("login.password"), {
      type: "password",
      autocomplete: "current-password",
      required: true,
    }),
    enter,
  );
  const token = h("div", { class: "stack" });
  let stop = new AbortController();
  offerToken();
  fill(
    body,
    h(
      "div",
      { class: "welcome" },
      intro(),
      h(
        "div",
        { class: "card stack" },
        h("h1", {}, t("login.title")),
        problem,
        form,
        h("div", { class: "or" }, t("or")),
        token,
        session.registration === "open" &&
          h("p", { class: "quiet center" }, t("login.new"), " ", link(t("register.title"), "#/tao-don-vi", "")),
      ),
    ),
  );
  form.querySelector("input").focus();
  return () => stop.abort();

  async function withPassword(event) {
    event.preventDefault();
    if (enter.disabled) return;
    clearWrong(form);
    fill(problem);
    if (markEmpty(form)) return;
    const { mst, password } = values(form);
    enter.disabled = true;
    try {
      await api.login(mst, password);
      await refresh();
    } catch (error) {
      if (!markWrong(form, error.field, error.text?.())) fill(problem, trouble(error));
    } finally {
      enter.disabled = false;
    }
  }

  function offerToken(problem) {
    fill(
      token,
      h("div", { "aria-live": "assertive" }, problem),
      button(t("login.token"), withToken, "second", { drawing: "token" }),
      h("p", { class: "quiet small center" }, t("login.token-hint")),
    );
  }

  async function withToken() {
    fill(problem);
    stop = new AbortController();
    const { signal } = stop;
    const say = (words) => fill(token, waiting(words, button(t("cancel"), () => stop.abort(), "second small")));
    say(t("agent.looking"));
    try {
      const signer = await agent({ signal });
      const { nonce } = await api.challenge();
      say(t("login.token-wait"));
      const proof = await signer.login({
        nonce: fromBase64(nonce),
        signal,
        onProgress: ({ stage }) => say(t(SAID[stage] ?? "login.token-wait")),
      });
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

/** What this is for; beside the form where there is room. */
function intro() {
  const point = (drawing, words) => h("li", {}, icon(drawing), h("span", {}, words));
  return h(
    "section",
    { class: "intro" },
    h("img", { src: "/icon.svg", alt: "", width: "56", height: "56" }),
    h("p", { class: "claim" }, t("intro.claim")),
    h(
      "ul",
      {},
      point("token", t("intro.token")),
      point("check", t("intro.sent-once")),
      point("bell", t("intro.told")),
    ),
  );
}
