/** A modal dialog: focus stays inside, Escape and the cross close it, focus goes back afterwards. */
import { alike, fill, h, uid } from "./dom.js";
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
    document.removeEventListener("keydown", escape);
    element.remove();
    back(before);
    onclose();
  });
  // Browsers let the second Escape through whatever `cancel` says; this one they respect.
  const escape = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.preventDefault();
    ask();
  };
  document.addEventListener("keydown", escape);
  element.addEventListener("click", onlyOnce, true);
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

/** The second half of a double click was meant for what was here before. */
function onlyOnce(event) {
  if (event.detail > 1 && event.target.closest("button")) event.stopPropagation();
}

/** To where the user came from, or to its like: lists are made anew when something changes. */
function back(before) {
  const place = before?.isConnected ? before : before && alike(document.body, before)[0];
  (place ?? document.querySelector("main")).focus();
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
