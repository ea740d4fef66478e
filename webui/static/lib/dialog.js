/** A modal dialog: focus stays inside, Escape and the cross close it, focus goes back afterwards. */
import { fill, h, uid } from "./dom.js";
import { t } from "./i18n.js";
import { button } from "../components/parts.js";
import { icon } from "../components/icons.js";

/**
 * Opens at once. `onclose` runs however it is closed; `mayClose` can refuse.
 * @param {string} title
 * @param {{onclose?: () => void, mayClose?: () => boolean, size?: "small"|"wide"}} options
 */
export function openDialog(title, { onclose = () => {}, mayClose = () => true, size = "wide" } = {}) {
  const before = document.activeElement;
  const heading = uid();
  const body = h("div", { class: "dialog-body" });
  const foot = h("div", { class: "dialog-foot", hidden: true });
  const cross = h(
    "button",
    { class: "plain cross", type: "button", "aria-label": t("close"), onclick: () => ask() },
    icon("close"),
  );
  const element = h(
    "dialog",
    { class: size, "aria-labelledby": heading },
    h("div", { class: "dialog-head" }, h("h2", { id: heading }, title), cross),
    body,
    foot,
  );
  const ask = () => mayClose() && element.close();
  element.addEventListener("cancel", (event) => {
    event.preventDefault();
    ask();
  });
  element.addEventListener("close", () => {
    element.remove();
    returnFocus(before);
    onclose();
  });
  document.body.append(element);
  element.showModal();
  return {
    element,
    close: () => element.open && element.close(),
    /** Other content: what had the focus may be gone, so it goes to what the user will want next. */
    show(content, buttons = []) {
      const within = element.contains(document.activeElement);
      fill(body, content);
      fill(foot, buttons);
      foot.hidden = buttons.length === 0;
      // A long text is scrolled by keys too.
      body.tabIndex = body.scrollHeight > body.clientHeight ? 0 : -1;
      if (within && !element.contains(document.activeElement)) {
        (foot.querySelector("button:not(.second):not(:disabled)") ?? cross).focus();
      }
    },
  };
}

function returnFocus(before) {
  if (before?.isConnected) return before.focus();
  // The screen was drawn anew meanwhile.
  const key = before?.dataset?.key;
  const same = key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  (same || document.querySelector("main")).focus();
}

/** Asks yes or no. Resolves to true only for the named button. */
export function confirmDialog(title, text, yes) {
  return new Promise((resolve) => {
    let answer = false;
    const dialog = openDialog(title, { onclose: () => resolve(answer), size: "small" });
    const agree = () => {
      answer = true;
      dialog.close();
    };
    dialog.show([h("p", {}, text)], [button(t("cancel"), dialog.close, "second"), button(yes, agree)]);
  });
}
