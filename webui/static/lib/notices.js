/** Telling the user what happened: on the page, and on the desktop when the page is not in view. */
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "../components/icons.js";

const SECONDS = 9;
const ICONS = { good: "check", bad: "bad", "": "info" };

/** Read out by screen readers, gone after a while; it waits while a hand or the focus is on it. */
export function toast(text, kind = "") {
  let timer;
  const close = () => element.remove();
  const leave = () => {
    timer = setTimeout(close, SECONDS * 1000);
  };
  const stay = () => clearTimeout(timer);
  const element = h(
    "div",
    { class: `toast ${kind}`, onmouseenter: stay, onmouseleave: leave, onfocusin: stay, onfocusout: leave },
    icon(ICONS[kind]),
    h("span", {}, text),
    h("button", { type: "button", class: "plain cross", "aria-label": t("close"), onclick: close }, icon("close")),
  );
  document.getElementById("toasts").append(element);
  leave();
}

/** "ask", "on", "off" (the user said no), or "never" where the browser has none. */
export function notifying() {
  if (!("Notification" in globalThis)) return "never";
  return { default: "ask", granted: "on", denied: "off" }[Notification.permission];
}

/** Call on a click: browsers ask for permission only then. */
export async function mayNotify() {
  if (notifying() === "ask") await Notification.requestPermission();
}

export function notify(title, body, onclick) {
  if (notifying() !== "on") return;
  try {
    const shown = new Notification(title, { body, icon: "/icon.svg", tag: body });
    shown.onclick = () => {
      globalThis.focus();
      onclick();
      shown.close();
    };
  } catch {
    // Phones only allow notifications from a service worker; the page has told it already.
  }
}
