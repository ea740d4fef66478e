/**
 * Sign with the user's own certificate. No dependencies, no build.
 *
 *     import { OpenKySo } from "./openkyso.js";
 *     const agent = await OpenKySo.connect({ client: "My app" });
 *     await agent.requestSite();                            // the user is asked, once
 *     const signed = await agent.signXml({ document, name: "Hồ sơ", profile: "bhxh-hoso" });
 *
 * Every failure is an OpenKySoError with `code`, `group`, `retriable` and `text("vi"|"en")`.
 */
import { CONNECT_MILLISECONDS, find } from "./discovery.js";
import { OpenKySoError } from "./errors.js";

export { OpenKySoError } from "./errors.js";
export { PORTS, find } from "./discovery.js";

const SUBPROTOCOL = "openkyso.v1";
const OPEN = 1;

export class OpenKySo {
  #socket;
  #next = 1;
  #pending = new Map();
  #watchers = new Set();
  #closed;

  /** Use `OpenKySo.connect`. */
  constructor(socket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => {
      socket.addEventListener("close", () => {
        this.#lost();
        resolve();
      });
    });
    socket.addEventListener("message", (event) => this.#take(event.data));
  }

  /**
   * Find the agent and greet it.
   * @param {{client: string, language?: "vi"|"en", ticket?: string, address?: string,
   *          WebSocket?: typeof WebSocket, fetch?: typeof fetch}} options
   */
  static async connect({
    client,
    language = "vi",
    ticket,
    address,
    WebSocket = globalThis.WebSocket,
    fetch = globalThis.fetch,
  }) {
    const where = address ?? (await find({ fetch }));
    const agent = new OpenKySo(await open(`ws://${where}/v1`, WebSocket));
    try {
      const params = { versions: [1], client, language };
      agent.greeting = await agent.#ask("hello", ticket ? { ...params, ticket } : params);
      return agent;
    } catch (error) {
      agent.close();
      throw error;
    }
  }

  /** "none", "site" or "first-party": what this page may do. */
  get rights() {
    return this.greeting.rights;
  }

  /** Resolves when the connection has ended, for whatever reason. */
  get closed() {
    return this.#closed;
  }

  close() {
    this.#socket.close();
  }

  /** Ask the user to allow this site. Does nothing where it is allowed already. */
  async requestSite({ reason = "", signal } = {}) {
    if (this.rights !== "none") return { granted: "always" };
    const answer = await this.#ask("site.request", { reason }, { signal });
    this.greeting = { ...this.greeting, rights: "site" };
    return answer;
  }

  async tokens() {
    return (await this.#ask("tokens.list", {})).tokens;
  }

  /** @param {{mst?: string, valid_now?: boolean, issuer?: string}} filter */
  async certificates(filter = {}) {
    return (await this.#ask("certificates.list", { filter })).certificates;
  }

  /** The agent's own window shows the certificates; the page learns only the chosen one. */
  async select({ filter = {}, reason = "", signal, onProgress } = {}) {
    const params = { filter, reason };
    return (await this.#ask("certificates.select", params, { signal, onProgress })).certificate;
  }

  /**
   * @param {{document: Uint8Array, name: string, profile: string, certificate?: string,
   *          mst?: string, signal?: AbortSignal, onProgress?: (step: object) => void}} request
   * @returns {Promise<{document: Uint8Array, sha256: string, certificate: object}>}
   */
  async signXml({ document, name, profile, certificate, mst, signal, onProgress }) {
    const params = { document: toBase64(document), name, profile };
    if (certificate) params.certificate = certificate;
    if (mst) params.mst = mst;
    const signed = await this.#ask("sign.xml", params, { signal, onProgress });
    return { ...signed, document: fromBase64(signed.document) };
  }

  /** Prove possession of a certificate's key to this origin. @param {{nonce: Uint8Array}} request */
  async login({ nonce, mst, certificate, signal, onProgress }) {
    const params = { nonce: toBase64(nonce) };
    if (mst) params.mst = mst;
    if (certificate) params.certificate = certificate;
    return this.#ask("login", params, { signal, onProgress });
  }

  /** Calls back with the tokens now and after every change. Returns a function that stops it. */
  async watchTokens(callback) {
    this.#watchers.add(callback);
    try {
      const { tokens } = await this.#ask("events.subscribe", { topics: ["tokens"] });
      callback(tokens);
    } catch (error) {
      this.#watchers.delete(callback);
      throw error;
    }
    return () => this.#watchers.delete(callback);
  }

  /** Our own window only. */
  async journal({ limit = 50 } = {}) {
    return (await this.#ask("journal.list", { limit })).entries;
  }

  async sites() {
    return (await this.#ask("sites.list", {})).sites;
  }

  async forgetSite(origin) {
    return (await this.#ask("sites.forget", { origin })).forgotten;
  }

  #ask(method, params, { signal, onProgress } = {}) {
    if (signal?.aborted) return Promise.reject(OpenKySoError.local("cancelled"));
    if (this.#socket.readyState !== OPEN) {
      return Promise.reject(OpenKySoError.local("disconnected"));
    }
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, onProgress });
    });
    this.#send({ jsonrpc: "2.0", id, method, params });
    const abort = () => {
      if (this.#socket.readyState !== OPEN) return;
      const cancel = { jsonrpc: "2.0", id: this.#next++, method: "cancel", params: { request: id } };
      this.#send(cancel);
    };
    signal?.addEventListener("abort", abort, { once: true });
    return answer.finally(() => signal?.removeEventListener("abort", abort));
  }

  #send(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (message.method === "progress") {
      this.#pending.get(message.params.request)?.onProgress?.(message.params);
    } else if (message.method === "tokens.changed") {
      for (const callback of this.#watchers) callback(message.params.tokens);
    } else if (this.#pending.has(message.id)) {
      const { resolve, reject } = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if (message.error) reject(OpenKySoError.fromWire(message.error));
      else resolve(message.result);
    }
  }

  #lost() {
    for (const { reject } of this.#pending.values()) reject(OpenKySoError.local("disconnected"));
    this.#pending.clear();
  }
}

function open(url, WebSocket) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, SUBPROTOCOL);
    const timer = setTimeout(() => {
      reject(OpenKySoError.local("permission_pending"));
      socket.close();
    }, CONNECT_MILLISECONDS);
    socket.addEventListener("open", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.addEventListener("error", () => {
      clearTimeout(timer);
      reject(OpenKySoError.local("disconnected"));
    });
  });
}

function toBase64(bytes) {
  let text = "";
  // In pieces, since a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
