/** Small things that several screens show. */
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { icon } from "./icons.js";

/** State → how it looks: the colour's name and the drawing beside the word. */
const CERTIFICATE = {
  "chua-gui": ["warn", "warn"],
  "dang-cho": ["wait", "clock"],
  "dang-dung": ["good", "check"],
  "bi-tu-choi": ["bad", "bad"],
  "da-thay-the": ["off", "clock"],
  "het-han": ["off", "clock"],
};
const DOSSIER = {
  "da-ky": ["wait", "clock"],
  "dang-gui": ["wait", "clock"],
  "cho-gui-lai": ["warn", "warn"],
  "khong-ro": ["warn", "warn"],
  "da-nhan": ["wait", "clock"],
  "chap-nhan": ["good", "check"],
  "tu-choi": ["bad", "bad"],
};
export const CERTIFICATE_STATES = Object.keys(CERTIFICATE);
export const DOSSIER_STATES = Object.keys(DOSSIER);

const badge = ([kind, drawing], words) =>
  h("span", { class: `badge ${kind}` }, icon(drawing), h("span", {}, words));

export const certificateBadge = (state) => badge(CERTIFICATE[state], t(`certificate.state.${state}`));
export const dossierBadge = (state) => badge(DOSSIER[state], t(`dossier.state.${state}`));

const NOTE_ICONS = { good: "check", warn: "warn", bad: "bad", "": "info" };

/** A box with a headline and what to do. `kind`: good, warn, bad or "". */
export const note = (kind, headline, ...rest) =>
  h(
    "div",
    { class: `note ${kind}`, role: kind === "bad" ? "alert" : null },
    icon(NOTE_ICONS[kind]),
    h("div", { class: "note-in" }, h("strong", {}, headline), rest),
  );

export const waiting = (text, ...rest) =>
  h(
    "div",
    { class: "waiting", role: "status" },
    h("div", { class: "spinner", "aria-hidden": "true" }),
    h("p", {}, text),
    rest,
  );

/** Grey lines where text will be, while the first answer is under way. */
export const skeleton = (cards = 1) =>
  h(
    "div",
    { class: "stack", role: "status" },
    h("span", { class: "unseen" }, t("loading")),
    Array.from({ length: cards }, () =>
      h("div", { class: "card stack bones", "aria-hidden": "true" }, h("i", {}), h("i", {}), h("i", {})),
    ),
  );

export const button = (words, act, kind = "", { drawing, ...more } = {}) =>
  h(
    "button",
    { type: "button", class: kind, onclick: act && oneAtATime(act), ...more },
    drawing && icon(drawing),
    h("span", {}, words),
  );

/** While it is being done, pressing again does nothing. */
function oneAtATime(act) {
  let busy = false;
  return async (event) => {
    if (busy) return;
    busy = true;
    try {
      await act(event);
    } finally {
      busy = false;
    }
  };
}

export const link = (words, href, kind = "button second", { drawing, ...more } = {}) =>
  h("a", { class: kind, href, ...more }, drawing && icon(drawing), h("span", {}, words));

/** Pairs of a label and what is known; pairs without a value are left out. */
export const facts = (pairs, kind = "") =>
  h(
    "dl",
    { class: `facts ${kind}` },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))),
  );

/**
 * A way with its stations: [words, "done"|"now"|"todo"|"warn"|"bad", more?].
 * Read out as a list, the present one marked.
 */
export const steps = (stations, kind = "") =>
  h(
    "ol",
    { class: `steps ${kind}` },
    stations.map(([words, state, more]) =>
      h(
        "li",
        { class: state, "aria-current": ["now", "warn"].includes(state) ? "step" : null },
        h("span", { class: "dot" }, state === "done" && icon("check"), state === "bad" && icon("bad"), state === "warn" && icon("warn")),
        h("div", {}, h("span", { class: "step-words" }, words), state === "done" && h("span", { class: "unseen" }, ` (${t("done")})`), more),
      ),
    ),
  );
