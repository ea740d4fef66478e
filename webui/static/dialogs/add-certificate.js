/**
 * Thêm mới → Token: find the agent, wait for a token, let the user choose in the agent's window, show
 * what was chosen, and add it. Nothing is stored before Xác nhận.
 */
import { h } from "../lib/dom.js";
import { agent } from "../lib/agent.js";
import { api } from "../lib/api.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { toast } from "../lib/notices.js";
import { button, note, waiting } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { trouble } from "../components/trouble.js";

export function addCertificate(unit, { onadded }) {
  const closing = new AbortController();
  let unwatch = () => {};
  const dialog = openDialog(t("add.title"), {
    onclose() {
      closing.abort();
      unwatch();
    },
  });
  const cancel = () => button(t("cancel"), dialog.close, "second");
  const open = () => dialog.element.open;
  /** Every step shows the kind of certificate and what is looked for. */
  const show = (content, buttons) =>
    dialog.show(
      [h("p", {}, h("strong", {}, t("add.kind")), " Token"), h("p", {}, t("add.wanted", { mst: unit.mst_printed })), content],
      buttons,
    );
  reach();

  async function reach() {
    show(waiting(t("agent.looking")), [cancel()]);
    try {
      const signer = await agent();
      if (!open()) return;
      let choosing = false;
      unwatch();
      unwatch = await signer.watchTokens((tokens) => {
        if (!open() || choosing) return;
        if (tokens.length === 0) return show(waiting(t("add.plug-in")), [cancel()]);
        choosing = true;
        choose(signer);
      });
    } catch (error) {
      failed(error, reach);
    }
  }

  async function choose(signer) {
    unwatch();
    show(waiting(t("add.choosing"), h("p", { class: "quiet" }, t("agent.window"))), [cancel()]);
    try {
      const chosen = await signer.select({
        filter: { mst: unit.mst },
        reason: t("add.reason", { mst: unit.mst_printed }),
        signal: closing.signal,
      });
      if (open()) await check(chosen);
    } catch (error) {
      failed(error, reach);
    }
  }

  async function check(chosen) {
    show(waiting(t("add.checking")), [cancel()]);
    try {
      const certificate = await api.check(chosen.der);
      const { label = "", serial = "" } = chosen.token ?? {};
      const source = { kind: "token", label, serial };
      const confirm = button(t("confirm"), () => add(chosen.der, source, confirm));
      show(
        [
          certificate.revocation === "unknown" && note("warn", t("revocation.unknown"), t("add.unknown")),
          certificateFacts({ ...certificate, source }),
        ],
        [cancel(), button(t("add.again"), reach, "second"), confirm],
      );
    } catch (error) {
      failed(error, reach);
    }
  }

  async function add(der, source, confirm) {
    confirm.disabled = true;
    try {
      await api.add(der, source);
      dialog.close();
      toast(t("added"), "good");
      await onadded();
    } catch (error) {
      failed(error, reach);
    }
  }

  function failed(error, retry) {
    if (!open() || error.code === "cancelled") return;
    show(trouble(error), [cancel(), button(t("retry"), retry)]);
  }
}
