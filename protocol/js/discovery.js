/** Finding the agent on this machine: whoever answers `/ping` as it does (SPEC 1.3). */
import { OpenKySoError } from "./errors.js";
import { permission, watchPolicy, whyNot } from "./permission.js";

/** protocol/version.py PORTS; a test holds the two together. */
export const PORTS = [14517, 17917, 21217, 27617];
/** A browser may hold a request back behind a question that nobody answers. */
export const CONNECT_MILLISECONDS = 3000;
/** So long a question of the browser's is waited for, where the page knows how to say so. */
export const QUESTION_MILLISECONDS = 120_000;

// A Content-Security-Policy cannot name IPv6 literals; "localhost" reaches an agent on ::1.
const HOSTS = ["127.0.0.1", "localhost"];

/**
 * The `host:port` of the first agent that answers.
 *
 * Where the browser seems to be asking the user, `onPermissionPending` is called and the answer is
 * waited for; without it that is an error after three seconds.
 * @returns {Promise<string>}
 * @throws {OpenKySoError} of SPEC 7.4
 */
export async function find({
  ports = PORTS,
  platform = globalThis,
  signal,
  onPermissionPending,
  patience = CONNECT_MILLISECONDS,
} = {}) {
  const seen = { held: false, answered: false, csp: false };
  for (const host of HOSTS) {
    const addresses = ports.map((port) => `${host}:${port}`);
    const stopWatching = watchPolicy(addresses, platform);
    const round = new Round(addresses, { platform, signal, patience, onPermissionPending });
    const found = await round.result();
    if (!found) await nextTask();
    seen.csp = stopWatching() || seen.csp;
    if (found) return found;
    if (signal?.aborted) throw OpenKySoError.local("cancelled");
    seen.held = round.held;
    seen.answered = round.answered;
    // Where the browser asks, one question is enough.
    if (round.held && (await permission(platform)) !== "granted") break;
  }
  throw OpenKySoError.local(await whyNot(seen, platform));
}

/** Browsers report a violated policy in a task after the one that refuses the request. */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** One request to each port at the same time. */
class Round {
  #addresses;
  #pings;
  #stop = new AbortController();
  #settled = 0;
  #options;

  constructor(addresses, options) {
    this.#addresses = addresses;
    this.#options = options;
    options.signal?.addEventListener("abort", () => this.#stop.abort(), { signal: this.#stop.signal });
    if (options.signal?.aborted) this.#stop.abort();
    this.#pings = addresses.map((address) => this.#ping(address));
  }

  /** Whether no port had answered or refused when patience was over: browsers hold all or none. */
  held = false;

  /** Whether any has meanwhile. */
  get answered() {
    return this.#settled > 0;
  }

  /** The first address, in the order of the ports, with an agent; null if there is none. */
  async result() {
    const timer = setTimeout(() => this.#impatient(), this.#options.patience);
    try {
      for (const [index, ping] of this.#pings.entries()) {
        if (await ping) return this.#addresses[index];
      }
      return null;
    } finally {
      clearTimeout(timer);
      this.#stop.abort();
    }
  }

  #impatient() {
    const { onPermissionPending, patience } = this.#options;
    this.held = !this.answered;
    if (!this.held || !onPermissionPending) return this.#stop.abort();
    onPermissionPending();
    const timer = setTimeout(() => this.#stop.abort(), QUESTION_MILLISECONDS - patience);
    this.#stop.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  async #ping(address) {
    const { fetch } = this.#options.platform;
    try {
      const reply = await fetch(`http://${address}/ping`, {
        signal: this.#stop.signal,
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        referrerPolicy: "no-referrer",
        ...addressSpace(this.#options.platform),
      });
      return reply.ok && (await reply.json()).product === "OpenKySo";
    } catch {
      return false;
    } finally {
      if (!this.#stop.signal.aborted) this.#settled += 1;
    }
  }
}

/**
 * Tells a browser that knows the word that loopback is meant, so that it asks its user rather than
 * refuse. One that knows the member but not the word would throw, hence the trial.
 */
function addressSpace({ Request }) {
  const meant = { targetAddressSpace: "loopback" };
  try {
    new Request("http://127.0.0.1/", meant);
    return meant;
  } catch {
    return {};
  }
}
