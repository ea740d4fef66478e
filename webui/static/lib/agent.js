/**
 * The connections to the signing agent, shared by all screens.
 *
 *     agent()        greeted and allowed by the user, made when it is first needed
 *     ownWindow()    the one that began with our own window's ticket, with rights no other page has
 */
import { OpenKySo, PORTS, find } from "/protocol/openkyso.js";
import { language, t } from "./i18n.js";

const LOOK_MILLISECONDS = 2000;
/** What is said when nobody listens where the agent was. */
const GONE = new Set(["disconnected", "agent_not_found"]);

let connection = null;
let spoken;
let { ticket, address } = takeTicket();
let own = Promise.resolve(null);
let ownLanguage;

/**
 * The one-time ticket of our own window, and where the agent is that gave it; taken out of the
 * address before anyone can copy it. Of several users' agents on one machine only that one is ours.
 */
function takeTicket() {
  const [whole, found, port] = /^#ticket=([\w-]+)(?:&agent=(\d+)$)?/.exec(location.hash) ?? [];
  if (whole) history.replaceState(null, "", location.pathname);
  return { ticket: found, address: PORTS.includes(Number(port)) ? `127.0.0.1:${port}` : undefined };
}

/** Call when the page begins and the language is known: a ticket is good for a minute only. */
export function presentTicket() {
  const once = ticket;
  ticket = undefined;
  if (!once) return;
  ownLanguage = language;
  // Too late, or no agent any more: then this page is asked about like any other.
  own = OpenKySo.connect({ client: "OpenKySo", language, ticket: once, address }).catch(() => null);
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
    if (!address || !GONE.has(error.code)) throw error;
    // One that was started anew may be elsewhere, and has forgotten our window.
    address = undefined;
    own = Promise.resolve(null);
    return agent({ signal, onPermissionPending });
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
  return mine ?? OpenKySo.connect({ client: "OpenKySo", language, address, ...asked });
}
