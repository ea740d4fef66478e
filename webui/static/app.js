/** The page: who is signed in, which screen, and what stands around it. */
import { presentTicket } from "./lib/agent.js";
import { api } from "./lib/api.js";
import { watchConnection } from "./lib/connection.js";
import { fill, h } from "./lib/dom.js";
import { listen, startEvents, stopEvents } from "./lib/events.js";
import { speak, t } from "./lib/i18n.js";
import { toast } from "./lib/notices.js";
import { banner, footer, header, lostStrip, tabs } from "./components/frame.js";
import { trouble } from "./components/trouble.js";
import { resume } from "./dialogs/resume.js";
import { certificatesPage } from "./pages/certificates.js";
import { watchDecisions } from "./pages/decisions.js";
import { dossierPage } from "./pages/dossier.js";
import { historyPage } from "./pages/history.js";
import { loginPage } from "./pages/login.js";
import { profilePage } from "./pages/profile.js";
import { registerPage } from "./pages/register.js";
import { verifyPage } from "./pages/verify.js";

/** Under the menu Đơn vị; the first is where one arrives. */
const TABS = [
  ["#/don-vi", "tab.unit", profilePage],
  ["#/chung-thu-so", "tab.certificates", certificatesPage],
  ["#/lich-su", "tab.history", historyPage],
];

/** For whoever has a signed file, signed in or not. */
const VERIFY = "#/kiem-tra";

const place = (id) => document.getElementById(id);
const main = place("noi-dung");
const body = h("div", { id: "screen" });
let session = null;
let leave = () => {};
let bar = null;
let heading = null;

async function start() {
  await speak();
  presentTicket();
  addEventListener("hashchange", () => show({ arrived: true }));
  addEventListener("signed-out", signedOut);
  addEventListener("keydown", shortcut);
  place("skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names screens, not places on one
    main.focus();
  });
  listen(({ type }) => type === "unit" && refresh());
  watchConnection((reachable) => {
    fill(place("connection"), reachable ? null : lostStrip());
    if (reachable && session?.unit) resume(session.unit);
  });
  await refresh();
}

/** Ask anew who is signed in, then show the screen. */
async function refresh() {
  const before = JSON.stringify(session);
  try {
    session = await api.session();
  } catch (error) {
    const nothingYet = h("div", { class: "narrow stack" }, h("h1", {}, "OpenKySo"), trouble(error, { retry: refresh }));
    if (!session) fill(main, nothingYet);
    return;
  }
  if (JSON.stringify(session) === before) return;
  if (session.unit) {
    startEvents();
    watchDecisions();
  } else {
    stopEvents();
  }
  frame();
  if (session.unit) resume(session.unit);
}

/** All that stays from one screen to the next; drawn anew with another language or another unit. */
function frame() {
  place("skip").textContent = t("skip");
  fill(place("banner"), banner(session));
  fill(place("header"), header(session, TABS[0][0], VERIFY, { onlanguage: change, onlogout: sayGoodbye }));
  fill(place("footer"), footer(session));
  bar = session.unit && tabs(TABS);
  heading = bar && h("div", {}, h("h1", {}, t("menu.unit")), bar);
  fill(main, heading, body);
  show();
}

/** The screen that the address names. `arrived`: the user went there, so reading begins there. */
function show({ arrived = false, why } = {}) {
  leave();
  const verifying = address()[0] === VERIFY;
  // It has a heading of its own.
  if (heading && heading.isConnected === verifying) fill(main, verifying ? null : heading, body);
  const [key, page, context] = verifying ? ["verify.title", verifyPage, {}] : session.unit ? inside() : outside();
  document.title = `${t(key)} – OpenKySo`;
  place("told").textContent = arrived ? t(key) : "";
  body.className = "";
  leave = page(body, { session, why, ...context }) ?? (() => {});
  const lost = document.activeElement === document.body || document.activeElement === main;
  if (arrived && lost) main.focus({ preventScroll: true });
  if (arrived) scrollTo(0, 0);
}

function inside() {
  const [hash, id] = address();
  const [here, key, page] = TABS.find(([tab]) => tab === hash) ?? TABS[0];
  for (const tab of bar.querySelectorAll("a")) {
    if (tab.getAttribute("href") === here) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  const one = here === "#/lich-su" && id;
  return [key, one ? dossierPage : page, { id, refresh }];
}

function outside() {
  if (location.hash === "#/tao-don-vi") return ["register.title", registerPage, { refresh: arrive }];
  return ["login.title", loginPage, { refresh: arrive }];
}

async function arrive() {
  history.replaceState(null, "", location.hash.startsWith("#/lich-su") ? location.hash : TABS[0][0]);
  await refresh();
  main.focus({ preventScroll: true }); // the form that had the focus is gone
}

/** "#/lich-su/ID" is the dossier ID within the tab "#/lich-su". */
function address() {
  const [, tab = "", id = ""] = location.hash.split("/");
  return [`#/${tab || "don-vi"}`, /^[\w-]+$/.test(id) ? id : ""];
}

async function change(language) {
  const typed = new Map([...body.querySelectorAll("input[name]")].map(({ name, value }) => [name, value]));
  await speak(language);
  frame();
  place("language").focus();
  for (const input of body.querySelectorAll("input[name]")) input.value = typed.get(input.name) ?? input.value;
}

async function sayGoodbye() {
  try {
    await api.logout();
    history.replaceState(null, "", "#/");
    await refresh();
  } catch (error) {
    toast(error.text(), "bad");
  }
}

/** The session ended by itself, or in another tab. */
async function signedOut() {
  if (!session?.unit) return;
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
  await refresh();
  if (!session.unit) show({ why: t("login.expired") });
}

/** Ctrl+K leads to the search, as in many programs. */
function shortcut(event) {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "k") return;
  if (!session?.unit || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const search = () => document.querySelector("[data-search]")?.focus();
  if (address()[0] === "#/lich-su" && !address()[1]) return search();
  addEventListener("hashchange", search, { once: true });
  location.hash = "#/lich-su";
}

start();
