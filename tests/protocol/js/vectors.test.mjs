/** The vectors, read by the JavaScript client. */
import assert from "node:assert/strict";
import { verify, X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { fromBase64, toBase64 } from "../../../protocol/js/base64.js";
import { Connection } from "../../../protocol/js/connection.js";
import { OpenKySo, OpenKySoError } from "../../../protocol/js/openkyso.js";

const HOME = fileURLToPath(new URL("../../../protocol/vectors/", import.meta.url));

function* cases(kind) {
  for (const name of readdirSync(`${HOME}${kind}`).sort()) {
    const file = `${HOME}${kind}/${name}/case.json`;
    if (existsSync(file)) yield [name, JSON.parse(readFileSync(file, "utf8"))];
  }
}

/** The browser's end of a WebSocket, without a network: what is sent is kept, what comes is told. */
class FakeSocket extends EventTarget {
  static last;
  readyState = 0;
  sent = [];
  code;

  constructor() {
    super();
    FakeSocket.last = this;
    queueMicrotask(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
    });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
    this.answer?.(this.sent.at(-1));
  }

  receive(frame) {
    const data = typeof frame === "string" ? frame : JSON.stringify(frame);
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  close(code) {
    this.code = code;
    this.readyState = 3;
    this.dispatchEvent(new Event("close"));
  }
}

const platform = { WebSocket: FakeSocket, isSecureContext: true };

function withId(value, id) {
  if (value === "$id") return id;
  if (Array.isArray(value)) return value.map((inner) => withId(inner, id));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withId(inner, id)]));
}

/** Whether `actual` has everything that `wanted` names. */
function covers(actual, wanted) {
  if (wanted === null || typeof wanted !== "object") return actual === wanted;
  return Object.entries(wanted).every(([key, value]) => covers(actual?.[key], value));
}

describe("what comes from the agent", () => {
  for (const [name, { ask, frames, then_close, outcome }] of cases("client")) {
    test(name, async () => {
      const connection = await Connection.open("127.0.0.1:1", { platform });
      const socket = FakeSocket.last;
      let settled = null;
      const asking = connection.ask(ask.method, ask.params).then(
        (result) => (settled = { result }),
        (error) => (settled = { error }),
      );
      const { id } = socket.sent[0];

      for (const frame of frames) {
        if (socket.readyState === 1) socket.receive(withId(frame, id));
      }
      if (then_close) socket.close(1001);
      if (!outcome.pending) await asking;

      if (outcome.result) assert.ok(covers(settled.result, outcome.result), JSON.stringify(settled));
      if (outcome.error) {
        const { code, group, retriable } = settled.error;
        const [vi, en] = [settled.error.text("vi"), settled.error.text("en")];
        assert.ok(settled.error instanceof OpenKySoError);
        assert.deepEqual({ code, group, retriable, vi, en }, outcome.error);
      }
      if (outcome.disconnected || outcome.hangs_up) assert.equal(settled.error.code, "disconnected");
      assert.equal(socket.code, outcome.hangs_up ? 4002 : then_close ? 1001 : undefined);
      if (outcome.pending) assert.equal(settled, null);
    });
  }
});

describe("login", () => {
  const HASHES = { RS256: "sha256", ES256: "sha256", ES384: "sha384" };
  for (const [name, vector] of cases("login")) {
    test(name, () => {
      const nonce = Buffer.from(vector.nonce, "base64").toString("hex");
      const message = `OpenKySo login v1\n${vector.origin}\n${nonce}\n`;
      const key = new X509Certificate(Buffer.from(vector.certificate, "base64")).publicKey;
      const signature = Buffer.from(vector.signature, "base64");

      const valid = verify(
        HASHES[vector.algorithm],
        Buffer.from(message),
        { key, dsaEncoding: "ieee-p1363" },
        signature,
      );

      assert.equal(message, vector.message);
      assert.equal(valid, vector.valid);
    });
  }
});

