/** The words, in Vietnamese first and English by a switch; all of them are in /text/*.json. */

const KEY = "openkyso.language";
let words = {};
export let language = "vi";

export async function speak(wanted = remembered()) {
  const reply = await fetch(`/text/${wanted}.json`);
  words = await reply.json();
  language = wanted;
  document.documentElement.lang = wanted;
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}

function remembered() {
  try {
    return localStorage.getItem(KEY) === "en" ? "en" : "vi";
  } catch {
    return "vi";
  }
}

/** The sentence of `key`, with {name} filled from `values`. */
export function t(key, values = {}) {
  const sentence = words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Of two texts that came from a server, the one of the language in use. */
export function pick({ vi, en }) {
  return language === "en" ? en : vi;
}
