/** Small things that several screens show. */
import { h } from "../lib/dom.js";
import { t } from "../lib/i18n.js";

const CERTIFICATE = {
  "chua-gui": "warn",
  "dang-cho": "wait",
  "dang-dung": "good",
  "bi-tu-choi": "bad",
  "da-thay-the": "off",
  "het-han": "off",
};
const DOSSIER = {
  "da-ky": "wait",
  "dang-gui": "wait",
  "cho-gui-lai": "warn",
  "khong-ro": "warn",
  "da-nhan": "wait",
  "chap-nhan": "good",
  "tu-choi": "bad",
};
export const DOSSIER_STATES = Object.keys(DOSSIER);

export const certificateBadge = (state) =>
  h("span", { class: `badge ${CERTIFICATE[state] ?? ""}` }, t(`certificate.state.${state}`));

export const dossierBadge = (state) =>
  h("span", { class: `badge ${DOSSIER[state] ?? ""}` }, t(`dossier.state.${state}`));

/** A box with a headline and what to do. `kind`: good, warn, bad or "". */
export const note = (kind, headline, ...rest) =>
  h("div", { class: `note ${kind}`, role: kind === "bad" ? "alert" : null }, h("strong", {}, headline), rest);

export const waiting = (text, ...rest) =>
  h(
    "div",
    { class: "waiting", role: "status" },
    h("div", { class: "spinner", "aria-hidden": "true" }),
    h("p", {}, text),
    rest,
  );

export const button = (text, act, kind = "") =>
  h("button", { type: "button", class: kind, onclick: oneAtATime(act) }, text);

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

/** Pairs of a label and what is known; pairs without a value are left out. */
export const facts = (pairs) =>
  h(
    "dl",
    { class: "facts" },
    pairs
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([label, value]) => [h("dt", {}, label), h("dd", {}, value)]),
  );
