/** A certificate that the user has chosen in the agent's window: checked, shown, and added on Xác nhận. */
import { h } from "../../lib/dom.js";
import { agentAppears } from "../../lib/agent.js";
import { api } from "../../lib/api.js";
import { t } from "../../lib/i18n.js";
import { sourceOf } from "../../lib/source.js";
import { button, note } from "../../components/parts.js";
import { certificateFacts } from "../../components/certificate.js";
import { trouble } from "../../components/trouble.js";

/** `at(station, words)` says how far it is: "choose", "check". */
export async function chooseAndAdd(stage, signer, { filter, at }) {
  const { signal, unit } = stage;
  at("choose", [h("p", {}, t("add.choosing")), h("p", { class: "quiet" }, t("agent.window"))]);
  try {
    const reason = t("add.reason", { mst: unit.mst_printed });
    const chosen = await signer.select({ filter, reason, signal });
    if (signal.aborted) return;
    at("check", t("add.checking"));
    await preview(stage, chosen);
  } catch (error) {
    failed(stage, error);
  }
}

/** @param {object} chosen as the agent tells it. Throws what the backend has against it. */
export async function preview(stage, chosen) {
  const { unit, show, again, finish } = stage;
  const certificate = await api.check(chosen.der);
  const source = sourceOf(chosen);
  const add = async () => {
    try {
      await api.add(chosen.der, source);
      await finish(t("added"));
    } catch (error) {
      failed(stage, error);
    }
  };
  show(
    [
      note("good", t("add.fits"), h("p", {}, t("add.fits-text", { mst: unit.mst_printed }))),
      certificate.revocation === "unknown" && note("warn", t("revocation.unknown"), h("p", {}, t("add.unknown"))),
      certificateFacts({ ...certificate, source }),
    ],
    [!stage.held && button(t("add.again"), again, "second"), button(t("confirm"), add, "", { drawing: "check" })],
  );
}

/** Says why, and offers to begin again; where the agent is absent it does so by itself once it is there. */
export function failed({ signal, show, again }, error) {
  if (signal.aborted || error.code === "cancelled") return;
  show(trouble(error), [button(t("retry"), again, "", { drawing: "refresh" })]);
  if (error.code === "agent_not_found") agentAppears(signal).then(again);
}
