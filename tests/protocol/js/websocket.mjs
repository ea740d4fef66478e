/**
 * A WebSocket client for Node, with the browser's interface and an Origin of one's choice: as much of
 * RFC 6455 as the tests need (Node 20 has none of its own). Text and binary messages, whole; close frames.
 */
import { createHash, randomBytes } from "node:crypto";
import http from "node:http";

const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;

/** The WebSocket class of a page at `origin`. */
export function websocketOf(origin) {
  return class WebSocket extends EventTarget {
    readyState = 0;
    #stream;
    #received = Buffer.alloc(0);
    #request;

    constructor(url, protocol) {
      super();
      const { hostname, port, pathname } = new URL(url);
      const key = randomBytes(16).toString("base64");
      this.#request = http.get({
        host: hostname,
        port,
        path: pathname,
        headers: {
          Upgrade: "websocket",
          Connection: "Upgrade",
          "Sec-WebSocket-Version": 13,
          "Sec-WebSocket-Key": key,
          "Sec-WebSocket-Protocol": protocol,
          ...(origin ? { Origin: origin } : {}),
        },
      });
      this.#request.on("upgrade", (reply, stream, head) => {
        const sum = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        if (reply.headers["sec-websocket-accept"] !== sum) return stream.destroy();
        this.#opened(stream, head);
      });
      this.#request.on("response", () => this.#failed());
      this.#request.on("error", () => this.#failed());
    }

    get bufferedAmount() {
      return this.#stream?.writableLength ?? 0;
    }

    send(data) {
      if (this.readyState !== 1) return; // as browsers do: it is lost
      this.#write(typeof data === "string" ? TEXT : BINARY, Buffer.from(data));
    }

    close(code = 1000) {
      if (this.readyState === 0) return this.#request.destroy();
      if (this.readyState !== 1) return;
      this.readyState = 2;
      const payload = Buffer.alloc(2);
      payload.writeUInt16BE(code);
      this.#write(CLOSE, payload);
    }

    #opened(stream, head) {
      this.#stream = stream;
      this.readyState = 1;
      stream.on("data", (data) => this.#take(data));
      stream.on("error", () => {});
      stream.on("close", () => this.#closed());
      this.dispatchEvent(new Event("open"));
      if (head.length) this.#take(head);
    }

    #failed() {
      if (this.readyState === 3) return;
      this.dispatchEvent(new Event("error"));
      this.#closed();
    }

    #closed() {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.dispatchEvent(new Event("close"));
    }

    #take(data) {
      this.#received = Buffer.concat([this.#received, data]);
      for (let frame = this.#frame(); frame; frame = this.#frame()) {
        if (frame.opcode === TEXT) {
          this.dispatchEvent(new MessageEvent("message", { data: frame.payload.toString() }));
        } else if (frame.opcode === BINARY) {
          const data = Uint8Array.from(frame.payload).buffer;
          this.dispatchEvent(new MessageEvent("message", { data }));
        } else if (frame.opcode === PING) {
          this.#write(10, frame.payload);
        } else if (frame.opcode === CLOSE) {
          if (this.readyState === 1) this.#write(CLOSE, frame.payload.subarray(0, 2));
          this.readyState = 2;
          this.#stream.end();
        }
      }
    }

    #frame() {
      const buffer = this.#received;
      if (buffer.length < 2) return null;
      let length = buffer[1] & 127;
      let at = 2;
      if (length === 126) {
        if (buffer.length < 4) return null;
        length = buffer.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (buffer.length < 10) return null;
        length = Number(buffer.readBigUInt64BE(2));
        at = 10;
      }
      if (buffer.length < at + length) return null;
      this.#received = buffer.subarray(at + length);
      return { opcode: buffer[0] & 15, payload: buffer.subarray(at, at + length) };
    }

    #write(opcode, payload) {
      const head = Buffer.alloc(14);
      head[0] = 0x80 | opcode;
      let at = 2;
      if (payload.length < 126) {
        head[1] = 0x80 | payload.length;
      } else if (payload.length < 65536) {
        head[1] = 0x80 | 126;
        head.writeUInt16BE(payload.length, 2);
        at = 4;
      } else {
        head[1] = 0x80 | 127;
        head.writeBigUInt64BE(BigInt(payload.length), 2);
        at = 10;
      }
      const mask = randomBytes(4);
      mask.copy(head, at);
      const masked = Buffer.from(payload);
      for (let i = 0; i < masked.length; i++) masked[i] ^= mask[i & 3];
      this.#stream.write(Buffer.concat([head.subarray(0, at + 4), masked]));
    }
  };
}
