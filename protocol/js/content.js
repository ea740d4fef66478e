/** Documents in binary frames: what a page sends as there is credit, and what comes back (SPEC 10). */
import { OpenKySoError } from "./errors.js";

const PIECE = 1;
const CREDIT = 2;
const GIVEN_UP = 3;
const UNWANTED = 4;
const FIRST = 1;
const LAST = 2;
const DIGEST_ONLY = 4;

const WINDOW = 4 * 1024 * 1024;
const MOST = 256 * 1024;
const LEAST = 4 * 1024;
/** Taken payload after which the agent is told. */
const CREDIT_STEP = WINDOW / 4;
/** Read from a Blob at once, and put into one on the way back, where it need not stay in memory. */
const CHUNK = 1024 * 1024;
const GATHERED = 16 * CHUNK;
/** How often a socket that is full is looked at again, milliseconds. */
const LOOK = 5;

export class Contents {
  #socket;
  #number = 0;
  #sent = 0;
  #credited = 0;
  #came = 0;
  #told = 0;
  #refused = new Map();
  #coming = new Map();
  #unwanted = new Set();
  #waiting = new Set();
  #over = null;

  constructor(socket) {
    this.#socket = socket;
  }

  /**
   * Send a document; nothing of it is in memory but what is sent next.
   * @param {Blob} blob
   * @returns {Promise<number>} under which the agent has it
   */
  async upload(blob, { digestOnly = false, signal, onProgress } = {}) {
    const number = ++this.#number;
    const wake = () => this.#wake();
    signal?.addEventListener("abort", wake);
    let at = 0;
    try {
      const chunks = read(blob);
      let { value: chunk } = await chunks.next();
      do {
        const left = blob.size - at;
        const room = await this.#room(left, () => this.#refused.get(number) ?? aborted(signal));
        if (chunk.length < Math.min(room, left)) chunk = joined(chunk, (await chunks.next()).value);
        const payload = chunk.subarray(0, room);
        const flags = (at === 0 ? FIRST : 0) | (room === left ? LAST : 0);
        chunk = chunk.subarray(room);
        at += room;
        this.#socket.send(piece(number, flags, payload, blob.size, digestOnly));
        this.#sent += room;
        onProgress?.({ stage: "sending", done: at, total: blob.size });
      } while (at < blob.size);
    } catch (error) {
      this.forget(number);
      throw error;
    } finally {
      signal?.removeEventListener("abort", wake);
      this.#refused.delete(number);
    }
    return number;
  }

