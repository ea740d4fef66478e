/** Telling the user what happened: on the page, and on the desktop when the page is not in view. */
import { h } from "./dom.js";

const SECONDS = 9;

export function toast(text, kind = "") {
  const element = h("div", { class: `toast ${kind}` }, text);
  document.getElementById("toasts").append(element);
  setTimeout(() => element.remove(), SECONDS * 1000);
}

/** Call on a click: browsers ask for permission only then. */
export function mayNotify() {
  if ("Notification" in globalThis && Notification.permission === "default") {
    Notification.requestPermission();
  }
}

export function notify(title, body, onclick) {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
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
