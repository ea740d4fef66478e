/** A signed file or a receipt: readable first, word for word on request, to save or to print. */
import { fill, h } from "../lib/dom.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { api } from "../lib/api.js";
import { button, link, waiting } from "../components/parts.js";
import { readable, wordForWord } from "../components/document.js";
import { trouble } from "../components/trouble.js";

export async function viewXml(name, href) {
  const dialog = openDialog(name);
  const save = link(t("file.save"), href, "button second", { drawing: "save", download: true });
  const close = button(t("close"), dialog.close);
  dialog.show([waiting(t("loading"))], [save, close]);
  try {
    const text = await api.read(href);
    const place = h("div", { class: "stack" }, readable(text));
    let plain = false;
    const change = () => {
      plain = !plain;
      fill(place, plain ? wordForWord(text) : readable(text));
      toggle.querySelector("span").textContent = t(plain ? "file.readable" : "file.plain");
    };
    const toggle = button(t("file.plain"), change, "second");
    const print = button(t("print"), () => globalThis.print(), "second", { drawing: "print" });
    dialog.show([place], [toggle, print, save, close]);
  } catch (error) {
    dialog.show([trouble(error)], [save, close]);
  }
}
