/** A signed file or a receipt, readable: element by element, never as markup. */
import { h } from "../lib/dom.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { button, waiting } from "../components/parts.js";
import { trouble } from "../components/trouble.js";
import { ApiError } from "../lib/api.js";

const LONGEST_VALUE = 300;

export async function viewXml(name, href) {
  const dialog = openDialog(name);
  const buttons = [
    h("a", { class: "button second", href, download: true }, t("file.save")),
    button(t("close"), dialog.close),
  ];
  dialog.show([waiting(t("loading"))], buttons);
  try {
    const reply = await fetch(href);
    if (!reply.ok) throw new ApiError({ code: "offline" });
    const text = await reply.text();
    const parsed = new DOMParser().parseFromString(text, "application/xml");
    const lines = parsed.querySelector("parsererror") ? text : outline(parsed.documentElement, 0);
    dialog.show([h("pre", { class: "xml", tabindex: "0" }, lines)], buttons);
  } catch (error) {
    dialog.show([trouble(error instanceof ApiError ? error : new ApiError({ code: "offline" }))], buttons);
  }
}

function outline(element, depth) {
  const indent = "  ".repeat(depth);
  const children = [...element.children];
  if (children.length === 0) {
    const value = element.textContent.trim();
    const cut = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE)}…` : value;
    return `${indent}${element.localName}: ${cut}\n`;
  }
  return `${indent}${element.localName}\n${children.map((child) => outline(child, depth + 1)).join("")}`;
}
