/** Tab Chứng thư số: each certificate with its state here, and what can be done with it. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { confirmDialog } from "../lib/dialog.js";
import { listen } from "../lib/events.js";
import { toast } from "../lib/notices.js";
import { button, certificateBadge, note, waiting } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { trouble } from "../components/trouble.js";
import { addCertificate } from "../dialogs/add-certificate.js";
import { activate } from "../dialogs/activate.js";

export function certificatesPage(body, { session }) {
  const list = h("div", { class: "stack" }, waiting(t("loading")));
  const add = () => addCertificate(session.unit, { onadded: load });
  fill(
    body,
    h(
      "div",
      { class: "stack" },
      h("div", { class: "head" }, h("h2", {}, t("tab.certificates")), button(t("add.open"), add)),
      list,
    ),
  );
  load();
  return listen(load);

  async function load() {
    try {
      const { certificates } = await api.certificates();
      fill(list, certificates.length ? certificates.map(card) : empty());
    } catch (error) {
      fill(list, trouble(error), button(t("retry"), load, "second"));
    }
  }

  function empty() {
    return h(
      "div",
      { class: "card empty" },
      h("h3", {}, t("certificates.none")),
      h("p", { class: "quiet" }, t("certificates.none-how")),
      h("div", { class: "row" }, button(t("add.open"), add)),
    );
  }

  function card(certificate) {
    const { state } = certificate;
    const sendable = state === "chua-gui" || state === "bi-tu-choi";
    return h(
      "article",
      { class: state === "chua-gui" ? "card stack urgent" : "card stack" },
      h("div", { class: "head" }, h("h3", {}, certificate.holder), certificateBadge(state)),
      state === "chua-gui" && note("warn", t("unsent.title"), t("unsent.do")),
      state === "dang-cho" && note("", t("pending.title"), t("pending.text")),
      state === "bi-tu-choi" && note("bad", t("refused.title"), h("p", {}, certificate.reason ?? ""), h("p", {}, t("refused.do"))),
      certificateFacts(certificate),
      h(
        "div",
        { class: "row" },
        sendable && button(t("activate"), () => activate(certificate)),
        certificate.dossier &&
          h(
            "a",
            { class: "button second", href: `#/lich-su/${certificate.dossier}` },
            t("certificate.dossier"),
          ),
        sendable && button(t("remove"), () => remove(certificate), "plain"),
      ),
    );
  }

  async function remove(certificate) {
    const text = t("remove.text", { serial: certificate.serial });
    if (!(await confirmDialog(t("remove.title"), text, t("remove")))) return;
    try {
      await api.remove(certificate.id);
      toast(t("removed"));
    } catch (error) {
      toast(error.text(), "bad");
    }
    await load();
  }
}
