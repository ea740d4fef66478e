/** Tab Chứng thư số: each certificate with its state here, and what can be done with it. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { confirmDialog } from "../lib/dialog.js";
import { live } from "../lib/live.js";
import { toast } from "../lib/notices.js";
import { inService } from "../lib/source.js";
import { button, certificateBadge, link, note, skeleton } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { icon } from "../components/icons.js";
import { trouble } from "../components/trouble.js";
import { addCertificate, usualKind } from "../dialogs/add-certificate.js";
import { activate } from "../dialogs/activate.js";
import { servicesPart } from "./services.js";

/** Of no further use; kept as history, folded away. */
const PAST = new Set(["da-thay-the", "het-han"]);

export function certificatesPage(body, { session }) {
  const { unit } = session;
  const list = h("div", { class: "stack" });
  const [above, below] = [h("div", { class: "stack" }), h("div", { class: "stack" })];
  let kind;
  const open = (how) => addCertificate(unit, { kind, onadded: () => part.reload(), ...how });
  const add = () => open();
  fill(
    body,
    h(
      "div",
      { class: "stack" },
      h(
        "div",
        { class: "head" },
        h("h2", {}, t("tab.certificates")),
        button(t("add.open"), add, "", { drawing: "plus" }),
      ),
      above,
      list,
      below,
    ),
  );
  const services = servicesPart({ unit, above, below, add: open });
  const part = live(list, {
    load: api.certificates,
    draw({ certificates }) {
      kind = usualKind(certificates);
      services.listed(certificates);
      return certificates.length ? groups(certificates) : empty();
    },
    failed: (error) => trouble(error, { retry: () => part.reload() }),
    skeleton: () => skeleton(2),
  });
  return () => {
    part.stop();
    services.stop();
  };

  function groups(certificates) {
    const past = certificates.filter((certificate) => PAST.has(certificate.state));
    const present = certificates.filter((certificate) => !PAST.has(certificate.state));
    return [
      present.map(card),
      past.length > 0 &&
        h(
          "details",
          { class: "past", open: present.length === 0 || past.length < 3 },
          h("summary", {}, t("certificates.past", { n: past.length })),
          h("div", { class: "stack" }, past.map(card)),
        ),
    ];
  }

  function empty() {
    return h(
      "div",
      { class: "card empty" },
      h("span", { class: "empty-icon" }, icon("token")),
      h("h3", {}, t("certificates.none")),
      h("p", { class: "quiet" }, t("certificates.none-how")),
      h("div", { class: "row" }, button(t("add.open"), add, "", { drawing: "plus" })),
    );
  }

  function card(certificate) {
    const { id, state, dossier } = certificate;
    const sendable = state === "chua-gui" || state === "bi-tu-choi";
    return h(
      "article",
      { class: `card stack certificate ${state}`, "aria-label": `${certificate.holder} ${certificate.serial}` },
      h("div", { class: "head" }, h("h3", {}, certificate.holder), certificateBadge(state)),
      SAID[state]?.(certificate),
      certificateFacts(certificate),
      (sendable || dossier) &&
        h(
          "div",
          { class: "row" },
          sendable && button(t("activate"), () => activate(certificate, unit), "", { drawing: "pen" }),
          dossier && link(t("certificate.dossier"), `#/lich-su/${dossier}`, "button second", { drawing: "document" }),
          sendable && button(t("remove"), () => remove(certificate), "plain danger", { drawing: "trash" }),
        ),
    );
  }

  async function remove(certificate) {
    const text = t(inService(certificate) ? "remove.text-hsm" : "remove.text", { serial: certificate.serial });
    if (!(await confirmDialog(t("remove.title"), text, t("remove")))) return;
    try {
      await api.remove(certificate.id);
      toast(t("removed"));
    } catch (error) {
      toast(error.text(), "bad");
    }
    await part.reload();
  }
}

const SAID = {
  "chua-gui": () => note("warn", t("next.unsent"), h("p", {}, t("unsent.do"))),
  "dang-cho": () => note("", t("pending.title"), h("p", {}, t("pending.text"))),
  "bi-tu-choi": (certificate) =>
    note("bad", t("next.refused"), h("p", {}, certificate.reason || t("refused.without-words"))),
};
