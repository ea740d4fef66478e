/**
 * HSM: an account at a signing service, asked through the agent; its password goes there and nowhere
 * else. An account is kept with the certificate or not at all.
 *
 *     form ──Lấy dữ liệu chứng thư──▶ look ──▶ judge ──▶ list ──Xác nhận──▶ keep ──▶ add
 *      ▲                               │         │        │                 │        │
 *      └── whatever fails says why; the fields stay, but for a refused password ─────┘
 *
 * A page in an ordinary tab may not see accounts: it chooses among what was added before.
 */
import { fill, h } from "../../lib/dom.js";
import { ownWindow } from "../../lib/agent.js";
import { language, t } from "../../lib/i18n.js";
import { button, note, waiting } from "../../components/parts.js";
import { clearWrong, markEmpty, markWrong } from "../../components/field.js";
import { trouble } from "../../components/trouble.js";
import { accountForm } from "./account-form.js";
import { failed, preview } from "./chosen.js";
import { offerHeld } from "./offer.js";
import { withoutOwnWindow } from "./elsewhere.js";

/** At which field an error is said. */
const SAID_AT = {
  service_address: "host",
  service_unknown: "host",
  service_not_recognised: "provider",
  account_refused: "password",
};
/** Where the user will want to look after others. */
const LOOK_AT = { service_tls: "host", service_redirected: "host", service_malformed: "host", account_without_certificate: "account" };

export async function addFromService(stage) {
  const { signal, show, given, held } = stage;
  show(waiting(t("agent.looking")));
  try {
    if (held) {
      show(waiting(t("add.checking")));
      return await preview(stage, held);
    }
    const own = await ownWindow();
    if (signal.aborted) return;
    if (!own) return withoutOwnWindow(stage);
    const providers = await own.providers();
    if (!signal.aborted) enter(stage, own, providers);
  } catch (error) {
    if (error.code === "not_allowed") withoutOwnWindow(stage);
    else failed(stage, error);
  }
}

function enter(stage, own, providers) {
  const { signal, show, given } = stage;
  const problem = h("div", { "aria-live": "assertive" });
  const form = accountForm(providers, given, look);
  signal.addEventListener("abort", () => {
    Object.assign(given, form.given());
    form.wipe();
  });
  ask();
  form.at(given.host && given.account ? "password" : "host").focus();

  function ask() {
    show([problem, form.element], [button(t("hsm.look"), null, "", { type: "submit", form: "account", drawing: "search" })]);
  }

  async function look(event) {
    event.preventDefault();
    clearWrong(form.element);
    fill(problem);
    if (markEmpty(form.element)) return;
    const stop = new AbortController();
    const asking = stop.signal;
    signal.addEventListener("abort", () => stop.abort());
    const { host } = form.given();
    const say = (key) => {
      show(waiting(t(key, { host })), [button(t("hsm.stop"), () => stop.abort(), "second")]);
      stage.element.querySelector(".dialog-body").focus(); // a second Enter shall not stop it
    };
    say("hsm.asking");
    try {
      const onProgress = (step) => step.stage === "checking" && say("hsm.checking");
      const found = await own.lookAccount({ ...form.asked(), signal: asking, onProgress });
      say("hsm.checking");
      await offerHeld(stage, own, found, { asking, back });
      form.wipe(); // the agent has it; whoever comes back types it again
    } catch (error) {
      if (!signal.aborted) complain(error);
    }
  }

  /** To the form again, for another account or after `error`. */
  function back(error) {
    form.wipe();
    ask();
    if (error) complain(error);
    else form.at("host").focus();
  }

  function complain(error) {
    if (error.code === "not_allowed") return withoutOwnWindow(stage);
    if (error.code === "account_refused") form.wipe();
    ask();
    if (error.code === "cancelled") return form.at("host").focus();
    const words = error.text?.(language);
    if (words && markWrong(form.element, SAID_AT[error.code], words)) return;
    fill(problem, trouble(error));
    const place = LOOK_AT[error.code];
    (place ? form.at(place) : stage.element.querySelector("[form=account]")).focus();
    problem.scrollIntoView({ block: "nearest" });
  }
}
