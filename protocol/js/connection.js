/** One WebSocket to the agent: questions out, answers and news in (SPEC 2 and 4). */
import { Contents } from "./content.js";
import { CONNECT_MILLISECONDS } from "./discovery.js";
import { OpenKySoError } from "./errors.js";
import { whyNot } from "./permission.js";

const PATH = "/v1";
const SUBPROTOCOL = "openkyso.v1";
const OPEN = 1;
/** Of the range that pages may use (RFC 6455 §7.4.2). */
const NOT_A_MESSAGE = 4002;

export class Connection {
  #socket;
  #next = 1;
  #asked = new Map();
  #complaint = null;
  #onNews;

  /** The documents that travel in binary frames. */
  contents;

  /** Who hears of a batch's documents, by the batch. */
  batches = new Map();

  /** Resolves with the reason when the connection has ended, whatever ended it. */
  ended;

  /** Use `Connection.open`. */
  constructor(socket, onNews) {
    this.#socket = socket;
    this.#onNews = onNews;
    this.contents = new Contents(socket);
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => this.#take(event.data));
    this.ended = new Promise((resolve) => {
      socket.addEventListener("close", () => resolve(this.#lost()));
    });
  }

  /**
   * @param {string} address `host:port`
   * @param {{onNews?: (method: string, params: object) => void, platform?: object, patience?: number}} options
   * @throws {OpenKySoError} disconnected, permission_pending, permission_denied, …
   */
  static async open(address, { onNews = () => {}, platform = globalThis, patience = CONNECT_MILLISECONDS } = {}) {
    const socket = new platform.WebSocket(`ws://${address}${PATH}`, SUBPROTOCOL);
    const outcome = await new Promise((resolve) => {
      const timer = setTimeout(() => resolve("held"), patience);
      for (const type of ["open", "error", "close"]) {
        socket.addEventListener(type, () => {
          clearTimeout(timer);
          resolve(type);
        });
      }
    });
    if (outcome === "open") return new Connection(socket, onNews);
    socket.close();
    const code = await whyNot({ held: outcome === "held" }, platform);
    // The agent did answer its ping, so what hangs or is closed here is not its absence.
    throw OpenKySoError.local(code === "agent_not_found" ? "disconnected" : code);
  }

  get isOpen() {
    return this.#socket.readyState === OPEN;
  }

  close() {
    this.#socket.close(1000);
  }

  /**
   * Ask, and wait for the answer. Aborting `signal` tells the agent to give up; the promise settles
   * when it has: usually with `cancelled`, but with the result if that was on its way already, so
   * that no signature is made and lost.
   * @returns {Promise<object>}
   */
  async ask(method, params, { signal, onProgress } = {}) {
    if (signal?.aborted) throw OpenKySoError.local("cancelled");
    if (!this.isOpen) throw OpenKySoError.local("disconnected");
    const id = this.#send(method, params);
    const cancel = () => this.isOpen && this.#send("cancel", { request: id });
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#asked.set(id, { resolve, reject, onProgress });
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  #send(method, params) {
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return id;
  }

  #take(data) {
    if (data instanceof ArrayBuffer) return this.contents.take(data) || this.#hangUp();
    const message = parse(data);
    if (!isMessage(message)) return this.#hangUp();
    if ("method" in message) return this.#news(message.method, message.params ?? {});
    if ((message.id ?? null) === null) {
      this.#complaint = OpenKySoError.fromWire(message.error);
      return;
    }
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    // Before its first piece comes.
    if (typeof message.result?.content === "number") this.contents.named(message.result.content);
    if (message.error) asked?.reject(OpenKySoError.fromWire(message.error));
    else asked?.resolve(message.result);
  }

  #hangUp() {
    this.#socket.close(NOT_A_MESSAGE, "not a message");
  }

  #news(method, params) {
    if (method === "content.refused") return this.contents.refused(params);
    if (method === "batch.document") return this.#batchDocument(params);
    if (method !== "progress") return this.#onNews(method, params);
    this.#asked.get(params.request)?.onProgress?.(params);
  }

  #batchDocument(params) {
    if (typeof params.content === "number") this.contents.named(params.content);
    const hear = this.batches.get(params.batch);
    if (hear) hear(params);
    else if (typeof params.content === "number") this.contents.refuse(params.content);
  }

  /** What the agent complained about before it hung up tells more than that it did. */
  #lost() {
    const why = this.#complaint ?? OpenKySoError.local("disconnected");
    for (const { reject } of this.#asked.values()) reject(why);
    this.#asked.clear();
    this.contents.lost(why);
    return why;
  }
}

function parse(data) {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
}

/** Unknown fields and unknown news are passed over; what is no message at all is not (SPEC 2.5). */
function isMessage(message) {
  if (typeof message !== "object" || message?.jsonrpc !== "2.0") return false;
  if (typeof message.method === "string") return true;
  if (typeof message.error?.data === "object" && message.error.data !== null) return true;
  return "result" in message && (message.id ?? null) !== null;
}
