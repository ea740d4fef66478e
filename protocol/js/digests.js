/**
 * Digests under one confirmation and one PIN, for a while; the user sees no content.
 *
 *     await agent.requestSite({ digests: true });
 *     const session = await agent.openDigests({ count: 500, seconds: 600, hash: "sha256", reason: "…" });
 *     const signatures = await session.sign(digests);        // bytes in, bytes out, in order
 *     await session.close();
 *
 * A session lives and ends with its connection. Several `sign` may be under way beside each other.
 */
import { fromBase64, toBase64 } from "./base64.js";

/** Digests in one message. */
const AT_ONCE = 100;

export class Digests {
  #connection;
  #session;

  /** count, expires_at, algorithm and certificate, as the agent said. */
  facts;
  /** How many are left. */
  left;

  constructor(connection, { session, ...facts }) {
    this.#connection = connection;
    this.#session = session;
    this.facts = facts;
    this.left = facts.count;
  }

  /** @returns {Promise<Digests>} */
  static async open(connection, params, waiting) {
    return new Digests(connection, await connection.ask("digests.open", params, waiting));
  }

  /** @returns {Promise<Uint8Array[]>} a signature for each, in order */
  async sign(digests, { signal } = {}) {
    const signatures = [];
    for (let at = 0; at < digests.length; at += AT_ONCE) {
      const some = digests.slice(at, at + AT_ONCE).map(toBase64);
      const params = { session: this.#session, digests: some };
      const answer = await this.#connection.ask("digests.sign", params, { signal });
      signatures.push(...answer.signatures.map(fromBase64));
      this.left = answer.left;
    }
    return signatures;
  }

  /** The token is free when it is answered. */
  async close() {
    return (await this.#connection.ask("digests.close", { session: this.#session })).closed;
  }
}
