/** The Python test agent (tests/support/protocol_agent.py) in a process of its own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { websocketOf } from "./websocket.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export class Agent {
  static async start() {
    const python = process.env.PYTHON ?? "python3";
    const child = spawn(python, ["-m", "tests.support.protocol_agent"], {
      cwd: ROOT,
      stdio: ["pipe", "pipe", "inherit"],
    });
    const agent = new Agent();
    agent.child = child;
    agent.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    agent.port = Number((await agent.lines.next()).value);
    return agent;
  }

  /** "plug", "unplug", "drop", …; resolves when it has been done. */
  async do(word) {
    this.child.stdin.write(`${word}\n`);
    await this.lines.next();
  }

  async stop() {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
  }

  /** What a page at `origin` has of its browser. */
  platform(origin = "https://allowed.test", more = {}) {
    return { fetch, Request, WebSocket: websocketOf(origin), isSecureContext: true, ...more };
  }

  /** Options for OpenKySo.connect. */
  options(origin, more = {}) {
    return { client: "Test", ports: [this.port], platform: this.platform(origin), ...more };
  }
}
