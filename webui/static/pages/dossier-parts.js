/** A dossier's history and its files. */
import { h, uid } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { moment } from "../lib/format.js";
import { language, pick, t } from "../lib/i18n.js";
import { button, link, note } from "../components/parts.js";
import { icon } from "../components/icons.js";
import { viewXml } from "../dialogs/view-xml.js";

const LOOKS = {
  accepted: "good",
  refused: "bad",
  refused_at_the_door: "bad",
  not_delivered: "warn",
  uncertain: "warn",
  never_received: "warn",
};

export function timeline(dossier) {
  return h(
    "section",
    { class: "card stack" },
    h("h2", {}, t("dossier.timeline")),
    h("ol", { class: "timeline" }, dossier.timeline.map(entry)),
  );
}

const entry = ({ event, at, text, en, words, times }) =>
  h(
    "li",
    { class: LOOKS[event] ?? (event.startsWith("suspicious") ? "bad" : "") },
    h("div", {}, language === "en" ? en : text, times > 1 && h("span", { class: "quiet" }, ` ${t("dossier.times", { n: times })}`)),
    h("time", { datetime: at }, moment(at)),
    words && h("blockquote", {}, words),
  );

export function files(dossier) {
  return h(
    "section",
    { class: "card stack" },
    h("h2", {}, t("dossier.files")),
    h(
      "ul",
      { class: "files" },
      file(t("dossier.signed-file"), dossier.signed_at, api.signedFile(dossier.id)),
      dossier.receipts.map((receipt) => receiptFile(dossier, receipt)),
    ),
    h("p", { class: "quiet small" }, t("dossier.export-hint")),
  );
}

function receiptFile(dossier, receipt) {
  const name = t(receipt.suspicious ? "receipt.suspicious" : "receipt.title");
  return file(name, receipt.at, api.receiptFile(dossier.id, receipt.id), receipt.suspicious && suspicion(receipt));
}

/** Kept, shown, and not believed. */
const suspicion = (receipt) =>
  note(
    "bad",
    t("receipt.aside"),
    h("p", {}, pick({ vi: receipt.why_vi, en: receipt.why_en }) ?? ""),
    h("p", {}, t("receipt.aside-how")),
  );

function file(name, at, href, more) {
  const id = uid();
  return h(
    "li",
    {},
    h("div", { class: "file" }, icon("document"), h("div", {}, h("strong", { id }, name), h("div", { class: "quiet small" }, moment(at)))),
    h(
      "div",
      { class: "row" },
      button(t("file.open"), () => viewXml(name, href), "second small", { drawing: "eye", "aria-describedby": id }),
      link(t("file.save"), href, "button second small", { drawing: "save", download: true, "aria-describedby": id }),
    ),
    more && h("div", { class: "wide" }, more),
  );
}
