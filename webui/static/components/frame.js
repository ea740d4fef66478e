/** What stands around every screen: the demo's banner, who is signed in, the tabs, the foot. */
import { h } from "../lib/dom.js";
import { language, t } from "../lib/i18n.js";
import { icon } from "./icons.js";
import { button, link } from "./parts.js";

/** Which world this is; on every screen where the answer is not "the real one". */
export function banner(session) {
  if (!session?.demo && !session?.scripted) return null;
  return h(
    "aside",
    { class: "banner", "aria-label": t("banner.name") },
    icon("info"),
    h("span", {}, t(session.scripted ? "banner.scripted" : "banner.demo")),
    session.mailbox_url &&
      link(t("banner.mailbox"), session.mailbox_url, "", { target: "_blank", rel: "noreferrer", drawing: "mail" }),
  );
}

export function header(session, home, verify, { onlanguage, onlogout }) {
  const other = language === "vi" ? "en" : "vi";
  const unit = session?.unit;
  return h(
    "div",
    { class: "top-in" },
    h("a", { class: "brand", href: unit ? home : "#/" }, h("img", { src: "/icon.svg", alt: "" }), h("span", {}, "OpenKySo")),
    unit && h("div", { class: "who" }, h("strong", {}, unit.ten_don_vi), h("span", {}, t("mst.is", { mst: unit.mst_printed }))),
    h(
      "div",
      { class: "row tools" },
      session && link(t("verify.open"), verify, "button second small", { drawing: "check" }),
      h(
        "button",
        { type: "button", id: "language", class: "plain small", lang: other, onclick: () => onlanguage(other) },
        other === "en" ? "English" : "Tiếng Việt",
      ),
      unit && button(t("logout"), onlogout, "second small", { drawing: "out" }),
    ),
  );
}

/** Screens under the menu Đơn vị; which one is open is marked by app.js. */
export function tabs(entries) {
  return h(
    "nav",
    { class: "tabs", "aria-label": t("menu.unit") },
    entries.map(([hash, key]) => h("a", { class: "tab", href: hash }, t(key))),
  );
}

export function footer(session) {
  return session && h("p", { class: "quiet small" }, t("foot", { version: session.version }));
}

/** Shown while the backend does not answer. */
export function lostStrip() {
  return h("div", { class: "lost" }, h("span", { class: "spinner small", "aria-hidden": "true" }), h("span", {}, t("connection.lost")));
}
