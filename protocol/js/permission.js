/**
 * Why a browser keeps a page away from the agent: Local Network Access and its neighbours.
 *
 * Chromium asks the user before a public page may fetch from loopback (142) or open a WebSocket to
 * it (147); Firefox follows. A refusal looks like an absent agent, and a question that nobody has
 * answered looks like one that hangs, so the causes have to be asked for one by one.
 */

/** Chromium 145 split the permission in two; before, and elsewhere, it has the second name. */
const NAMES = ["loopback-network", "local-network-access"];

/** The browser's PermissionStatus for loopback; null where it knows no such permission. */
export async function permissionStatus(platform = globalThis) {
  for (const name of NAMES) {
    try {
      return await platform.navigator.permissions.query({ name });
    } catch {
      // Not a name that this browser knows.
    }
  }
  return null;
}

/**
 * Whether the browser will ask before it lets this page near the agent. A page can explain first
 * and connect when the user clicks; browsers like a question that follows a click.
 * @returns {Promise<"granted" | "prompt" | "denied" | "unknown">}
 */
export async function permission(platform = globalThis) {
  return (await permissionStatus(platform))?.state ?? "unknown";
}

/**
 * The code of SPEC 7.4 for an agent that could not be reached.
 * @param {{held: boolean, answered?: boolean, csp?: boolean}} seen whether requests hung, whether they
 *        ended by themselves in the end, and whether a Content-Security-Policy forbade them
 */
export async function whyNot({ held, answered = false, csp = false }, platform = globalThis) {
  if (csp) return "blocked_by_csp";
  switch (await permission(platform)) {
    case "denied":
      if (platform.isSecureContext === false) return "insecure_page";
      return frameMayAsk(platform) ? "permission_denied" : "frame_not_allowed";
    case "granted":
      return "agent_not_found";
    case "prompt":
      // Held: it is asking, or its question was closed without an answer. A page of this machine
      // is never asked about, and reads "prompt" all the same.
      return held ? "permission_pending" : "agent_not_found";
    default:
      if (held && !answered) return "permission_pending";
      return isWebKitOverHttps(platform) ? "browser_unsupported" : "agent_not_found";
  }
}

/** A frame of another origin may ask only if the page around it says so by `allow`. */
function frameMayAsk(platform) {
  const policy = platform.document?.permissionsPolicy ?? platform.document?.featurePolicy;
  const known = policy?.features?.() ?? [];
  const names = NAMES.filter((name) => known.includes(name));
  return names.length === 0 || names.some((name) => policy.allowsFeature(name));
}

/** WebKit treats http and ws to loopback as mixed content, without a way to allow it. */
function isWebKitOverHttps(platform) {
  return (
    platform.location?.protocol === "https:" && platform.navigator?.vendor === "Apple Computer, Inc."
  );
}

/** Watches for a Content-Security-Policy that forbids the addresses; `stop` says whether it did. */
export function watchPolicy(addresses, platform = globalThis) {
  let forbidden = false;
  const look = ({ blockedURI = "" }) => {
    forbidden ||= addresses.some((address) => blockedURI.includes(`//${address}`));
  };
  platform.document?.addEventListener?.("securitypolicyviolation", look);
  return () => {
    platform.document?.removeEventListener?.("securitypolicyviolation", look);
    return forbidden;
  };
}
