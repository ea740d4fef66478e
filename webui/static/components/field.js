/** A labelled input or choice with its hint, and its error tied to it for screen readers. */
import { h, uid } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { icon } from "./icons.js";

/**
 * `check(value, form)` judges when the field is left, and then at each key: {wrong: words},
 * {right: words} or null. What it says is advice; the backend decides.
 */
export function field(name, label, { hint, check, ...attributes } = {}) {
  const input = h("input", { name, type: "text", ...attributes });
  if (check) judge(input, check);
  const inside = attributes.type === "password" && h("div", { class: "inside" }, input, reveal(input));
  return labelled(label, input, inside || input, hint);
}

/** @param {[string, string][]} options value and words; the first is chosen unless `value` says otherwise */
export function choiceField(name, label, options, { hint, value, ...attributes } = {}) {
  const each = ([one, words]) => h("option", { value: one, selected: one === value }, words);
  const select = h("select", { name, ...attributes }, options.map(each));
  return labelled(label, select, select, hint);
}

function labelled(label, input, shown, hint) {
  const { name } = input;
  const id = uid();
  const [about, problem] = [`${id}-hint`, `${id}-wrong`];
  input.id = id;
  input.setAttribute("aria-describedby", hint ? `${about} ${problem}` : problem);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    shown,
    hint && h("span", { class: "hint", id: about, "data-hint": name }, hint),
    h("span", { class: "says", id: problem, "data-says": name, "aria-live": "polite" }),
  );
}

function judge(input, check) {
  const now = () => {
    const verdict = input.value.trim() ? check(input.value.trim(), input.form) : null;
    say(input.form, input, verdict?.wrong ?? verdict?.right ?? "", Boolean(verdict?.wrong));
  };
  let left = false;
  input.addEventListener("change", () => {
    left = true;
    now();
  });
  input.addEventListener("input", () => (left ? now() : unsay(input)));
}

/** Old eyes and small keys: what was typed may be looked at. */
function reveal(input) {
  const show = () => {
    const hidden = input.type === "password";
    input.type = hidden ? "text" : "password";
    toggle.textContent = t(hidden ? "password.hide" : "password.show");
  };
  const toggle = h("button", { type: "button", class: "plain small", onclick: show }, t("password.show"));
  return toggle;
}

/** What the form holds, by name, without spaces around. */
export function values(form) {
  const read = {};
  for (const input of form.querySelectorAll("input[name]:not([type=radio])")) {
    read[input.name] = input.autocomplete.endsWith("password") ? input.value : input.value.trim();
  }
  return read;
}

/** Show `text` at the field `name`; false when the form has no such field. */
export function markWrong(form, name, text) {
  const input = name && form.querySelector(`[name="${CSS.escape(name)}"]`);
  if (!input) return false;
  say(form, input, text, true);
  input.focus();
  input.closest(".field").scrollIntoView({ block: "nearest" }); // what is said below it too
  return true;
}

/** The first empty field is marked; false if there is none. */
export function markEmpty(form) {
  const empty = [...form.querySelectorAll("input[required]")].find((input) => !input.value.trim());
  return empty ? markWrong(form, empty.name, t("required")) : false;
}

export function clearWrong(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) unsay(input);
}

function say(form, input, words, wrong) {
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  const place = form.querySelector(`[data-says="${CSS.escape(input.name)}"]`);
  place.className = wrong ? "says wrong" : "says right";
  // They take the hint's place: were anything to move, the click that left the field would miss.
  const hint = form.querySelector(`[data-hint="${CSS.escape(input.name)}"]`);
  if (hint) hint.hidden = words !== "";
  place.replaceChildren(...(words ? [icon(wrong ? "bad" : "check"), words] : []));
}

function unsay(input) {
  say(input.form, input, "", false);
}
