/** What a service holds for an account, to choose from; Xác nhận keeps the account and adds the chosen. */
import { fill, h } from "../../lib/dom.js";
import { api } from "../../lib/api.js";
import { t } from "../../lib/i18n.js";
import { button, note, waiting } from "../../components/parts.js";
import { trouble } from "../../components/trouble.js";
import { choosable, heldList, judged } from "./held.js";

/**
 * @param {object} found of `lookAccount`
 * @param {{asking: AbortSignal, back: (error?: Error) => void}} way back to the form
 */
export async function offerHeld(stage, own, found, { asking, back }) {
  const { signal, show, hold, finish } = stage;
  const verdicts = await judged(found.certificates, asking);
  if (asking.aborted) return signal.aborted || back();
  let chosen = verdicts.find(choosable);
  const problem = h("div", { "aria-live": "assertive" });
  const { provider, provider_name, host } = found;
  const source = { kind: "hsm", provider, provider_name, host };
  const accept = keeping(own, found.look, source, signal);
  list();
  focusChoice();

  function list() {
    const another = button(t("hsm.another"), () => back(), "second");
    const go = chosen && button(t("confirm"), confirm, "", { drawing: "check" });
    const several = verdicts.length > 0 && heldList(verdicts, source, chosen, choose);
    show([problem, summary(), several], [another, go], { alone: true });
  }

  function choose(verdict) {
    chosen = verdict;
  }

  function focusChoice() {
    const several = verdicts.filter(choosable).length > 1;
    const place = several ? ".held [type=radio]:checked" : ".dialog-foot button:last-child";
    stage.element.querySelector(place)?.focus({ preventScroll: true });
  }

  function summary() {
    const words = { name: provider_name, host, n: verdicts.length };
    if (verdicts.length === 0) return note("warn", t("hsm.none", words), h("p", {}, t("hsm.none-how")));
    if (!chosen) return note("warn", t("hsm.none-fits", words), h("p", {}, t("hsm.none-fits-how")));
    return note("good", t("hsm.found", words), h("p", {}, t("hsm.found-text")));
  }

  async function confirm() {
    fill(problem);
    hold(waiting(t("hsm.keeping")));
    try {
      await accept(chosen);
      await finish(t(chosen.known ? "hsm.kept" : "added"));
    } catch (error) {
      if (signal.aborted) return;
      if (error.code === "account_unknown") return back(error); // the connection has forgotten it
      list();
      fill(problem, trouble(error));
      problem.scrollIntoView({ block: "nearest" });
      focusChoice();
    }
  }
}

/** Keep the account, then add the certificate. Given up in between, a new account is forgotten again. */
function keeping(own, look, source, signal) {
  let before;
  let account = null;
  let complete = false;
  signal.addEventListener("abort", () => {
    if (account && !complete && !before.has(account.id)) own.forgetAccount(account.id).catch(() => {});
  });
  return async ({ told, known }) => {
    before ??= new Set((await own.accounts()).map(({ id }) => id));
    account ??= await own.keepAccount(look);
    if (!known) await api.add(told.der, source);
    complete = true;
  };
}
