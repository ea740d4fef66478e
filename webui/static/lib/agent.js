/** One shared connection to the signing agent, greeted and allowed, made when it is first needed. */
import { OpenKySo, find } from "/protocol/openkyso.js";
import { language, t } from "./i18n.js";

const LOOK_MILLISECONDS = 2000;

let connection = null;
let spoken;
let ticket = takeTicket();

/** The one-time ticket of our own window; taken out of the address before anyone can copy it. */
function takeTicket() {
  const found = /^#ticket=([\w-]+)$/.exec(location.hash)?.[1];
  if (found) history.replaceState(null, "", location.pathname);
  return found;
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
  connection?.then((found) => found.close()).catch(() => {});
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
  const options = { client: "OpenKySo", language, ...asked };
  spoken = language;
  const once = ticket;
  ticket = undefined;
  try {
    return await OpenKySo.connect(once ? { ...options, ticket: once } : options);
  } catch (error) {
    if (error.code !== "ticket_invalid") throw error;
    // Reloaded, or opened too late: then this page is asked about like any other.
    return OpenKySo.connect(options);
  }
}
