/** The words, in Vietnamese first and English by a switch; all of them are in /text/*.json. */

const KEY = "openkyso.language";
let words = {};
export let language = "vi";

/** @throws when the words cannot be fetched; the language then stays what it was. */
export async function speak(wanted = remembered()) {
  const reply = await fetch(`/text/${wanted}.json`);
  if (!reply.ok) throw new Error(`no words for ${wanted}`);
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

/** The sentence of `key`, with {name} filled from `values`; of `key.one`, if there is one, for {n} = 1. */
export function t(key, values = {}) {
  const sentence = (values.n === 1 && words[`${key}.one`]) || (words[key] ?? key);
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there are words for `key`: for names that come with a document. */
export function known(key) {
  return Object.hasOwn(words, key);
}

/** Of two texts that came from a server, the one of the language in use. */
export function pick({ vi, en }) {
  return language === "en" ? en : vi;
}
