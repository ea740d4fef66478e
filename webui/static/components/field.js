/** A labelled input with its hint, and its error tied to it for screen readers. */
import { h, uid } from "../lib/dom.js";

export function field(name, label, { hint, ...attributes } = {}) {
  const id = uid();
  const [about, problem] = [`${id}-hint`, `${id}-wrong`];
  const input = h("input", {
    id,
    name,
    type: "text",
    "aria-describedby": hint ? `${about} ${problem}` : problem,
    ...attributes,
  });
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    input,
    hint && h("span", { class: "hint", id: about }, hint),
    h("span", { class: "wrong", id: problem, "data-wrong": name }),
  );
}

/** What the form holds, by name, without spaces around. */
export function values(form) {
  const read = {};
  for (const input of form.querySelectorAll("input[name]:not([type=radio])")) {
    read[input.name] = input.type === "password" ? input.value : input.value.trim();
  }
  return read;
}

/**
 * Say what is wrong as the user leaves the field, not while typing; `check` gives null or the words.
 * They take the hint's place: were anything to move now, the click that left the field would miss.
 */
export function checkOnLeaving(form, name, check) {
  const input = form.querySelector(`[name="${CSS.escape(name)}"]`);
  const place = form.querySelector(`[data-wrong="${CSS.escape(name)}"]`);
  place.setAttribute("aria-live", "polite");
  input.addEventListener("change", () => {
    const words = input.value.trim() ? check(input.value) : null;
    if (words) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    place.textContent = words ?? "";
    place.previousElementSibling.hidden = Boolean(words);
  });
}

/** Show `text` at the field `name`; false when the form has no such field. */
export function markWrong(form, name, text) {
  const input = name && form.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!input) return false;
  input.setAttribute("aria-invalid", "true");
  form.querySelector(`[data-wrong="${CSS.escape(name)}"]`).textContent = text;
  input.focus();
  return true;
}

export function clearWrong(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
  for (const place of form.querySelectorAll("[data-wrong]")) place.textContent = "";
}
