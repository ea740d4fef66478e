/**
 * Token: find the agent, wait for a token, and let the user choose in the agent's window.
 *
 *     reach ──▶ plug in ──▶ choose ──▶ check ──▶ preview ──Xác nhận──▶ added
 *       ▲          │           │         │          │          (chosen.js)
 *       └── whatever fails says why, and "Thử lại" begins again ──────┘
 */
import { h } from "../../lib/dom.js";
import { agent } from "../../lib/agent.js";
import { t } from "../../lib/i18n.js";
import { steps } from "../../components/parts.js";
import { chooseAndAdd, failed } from "./chosen.js";

const STATIONS = ["reach", "plug-in", "choose", "check"];

export async function addFromToken(stage) {
  const { signal, unit, show, again } = stage;
  const at = (station, words) => show(h("div", { "aria-live": "polite" }, way(station, words)));
  let unwatch = () => {};
  signal.addEventListener("abort", () => unwatch());
  at("reach", t("agent.looking"));
  try {
    const onPermissionPending = () => at("reach", t("agent.asked-now"));
    const signer = await agent({ signal, onPermissionPending });
    if (signal.aborted) return;
    let waiting = true;
    const tokensAre = (tokens) => {
      if (signal.aborted || !waiting) return;
      if (tokens.length === 0) return at("plug-in", t("add.plug-in"));
      waiting = false;
      unwatch();
      chooseAndAdd(stage, signer, { filter: { mst: unit.mst, place: "token" }, at });
    };
    unwatch = await signer.watchTokens(tokensAre, { onLost: () => waiting && !signal.aborted && again() });
    if (signal.aborted) unwatch();
  } catch (error) {
    failed(stage, error);
  }
}

function way(station, words) {
  const now = STATIONS.indexOf(station);
  return steps(
    STATIONS.map((name, place) => [
      t(`add.step.${name}`),
      place < now ? "done" : place === now ? "now" : "todo",
      place === now && h("div", { class: "step-more" }, words),
    ]),
    "tall",
  );
}
