/** One dossier: how far it is, what happened when, BHXH's words, and the files. */
import { h, fill } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { live } from "../lib/live.js";
import { moment } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { toast } from "../lib/notices.js";
import { button, dossierBadge, facts, link, note, skeleton, steps } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";
import { trouble } from "../components/trouble.js";
import { adjustIvan } from "../dialogs/adjust-ivan.js";
import { files, timeline } from "./dossier-parts.js";

export function dossierPage(body, { id, session }) {
  const content = h("div", { class: "stack" });
  fill(
    body,
    h("div", { class: "stack" }, h("div", { class: "head" }, link(t("dossier.back"), "#/lich-su", "back", { drawing: "back" }), button(t("print"), () => globalThis.print(), "second small unprinted", { drawing: "print" })), content),
  );
  const part = live(content, {
    load: () => api.dossier(id),
    draw: (dossier) => [
      outcome(dossier),
      h("div", { class: "columns" }, h("div", { class: "stack" }, timeline(dossier), files(dossier)), details(dossier)),
    ],
    failed: (error) => trouble(error, { retry: () => part.reload() }),
    skeleton: () => skeleton(3),
    concerns: (event) => event.id === id,
  });
  return part.stop;

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
      steps(STATIONS.map((name, at) => [t(`dossier.step.${name}`), station(dossier.state, at)])),
      SAID[dossier.state](dossier, { sendNow, again }),
    );
  }

  async function sendNow() {
    try {
      await api.sendNow(id);
      toast(t("dossier.sending-now"));
    } catch (error) {
      toast(error.text(), "bad");
    }
  }

  function again(dossier) {
    adjustIvan({ unit: session.unit, wanted: dossier.certificate.id, contact: contactOf(dossier) });
  }
}

const STATIONS = ["signed", "sent", "received", "decided"];
/** Where each state stands on that way, and how it looks there. */
const REACHED = {
  "da-ky": [1, "now"],
  "dang-gui": [1, "now"],
  "cho-gui-lai": [1, "warn"],
  "khong-ro": [1, "warn"],
  "da-nhan": [3, "now"],
  "chap-nhan": [4, "done"],
  "tu-choi": [3, "bad"],
};

function station(state, at) {
  const [reached, look] = REACHED[state];
  if (at < reached) return "done";
  return at === reached ? look : "todo";
}

const later = (dossier) =>
  dossier.next_try_at && h("p", {}, t("dossier.next", { at: moment(dossier.next_try_at), n: dossier.attempts }));

const waits = (dossier, { sendNow }) =>
  note(
    "warn",
    t(`dossier.say.${dossier.state}`),
    h("p", {}, t(`dossier.more.${dossier.state}`)),
    later(dossier),
    h("div", { class: "row" }, button(t("dossier.send-now"), sendNow, "second small", { drawing: "refresh" })),
  );
const goes = (dossier) => note("", t(`dossier.say.${dossier.state}`), h("p", {}, t(`dossier.more.${dossier.state}`)));

const SAID = {
  "da-ky": goes,
  "dang-gui": goes,
  "cho-gui-lai": waits,
  "khong-ro": waits,
  "da-nhan": goes,
  "chap-nhan": (dossier) =>
    note("good", t("dossier.say.chap-nhan"), h("p", {}, t("dossier.more.chap-nhan")), dossier.result_text && words(dossier)),
  "tu-choi": (dossier, { again }) =>
    note(
      "bad",
      t("dossier.say.tu-choi"),
      words(dossier),
      // Unless another dossier has registered the certificate since.
      dossier.certificate.state === "bi-tu-choi" && [
        h("p", {}, t("dossier.more.tu-choi")),
        h("div", { class: "row" }, button(t("dossier.again"), () => again(dossier), "small", { drawing: "pen" })),
      ],
    ),
};

/** BHXH's own, as they came. */
const words = ({ result_code, result_text }) =>
  h("blockquote", {}, [result_code, result_text].filter(Boolean).join(": ") || t("refused.without-words"));

const contactOf = ({ nguoi_lien_he, dien_thoai, email }) => ({ nguoi_lien_he, dien_thoai, email });

function details(dossier) {
  return h(
    "section",
    { class: "card stack" },
    h("h2", {}, t("dossier.content")),
    facts([
      [t("dossier.number"), dossier.so_ho_so],
      [t("dossier.transaction"), dossier.ma_giao_dich],
      [t("contact.person"), dossier.nguoi_lien_he],
      [t("contact.phone"), dossier.dien_thoai],
      [t("contact.email"), dossier.email],
    ]),
    h("h3", {}, t("adjust.new")),
    certificateFacts(dossier.certificate),
  );
}