describe("each method", () => {
  /** How a page asks what the example's request asks, and what it gets of the reply. */
  const CALLS = {
    "site.request": (agent, { reason }) => agent.requestSite({ reason }),
    "tokens.list": async (agent) => ({ tokens: await agent.tokens() }),
    "certificates.list": async (agent, { filter }) => ({ certificates: await agent.certificates(filter) }),
    "certificates.select": async (agent, params) => ({ certificate: await agent.select(params) }),
    "events.subscribe": async (agent) => {
      const tokens = await new Promise((resolve) => agent.watchTokens(resolve));
      return { topics: ["tokens"], tokens, accounts: [] };
    },
    "sign.xml": async (agent, params) => {
      const signed = await agent.signXml({ ...params, document: fromBase64(params.document) });
      return { ...signed, document: toBase64(signed.document) };
    },
    "sign.document": async (agent, { source, ...params }) => {
      const signed = await agent.signDocument({ ...params, document: fromBase64(source.document) });
      return { ...signed, document: toBase64(signed.document), content: null };
    },
    "sign.digest": async (agent, params) => {
      const signed = await agent.signDigest({ ...params, digest: fromBase64(params.digest) });
      return { ...signed, signature: toBase64(signed.signature) };
    },
    "files.pick": async (agent, params) => ({ files: await agent.pickFiles(params) }),
    verify: async (agent, { source, name, content, content_name }) => {
      const document = fromBase64(source.document);
      const of = fromBase64(content.document);
      return { report: await agent.verify({ document, name, content: of, contentName: content_name }) };
    },
    "trust.list": async (agent) => ({ certificates: await agent.trusted() }),
    "trust.add": async (agent, { certificates }) => ({ certificates: await agent.trust(fromBase64(certificates)) }),
    "trust.remove": async (agent, { certificate }) => ({ removed: await agent.distrust(certificate) }),
    login: (agent, params) => agent.login({ ...params, nonce: fromBase64(params.nonce) }),
    "sites.list": async (agent) => ({ sites: await agent.sites() }),
    "sites.forget": async (agent, { origin }) => ({ forgotten: await agent.forgetSite(origin) }),
    "journal.list": async (agent, params) => ({ entries: await agent.journal(params) }),
    "providers.list": async (agent) => ({ providers: await agent.providers() }),
    "accounts.list": async (agent) => ({ accounts: await agent.accounts() }),
    "accounts.look": (agent, params) => {
      const fields = Object.fromEntries(params.fields.map(({ name, value }) => [name, value]));
      return agent.lookAccount({ ...params, fields });
    },
    "accounts.keep": async (agent, { look }) => ({ account: await agent.keepAccount(look) }),
    "accounts.refresh": async (agent, { account }) => ({
      accounts: await agent.refreshAccounts(account),
    }),
    "accounts.forget": async (agent, { account }) => ({ forgotten: await agent.forgetAccount(account) }),
  };
  /** `hello` and `cancel` are sent by the library itself; pages cannot issue tickets. */
  const UNASKED = ["hello", "cancel", "ticket.issue"];
  /** Asked in turn: see batch.test.mjs. */
  const IN_TURN = [
    ...["batch.open", "batch.add", "batch.sign", "batch.close"],
    ...["digests.open", "digests.sign", "digests.close"],
  ];

  const example = (method, name) =>
    JSON.parse(readFileSync(`${HOME}examples/${method}/${name}.json`, "utf8"));

  test("has a way to be asked", () => {
    assert.deepEqual([...Object.keys(CALLS), ...UNASKED, ...IN_TURN].sort(), readdirSync(`${HOME}examples`).sort());
  });

  for (const [method, call] of Object.entries(CALLS)) {
    test(`${method} is asked and answered as in the example`, async (t) => {
      const { params } = example(method, "request");
      const { result } = example(method, "reply");
      class Agent extends FakeSocket {
        answer({ id, method }) {
          const reply = method === "hello" ? example("hello", "reply").result : result;
          queueMicrotask(() => this.receive({ jsonrpc: "2.0", id, result: reply }));
        }
      }

      const agent = await OpenKySo.connect({
        client: "Test",
        address: "127.0.0.1:1",
        platform: { ...platform, WebSocket: Agent },
      });
      t.after(() => agent.close());
      const got = await call(agent, params);

      const [hello, asked] = FakeSocket.last.sent;
      assert.deepEqual(hello.params, { versions: [1], client: "Test", language: "vi" });
      assert.equal(asked.method, method);
      assert.deepEqual(asked.params, params);
      assert.deepEqual(got, result);
    });
  }
});
