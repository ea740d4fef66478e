/** A signed form or a receipt, readable: names in words, values as they are, never as markup. */
import { h } from "../lib/dom.js";
import { moment } from "../lib/format.js";
import { known, t } from "../lib/i18n.js";
import { facts, note } from "./parts.js";

const SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";
const DEEPEST = 12;

/** @param {string} text the XML */
export function readable(text) {
  const parsed = new DOMParser().parseFromString(text, "application/xml");
  if (parsed.querySelector("parsererror")) return [note("warn", t("xml.unreadable")), wordForWord(text)];
  return h("div", { class: "paper" }, section(parsed.documentElement, 3, 0));
}

export const wordForWord = (text) => h("pre", { class: "xml", tabindex: "0" }, text);

const words = (name) => (known(`xml.${name}`) ? t(`xml.${name}`) : name);

function section(element, level, depth) {
  if (element.namespaceURI === SIGNATURE) return signature(element, level);
  const children = [...element.children].filter((child) => !isEmptyPlace(child));
  const leaves = children.filter((child) => child.children.length === 0);
  const branches = children.filter((child) => child.children.length > 0);
  // A frame that only holds another frame says nothing to a reader.
  const isFrame = leaves.length === 0 && depth < 2;
  const below = isFrame ? level : Math.min(level + 1, 6);
  const inner = [
    leaves.length > 0 && facts(leaves.map((leaf) => [words(leaf.localName), leaf.textContent.trim() || "–"]), "wide"),
    depth < DEEPEST && branches.map((branch) => section(branch, below, depth + 1)),
  ];
  return isFrame ? inner : h("section", {}, h(`h${level}`, {}, words(element.localName)), inner);
}

/** CKy_* that nobody has signed. */
const isEmptyPlace = (element) => element.children.length === 0 && element.localName.startsWith("CKy");

function signature(element, level) {
  const find = (name) => element.getElementsByTagNameNS("*", name)[0]?.textContent.trim();
  const at = find("SigningTime");
  return h(
    "section",
    {},
    h(`h${level}`, {}, t("xml.signature")),
    facts(
      [
        [t("xml.signed-by"), find("X509SubjectName")],
        [t("xml.signed-at"), at && !Number.isNaN(Date.parse(at)) ? moment(at) : at],
      ],
      "wide",
    ),
  );
}
