/** An ordinary tab: passwords of services belong in our own window; what was added there can be chosen. */
import { h } from "../../lib/dom.js";
import { agent } from "../../lib/agent.js";
import { t } from "../../lib/i18n.js";
import { button, note, waiting } from "../../components/parts.js";
import { chooseAndAdd, failed } from "./chosen.js";

export function withoutOwnWindow(stage) {
  const { signal, unit, show } = stage;
  show(
    note(
      "",
      t("hsm.elsewhere"),
      h("p", {}, t("hsm.elsewhere-how")),
      // It may lack what the window needs, and its users have a terminal.
      /Linux/.test(navigator.userAgent) && h("p", {}, t("hsm.elsewhere-terminal"), " ", h("code", {}, t("hsm.elsewhere-command"))),
      h("p", {}, t("hsm.elsewhere-added")),
    ),
    [button(t("hsm.choose-added"), choose, "", { drawing: "search" })],
  );

  async function choose() {
    const at = (_, words) => show(h("div", { "aria-live": "polite" }, waiting(words)));
    at("reach", t("agent.looking"));
    try {
      const onPermissionPending = () => at("reach", t("agent.asked-now"));
      const signer = await agent({ signal, onPermissionPending });
      if (!signal.aborted) await chooseAndAdd(stage, signer, { filter: { mst: unit.mst, place: "service" }, at });
    } catch (error) {
      failed(stage, error);
    }
  }
}
