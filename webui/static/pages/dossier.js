/** One dossier: what happened when, BHXH's words, and the files. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { moment } from "../lib/format.js";
import { language, pick, t } from "../lib/i18n.js";
import { listen } from "../lib/events.js";
import { toast } from "../lib/notices.js";
import { button, dossierBadge, facts, note, waiting } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { trouble } from "../components/trouble.js";
import { adjustIvan } from "../dialogs/adjust-ivan.js";
import { viewXml } from "../dialogs/view-xml.js";

const KIND = {
  accepted: "good",
  refused: "bad",
  refused_at_the_door: "bad",
  not_delivered: "warn",
  uncertain: "warn",
  never_received: "warn",
};

export function dossierPage(body, { id }) {
  const content = h("div", { class: "stack" }, waiting(t("loading")));
  fill(
    body,
    h("div", { class: "stack" }, h("a", { href: "#/lich-su" }, t("dossier.back")), content),
  );
  load();
  return listen((event) => (event.id === id || event.type === "all") && load());

  async function load() {
    try {
      const dossier = await api.dossier(id);
      fill(content, outcome(dossier), timeline(dossier), files(dossier), details(dossier));
    } catch (error) {
      fill(content, trouble(error), button(t("retry"), load, "second"));
    }
  }

  function outcome(dossier) {
    return h(
      "section",
      { class: "card stack" },
      h(
        "div",
        { class: "head" },
        h("h2", {}, t("dossier.title", { form: dossier.form })),
        dossierBadge(dossier.state),
      ),
      said(dossier),
    );
  }

  function said(dossier) {
    const { state } = dossier;
    const next = dossier.next_try_at && t("dossier.next", { at: moment(dossier.next_try_at) });
    if (state === "chap-nhan") {
      return note("good", t("dossier.accepted"), dossier.result_text ?? "");
    }
    if (state === "tu-choi") {
      const words = [dossier.result_code, dossier.result_text].filter(Boolean).join(": ");
      const again = dossier.certificate.state === "bi-tu-choi";
      return [
        note("bad", t("dossier.refused"), h("p", {}, words), again && h("p", {}, t("dossier.refused-how"))),
        again &&
          h("div", { class: "row" }, button(t("adjust.title"), () => adjustIvan(dossier.certificate.id))),
      ];
    }
    if (state === "da-nhan") return note("", t("dossier.received"), t("dossier.received-text"));
    const kind = state === "cho-gui-lai" || state === "khong-ro" ? "warn" : "";
    return [
      note(kind, t(`dossier.say.${state}`), next),
      kind && h("div", { class: "row" }, button(t("dossier.send-now"), sendNow, "second")),
    ];
  }

  async function sendNow() {
    try {
      await api.sendNow(id);
      toast(t("dossier.sending-now"));
    } catch (error) {
      toast(error.text(), "bad");
    }
  }

  function timeline(dossier) {
    return h(
      "section",
      { class: "card stack" },
      h("h2", {}, t("dossier.timeline")),
      h(
        "ol",
        { class: "timeline" },
        dossier.timeline.map((step) =>
          h(
            "li",
            { class: KIND[step.event] ?? (step.event.startsWith("suspicious") ? "bad" : "") },
            h("div", {}, language === "en" ? step.en : step.text, step.times > 1 && ` (×${step.times})`),
            h("time", { datetime: step.at }, moment(step.at)),
            step.words && h("blockquote", {}, step.words),
          ),
        ),
      ),
    );
  }

  function files(dossier) {
    const signed = api.signedFile(dossier.id);
    return h(
      "section",
      { class: "card stack" },
      h("h2", {}, t("dossier.files")),
      h(
        "ul",
        { class: "files" },
        file(t("dossier.signed-file"), dossier.signed_at, signed),
        dossier.receipts.map((receipt) =>
          file(
            t(receipt.suspicious ? "receipt.suspicious" : "receipt.title"),
            receipt.at,
            api.receiptFile(dossier.id, receipt.id),
            receipt.suspicious &&
              note("bad", t("receipt.aside"), pick({ vi: receipt.why_vi, en: receipt.why_en }) ?? ""),
          ),
        ),
      ),
      h("p", { class: "quiet" }, t("dossier.export-hint")),
    );
  }

  function file(name, at, href, more) {
    return h(
      "li",
      {},
      h("div", {}, h("strong", {}, name), h("div", { class: "quiet" }, moment(at))),
      h(
        "div",
        { class: "row" },
        button(t("file.open"), () => viewXml(name, href), "second small"),
        h("a", { class: "button second small", href, download: true }, t("file.save")),
      ),
      more && h("div", { class: "wide" }, more),
    );
  }

  function details(dossier) {
    return h(
      "section",
      { class: "card stack" },
      h("h2", {}, t("dossier.content")),
      facts([
        [t("dossier.number"), dossier.so_ho_so],
        [t("dossier.transaction"), dossier.ma_giao_dich],
        [t("unit.contact"), dossier.nguoi_lien_he],
        [t("unit.phone"), dossier.dien_thoai],
        [t("unit.email"), dossier.email],
      ]),
      h("h3", {}, t("adjust.new")),
      certificateFacts(dossier.certificate),
    );
  }
}
