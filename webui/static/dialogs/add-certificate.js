/**
 * Thêm mới → Token: find the agent, wait for a token, let the user choose in the agent's window, show
 * what was chosen, and add it. Nothing is stored before Xác nhận.
 *
 *     reach ──▶ plug in ──▶ choose ──▶ check ──▶ preview ──Xác nhận──▶ added
 *       ▲          │           │         │          │
 *       └── whatever fails says why, and "Thử lại" begins again ──────┘
 */
import { h } from "../lib/dom.js";
import { agent, agentAppears } from "../lib/agent.js";
import { api } from "../lib/api.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { toast } from "../lib/notices.js";
import { button, note, steps } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { icon } from "../components/icons.js";
import { trouble } from "../components/trouble.js";

const STATIONS = ["reach", "plug-in", "choose", "check"];

export function addCertificate(unit, { onadded = () => {} } = {}) {
  let attempt = new AbortController(); // ends with the dialog, and when it is begun again
  let unwatch = () => {};
  const dialog = openDialog(t("add.title"), {
    onclose() {
      attempt.abort();
      unwatch();
    },
  });
  const open = () => dialog.element.open;
  const cancel = () => button(t("cancel"), dialog.close, "second");
  const show = (content, buttons = []) => dialog.show([kind(unit), content], [cancel(), ...buttons]);
  const at = (station, words) => show(h("div", { "aria-live": "polite" }, way(station, words)));
  begin();

  function begin() {
    attempt.abort();
    attempt = new AbortController();
    unwatch();
    reach(attempt.signal);
  }

  async function reach(signal) {
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
        choose(signer, signal);
      };
      unwatch = await signer.watchTokens(tokensAre, { onLost: () => waiting && !signal.aborted && begin() });
    } catch (error) {
      failed(error, signal);
    }
  }

  async function choose(signer, signal) {
    at("choose", [h("p", {}, t("add.choosing")), h("p", { class: "quiet" }, t("agent.window"))]);
    try {
      const chosen = await signer.select({
        filter: { mst: unit.mst },
        reason: t("add.reason", { mst: unit.mst_printed }),
        signal,
      });
      if (!signal.aborted) await check(chosen, signal);
    } catch (error) {
      failed(error, signal);
    }
  }

  async function check(chosen, signal) {
    at("check", t("add.checking"));
    const certificate = await api.check(chosen.der);
    if (signal.aborted) return;
    const { label = "", serial = "" } = chosen.token ?? {};
    const source = { kind: "token", label, serial };
    const confirm = button(t("confirm"), () => add(chosen.der, source), "", { drawing: "check" });
    show(
      [
        note("good", t("add.fits"), h("p", {}, t("add.fits-text", { mst: unit.mst_printed }))),
        certificate.revocation === "unknown" &&
          note("warn", t("revocation.unknown"), h("p", {}, t("add.unknown"))),
        certificateFacts({ ...certificate, source }),
      ],
      [button(t("add.again"), begin, "second"), confirm],
    );
  }

  async function add(der, source) {
    try {
      await api.add(der, source);
      dialog.close();
      toast(t("added"), "good");
      await onadded();
    } catch (error) {
      failed(error, attempt.signal);
    }
  }

  function failed(error, signal) {
    if (!open() || signal.aborted || error.code === "cancelled") return;
    show(trouble(error), [button(t("retry"), begin, "", { drawing: "refresh" })]);
    if (error.code === "agent_not_found") agentAppears(signal).then(begin);
  }
}

/** Hình thức: one today; a dead button for the other would be a lie. */
function kind(unit) {
  return h(
    "div",
    { class: "kind" },
    h("span", { class: "kind-icon" }, icon("token")),
    h("div", {}, h("p", {}, t("add.kind"), " ", h("strong", {}, "Token")), h("p", { class: "quiet" }, t("add.wanted", { mst: unit.mst_printed }))),
  );
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