  /** The agent need not keep it any more. */
  forget(number) {
    if (!this.#over) this.#socket.send(numbered(GIVEN_UP, number));
  }

  /** A message has named it: pieces may follow. */
  named(number) {
    const coming = { parts: [], blobs: [], size: 0, gathered: 0 };
    coming.whole = new Promise((resolve, reject) => Object.assign(coming, { resolve, reject }));
    coming.whole.catch(() => {}); // whoever asks for it is told
    this.#coming.set(number, coming);
  }

  /** What the agent sends under a number that a message has named. @returns {Promise<Blob>} */
  async download(number, total, { signal, onProgress } = {}) {
    const coming = this.#coming.get(number);
    coming.onProgress = (done) => onProgress?.({ stage: "receiving", done, total });
    const stop = () => {
      this.refuse(number);
      coming.reject(aborted(signal));
    };
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    try {
      return await coming.whole;
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#coming.delete(number);
    }
  }

  /** Nobody will take it. */
  refuse(number) {
    if (!this.#coming.delete(number) || this.#over) return;
    this.#unwanted.add(number);
    this.#socket.send(numbered(UNWANTED, number));
  }

  /** `content.refused` */
  refused({ content, error }) {
    this.#refused.set(content, OpenKySoError.fromWire({ message: error.en, data: error }));
    this.#wake();
  }

  /** A binary message. @returns {boolean} false for what is none of this protocol */
  take(buffer) {
    const view = new DataView(buffer);
    const kind = view.byteLength > 4 ? view.getUint8(0) : 0;
    if (kind === PIECE && view.byteLength >= 6) return this.#piece(view);
    if (kind === CREDIT && view.byteLength === 9) return this.#credit(u64(view, 1));
    if (kind === GIVEN_UP && view.byteLength === 5) return this.#givenUp(view.getUint32(1));
    return kind === UNWANTED && view.byteLength === 5;
  }

  lost(why) {
    this.#over = why;
    for (const { reject } of this.#coming.values()) reject(why);
    this.#coming.clear();
    this.#wake();
  }

  #piece(view) {
    const flags = view.getUint8(1);
    const number = view.getUint32(2);
    const start = flags & FIRST ? 14 : 6;
    if (view.byteLength < start) return false;
    const payload = new Uint8Array(view.buffer, start);
    const coming = this.#coming.get(number);
    if (!coming && !this.#unwanted.has(number)) return false;
    if (coming) {
      if (flags & FIRST) coming.announced = u64(view, 6);
      gather(coming, payload);
      if (flags & LAST && coming.size !== coming.announced) return false;
      coming.onProgress?.(coming.size);
      if (flags & LAST) coming.resolve(new Blob([...coming.blobs, ...coming.parts]));
    } else if (flags & LAST) {
      this.#unwanted.delete(number);
    }
    this.#taken(payload.length);
    return true;
  }

  #credit(total) {
    if (total < this.#credited || total > this.#sent) return false;
    this.#credited = total;
    this.#wake();
    return true;
  }

  #givenUp(number) {
    this.#unwanted.delete(number);
    this.#coming.get(number)?.reject(OpenKySoError.local("disconnected"));
    return true;
  }

  #taken(count) {
    this.#came += count;
    if (this.#came - this.#told < CREDIT_STEP) return;
    this.#told = this.#came;
    const frame = new DataView(new ArrayBuffer(9));
    frame.setUint8(0, CREDIT);
    setU64(frame, 1, this.#told);
    this.#socket.send(frame.buffer);
  }

  /** The octets of the next piece, when there is credit for it and the socket is not full. */
  async #room(left, problem) {
    for (;;) {
      const why = this.#over ?? problem();
      if (why) throw why;
      const room = Math.min(left, MOST, WINDOW - (this.#sent - this.#credited));
      // Credit bounds what is under way of contents; other messages may fill the socket too.
      const isFull = this.#socket.bufferedAmount > WINDOW;
      if (room >= Math.min(left, LEAST) && !isFull) return room;
      await this.#news(isFull);
    }
  }

  #news(isFull) {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      if (isFull) setTimeout(resolve, LOOK);
    });
  }

  #wake() {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** The next chunk is read while the one before it is sent. */
async function* read(blob) {
  const at = (start) => blob.slice(start, start + CHUNK).arrayBuffer();
  let ahead = at(0);
  for (let start = 0; start === 0 || start < blob.size; start += CHUNK) {
    const buffer = await ahead;
    ahead = at(start + CHUNK);
    ahead.catch(() => {}); // told when it is its turn
    yield new Uint8Array(buffer);
  }
}

function joined(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function gather(coming, payload) {
  coming.parts.push(payload);
  coming.size += payload.length;
  coming.gathered += payload.length;
  if (coming.gathered < GATHERED) return;
  coming.blobs.push(new Blob(coming.parts));
  coming.parts = [];
  coming.gathered = 0;
}

function piece(number, flags, payload, size, digestOnly) {
  const head = flags & FIRST ? 14 : 6;
  const frame = new Uint8Array(head + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, PIECE);
  view.setUint8(1, flags | (flags & FIRST && digestOnly ? DIGEST_ONLY : 0));
  view.setUint32(2, number);
  if (flags & FIRST) setU64(view, 6, size);
  frame.set(payload, head);
  return frame.buffer;
}

function numbered(kind, number) {
  const frame = new DataView(new ArrayBuffer(5));
  frame.setUint8(0, kind);
  frame.setUint32(1, number);
  return frame.buffer;
}

/** Sizes are far below the largest whole number that is exact here. */
function u64(view, at) {
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}

function setU64(view, at, value) {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value % 2 ** 32);
}

function aborted(signal) {
  return signal?.aborted ? OpenKySoError.local("cancelled") : undefined;
}
