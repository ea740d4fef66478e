/** One shared connection to the signing agent, greeted and allowed, made when it is first needed. */
import { OpenKySo } from "/protocol/openkyso.js";
import { language, t } from "./i18n.js";

let connection = null;
let ticket = takeTicket();

/** The one-time ticket of our own window; taken out of the address before anyone can copy it. */
function takeTicket() {
  const found = /^#ticket=([\w-]+)$/.exec(location.hash)?.[1];
  if (found) history.replaceState(null, "", location.pathname);
  return found;
}

/**
 * The agent, once the user has allowed this page.
 * @throws OpenKySoError agent_not_found, permission_*, user_refused, …
 */
export async function agent({ signal } = {}) {
  connection ??= greeted();
  try {
    const found = await connection;
    await found.requestSite({ reason: t("agent.reason"), signal });
    return found;
  } catch (error) {
    connection = null;
    throw error;
  }
}

async function greeted() {
  const options = { client: "OpenKySo", language };
  const once = ticket;
  ticket = undefined;
  let found;
  try {
    found = await OpenKySo.connect({ ...options, ticket: once });
  } catch (error) {
    if (error.code !== "ticket_invalid") throw error;
    // Reloaded, or opened too late: then this page is asked about like any other.
    found = await OpenKySo.connect(options);
  }
  found.closed.then(() => {
    connection = null;
  });
  return found;
}
