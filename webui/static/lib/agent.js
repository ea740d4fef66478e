/**
 * The connections to the signing agent, shared by all screens.
 *
 *     agent()        greeted and allowed by the user, made when it is first needed
 *     ownWindow()    the one that began with our own window's ticket, with rights no other page has
 */
import { OpenKySo, find } from "/protocol/openkyso.js";
import { language, t } from "./i18n.js";

const LOOK_MILLISECONDS = 2000;

let connection = null;
let spoken;
let ticket = takeTicket();
let own = Promise.resolve(null);
let ownLanguage;

/** The one-time ticket of our own window; taken out of the address before anyone can copy it. */
function takeTicket() {
  const found = /^#ticket=([\w-]+)$/.exec(location.hash)?.[1];
  if (found) history.replaceState(null, "", location.pathname);
  return found;
}

/** Call when the page begins and the language is known: a ticket is good for a minute only. */
export function presentTicket() {
  const once = ticket;
  ticket = undefined;
  if (!once) return;
  ownLanguage = language;
  // Too late, or no agent any more: then this page is asked about like any other.
  own = OpenKySo.connect({ client: "OpenKySo", language, ticket: once }).catch(() => null);
}

/**
 * The connection that may see and add accounts at signing services; null for a page in an ordinary
 * tab, and after the agent was started anew: nothing but another ticket brings that right back.
 */
export async function ownWindow() {
  const found = await own;
  return found?.rights === "first-party" ? found : null;
}

/**
 * The agent, once the user has allowed this page. Call it on a click: the browser may ask the user,
 * and then `onPermissionPending` is called.
 * @throws OpenKySoError agent_not_found, permission_*, user_refused, …
 */
export async function agent({ signal, onPermissionPending } = {}) {
  if (spoken !== language) leave();
  connection ??= greeted({ signal, onPermissionPending });
  try {
    const found = await connection;
    await found.requestSite({ reason: t("agent.reason"), signal });
    return found;
  } catch (error) {
    leave();
    throw error;
  }
}

/** The agent's windows speak the language that was said in the greeting. */
function leave() {
  Promise.all([connection, own])
    .then(([found, mine]) => found !== mine && found?.close())
    .catch(() => {});
  connection = null;
}

/** Resolves when an agent answers: for who was told to start it. Never, once `signal` aborts. */
export function agentAppears(signal) {
  return new Promise((resolve) => {
    const look = async () => {
      if (signal.aborted) return;
      try {
        await find();
        if (!signal.aborted) resolve();
      } catch {
        setTimeout(look, LOOK_MILLISECONDS);
      }
    };
    setTimeout(look, LOOK_MILLISECONDS);
  });
}

async function greeted(asked) {
  spoken = language;
  const mine = ownLanguage === language ? await own : null;
  return mine ?? OpenKySo.connect({ client: "OpenKySo", language, ...asked });
}
