/**
 * Many documents under one confirmation and one PIN.
 *
 *     const batch = await agent.batch({ reason: "Hóa đơn tháng 11" });
 *     for (const file of files) await batch.add({ document: file, name: file.name, profile: "pades" });
 *     const result = await batch.sign({ onDocument: ({ index, outcome, document, error }) => … });
 *     if (result.left) …                    // result.stopped says why; `sign` again signs the rest
 *     await batch.close();
 *
 * A batch lives and ends with its connection. Documents come back as Blobs, in any order; the agent
 * waits while a document is on its way.
 */
import { toBase64 } from "./base64.js";
import { sourceOf } from "./documents.js";
import { OpenKySoError } from "./errors.js";

/** Larger documents travel in binary frames, so that a message has room for many. */
const INLINE = 64 * 1024;
/** Documents in one message. */
const AT_ONCE = 100;

export class Batch {
  #connection;
  #id;
  #waiting = [];
  #count = 0;
  /** What the agent keeps for a document until its outcome is known. */
  #forget = new Map();

  constructor(connection, id) {
    this.#connection = connection;
    this.#id = id;
  }

  /** @returns {Promise<Batch>} */
  static async open(connection, params, waiting) {
    const { batch } = await connection.ask("batch.open", params, waiting);
    return new Batch(connection, batch);
  }

  /**
   * Hand in a Blob or File, bytes, a text, or one of `pickFiles()`.
   * @returns {Promise<number>} its index
   */
  async add({ document, name, profile, options, signal, onProgress }) {
    const facts = { name, profile, ...(options && { options: wiredOptions(options) }) };
    const { source, forget } = await sourceOf(this.#connection, document, facts, { signal, onProgress }, INLINE);
    const index = this.#count++;
    if (forget) this.#forget.set(index, forget);
    this.#waiting.push({ source, ...facts });
    if (this.#waiting.length === AT_ONCE) await this.#flush();
    return index;
  }

  /**
   * Sign what is left. `onDocument` is told what becomes of each document: `outcome` is "signed"
   * (then `document` is a Blob), "failed" (then `error` is an OpenKySoError) or "excluded".
   */
  async sign({ onDocument = () => {}, onProgress, signal } = {}) {
    await this.#flush();
    const telling = [];
    this.#connection.batches.set(this.#id, (news) => telling.push(this.#tell(news, onDocument, signal)));
    try {
      const result = await this.#connection.ask("batch.sign", { batch: this.#id }, { onProgress, signal });
      await Promise.all(telling);
      return { ...result, stopped: result.stopped && OpenKySoError.fromWire(wired(result.stopped)) };
    } finally {
      await Promise.allSettled(telling);
      this.#connection.batches.delete(this.#id);
    }
  }

  /** The agent forgets it. */
  async close() {
    for (const forget of this.#forget.values()) forget();
    this.#forget.clear();
    return (await this.#connection.ask("batch.close", { batch: this.#id })).closed;
  }

  async #flush() {
    const documents = this.#waiting;
    this.#waiting = [];
    if (documents.length) await this.#connection.ask("batch.add", { batch: this.#id, documents });
  }

  async #tell({ request, batch, content, error, ...facts }, onDocument, signal) {
    const document = content && (await this.#connection.contents.download(content, facts.size, { signal }));
    this.#forget.get(facts.index)?.();
    this.#forget.delete(facts.index);
    await onDocument({
      ...facts,
      ...(document && { document }),
      ...(error && { error: OpenKySoError.fromWire(wired(error)) }),
    });
  }
}

/** A stamp's picture as it travels. */
function wiredOptions(options) {
  const image = options.stamp?.image;
  return image ? { ...options, stamp: { ...options.stamp, image: toBase64(image) } } : options;
}

function wired(data) {
  return { message: data.en, data };
}
