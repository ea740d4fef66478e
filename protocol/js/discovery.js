/**
 * Finding the agent on this machine (SPEC 1.3), and telling its absence from a browser that keeps
 * the page away from it (Local Network Access).
 */
import { OpenKySoError } from "./errors.js";

/** protocol/version.py PORTS; a test holds the two together. */
export const PORTS = [14517, 17917, 21217, 27617];
// A Content-Security-Policy cannot name IPv6 literals; "localhost" reaches an agent on ::1.
const HOSTS = ["127.0.0.1", "localhost"];
/** A browser may hold a request back behind a question that nobody answers; then ask differently. */
export const CONNECT_MILLISECONDS = 3000;

/**
 * The `host:port` of the first agent that answers.
 * @returns {Promise<string>}
 * @throws {OpenKySoError} agent_not_found, permission_denied, permission_pending, insecure_page
 */
export async function find({ ports = PORTS, fetch = globalThis.fetch } = {}) {
  if (globalThis.isSecureContext === false) throw OpenKySoError.local("insecure_page");
  let held = false;
  for (const host of HOSTS) {
    const answers = await Promise.all(ports.map((port) => ping(`${host}:${port}`, fetch)));
    const first = answers.findIndex((answer) => answer === "agent");
    if (first >= 0) return `${host}:${ports[first]}`;
    held ||= answers.includes("held");
  }
  throw OpenKySoError.local(await whyNot(held));
}

async function ping(address, fetch) {
  const timeout = AbortSignal.timeout(CONNECT_MILLISECONDS);
  try {
    // targetAddressSpace lets browsers that know it ask the user instead of refusing; others
    // ignore it.
    const reply = await fetch(`http://${address}/ping`, {
      signal: timeout,
      cache: "no-store",
      credentials: "omit",
      referrerPolicy: "no-referrer",
      targetAddressSpace: "loopback",
    });
    return (await reply.json()).product === "OpenKySo" ? "agent" : "other";
  } catch {
    return timeout.aborted ? "held" : "nobody";
  }
}

async function whyNot(held) {
  // Chromium 145 split the permission; before, it had one name for both.
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      const { state } = await globalThis.navigator.permissions.query({ name });
      if (state === "denied") return "permission_denied";
      if (state === "prompt" && held) return "permission_pending";
      break;
    } catch {
      // A browser without such a permission does not restrict us.
    }
  }
  return held ? "permission_pending" : "agent_not_found";
}
