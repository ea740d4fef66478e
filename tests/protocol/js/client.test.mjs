/** The JavaScript client against the real session of the agent, over a real WebSocket. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { OpenKySo, OpenKySoError } from "../../../protocol/js/openkyso.js";
import { Agent } from "./agent.mjs";

let agent;
before(async () => {
  agent = await Agent.start();
});
after(() => agent.stop());
beforeEach(() => agent.do("plug"));

/** Connect, and hang up when the test is over. */
async function connected(t, origin, more) {
  const client = await OpenKySo.connect(agent.options(origin, more));
  t.after(() => client.close());
  return client;
}

const fails = (code) => (error) => {
  assert.ok(error instanceof OpenKySoError, error);
  assert.equal(error.code, code);
  return true;
};

const text = (bytes) => new TextDecoder().decode(bytes);
const bytes = (words) => new TextEncoder().encode(words);

describe("connecting", () => {
  test("finds the agent and greets it", async (t) => {
    const client = await connected(t);

    assert.equal(client.rights, "site");
    assert.equal(client.greeting.origin, "https://allowed.test");
    assert.ok(client.greeting.capabilities.includes("profile:bhxh-hoso"));
  });

  test("takes an address that is known", async (t) => {
    const client = await connected(t, undefined, { ports: [], address: `127.0.0.1:${agent.port}` });

    assert.equal((await client.tokens()).length, 1);
  });

  test("with a ticket gives first-party rights", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });

    assert.equal(client.rights, "first-party");
    assert.equal((await client.sites())[0].origin, "https://allowed.test");
    assert.equal(await client.forgetSite("https://allowed.test"), true);
    assert.equal((await client.journal({ limit: 7 }))[0].number, 7);
    assert.equal((await client.journal({ limit: 7, before: 9 })).length, 1);
  });

  test("fails as the agent says", async () => {
    const options = agent.options(undefined, { ticket: "used" });

    await assert.rejects(OpenKySo.connect(options), fails("ticket_invalid"));
  });
});

describe("a site that is not allowed yet", () => {
  test("is told so, asks, and may go on", async (t) => {
    const client = await connected(t, "https://new.test");
    assert.equal(client.rights, "none");
    await assert.rejects(client.tokens(), fails("not_allowed"));
    await assert.rejects(client.requestSite({ reason: "refuse" }), fails("user_refused"));

    assert.deepEqual(await client.requestSite(), { granted: "once", digests: false });

    assert.equal(client.rights, "site");
    assert.equal((await client.tokens()).length, 1);
  });
});

describe("asking", () => {
  test("lists tokens and certificates", async (t) => {
    const client = await connected(t);

    assert.equal((await client.tokens())[0].label, "Thẻ của kế toán");
    assert.deepEqual((await client.certificates())[0].mst, ["0100109106"]);
    assert.deepEqual(await client.certificates({ mst: "0101243150" }), []);
  });

  test("selects", async (t) => {
    const client = await connected(t);

    assert.equal((await client.select()).holder, "CÔNG TY TNHH ÁNH DƯƠNG");
    await assert.rejects(
      client.select({ filter: { mst: "0101243150" } }),
      (error) => fails("no_certificate")(error) && error.group === "user" && error.retriable,
    );
  });

  test("signs, and says where it stands", async (t) => {
    const client = await connected(t);
    const stages = [];

    const signed = await client.signXml({
      document: bytes("<a>ký</a>"),
      name: "Hồ sơ",
      profile: "bhxh-hoso",
      onProgress: ({ stage }) => stages.push(stage),
    });

    assert.equal(text(signed.document), "<a>ký</a><!-- signed -->");
    assert.deepEqual(stages, ["waiting-for-user", "signing"]);
  });

  test("signs the largest document", async (t) => {
    const client = await connected(t);
    const document = new Uint8Array(10 * 1024 * 1024).fill(120);

    const signed = await client.signXml({ document, name: "x", profile: "bhxh-hoso" });

    assert.equal(signed.document.length, document.length + "<!-- signed -->".length);
  });

  test("errors bring their words and their facts", async (t) => {
    const client = await connected(t);
    const request = { document: bytes(""), name: "x", profile: "bhxh-hoso", mst: "0101243150" };

    await assert.rejects(client.signXml(request), (error) => {
      assert.equal(error.code, "mst_mismatch");
      assert.deepEqual(error.details, { found: "0100109106", expected: "0101243150" });
      assert.match(error.text("vi"), /Mã số thuế.*0100109106/);
      assert.match(error.text("en"), /tax code.*0101243150/);
      return true;
    });
  });

  test("logs in to its origin", async (t) => {
    const client = await connected(t);

    const proof = await client.login({ nonce: new Uint8Array(16) });

    assert.equal(
      Buffer.from(proof.signature, "base64").toString(),
      `OpenKySo login v1\nhttps://allowed.test\n${"00".repeat(16)}\n`,
    );
  });

  test("many things at once are not confused", async (t) => {
    const client = await connected(t);

    const [tokens, certificates, chosen] = await Promise.all([
      client.tokens(),
      client.certificates(),
      client.select(),
    ]);

    assert.equal(tokens[0].id, "card-1");
    assert.equal(certificates[0].id, chosen.id);
  });
});

describe("an AbortSignal", () => {
  test("cancels at the agent, which says so", async (t) => {
    const client = await connected(t);
    const stop = new AbortController();
    const asking = client.select({ reason: "wait", signal: stop.signal, onProgress: () => stop.abort() });

    await assert.rejects(asking, fails("cancelled"));

    assert.equal((await client.tokens()).length, 1);
  });

  test("that is aborted already asks nothing", async (t) => {
    const client = await connected(t);

    await assert.rejects(client.select({ signal: AbortSignal.abort() }), fails("cancelled"));
  });

  test("that comes too late changes nothing", async (t) => {
    const client = await connected(t);
    const stop = new AbortController();
    const chosen = await client.select({ signal: stop.signal });

    stop.abort();

    assert.equal(chosen.id, "ab".repeat(32));
    assert.equal((await client.tokens()).length, 1);
  });
});

/** Collects calls; `next` resolves with the one after those already taken. */
function collector() {
  const items = [];
  const waiting = [];
  const collect = (item) => (waiting.length ? waiting.shift()(item) : items.push(item));
  const next = () =>
    items.length ? Promise.resolve(items.shift()) : new Promise((resolve) => waiting.push(resolve));
  return { collect, next };
}

describe("watching tokens", () => {
  test("tells them now and after every change", async (t) => {
    const client = await connected(t);
    const { collect, next } = collector();

    const stop = await client.watchTokens(collect);

    assert.equal((await next()).length, 1);
    await agent.do("unplug");
    assert.equal((await next()).length, 0);
    await agent.do("plug");
    assert.equal((await next()).length, 1);
    stop();
  });

  test("calls nobody who has stopped it", async (t) => {
    const client = await connected(t);
    const stopped = collector();
    const going = collector();
    const stop = await client.watchTokens(stopped.collect);
    await client.watchTokens(going.collect);
    await stopped.next();
    await going.next();

    stop();
    await agent.do("unplug");
    await going.next();

    let called = false;
    stopped.next().then(() => (called = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(called, false);
  });

  test("may be stopped before its first call", async (t) => {
    const client = await connected(t);
    let calls = 0;

    (await client.watchTokens(() => (calls += 1)))();
    await client.tokens();

    assert.equal(calls, 0);
  });

  test("goes on when the agent comes back", async (t) => {
    const client = await connected(t);
    const tokens = collector();
    const losses = collector();
    await client.watchTokens(tokens.collect, { onLost: losses.collect });
    await tokens.next();

    await agent.do("drop");

    assert.equal((await losses.next()).code, "disconnected");
    assert.equal((await tokens.next()).length, 1);
    await agent.do("unplug");
    assert.equal((await tokens.next()).length, 0);
  });

  test("ends where the rights are gone", async (t) => {
    const client = await connected(t, "https://new.test");
    await client.requestSite();
    const losses = collector();
    await client.watchTokens(() => {}, { onLost: losses.collect });

    await agent.do("drop");

    assert.equal((await losses.next()).code, "disconnected");
    assert.equal((await losses.next()).code, "not_allowed");
  });
});

describe("accounts at signing services", () => {
  const order = { host: "api.cyberhsm.vn", account: "ketoan", password: "hsm-password" };

  test("are looked up, kept, refreshed and forgotten", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });
    const stages = [];
    const [account] = await client.accounts();
    assert.equal(await client.forgetAccount(account.id), true);
    assert.deepEqual(await client.accounts(), []);

    const found = await client.lookAccount({ ...order, onProgress: ({ stage }) => stages.push(stage) });

    assert.deepEqual(stages, ["waiting-for-service"]);
    assert.equal(found.certificates[0].service.host, "api.cyberhsm.vn");
    assert.deepEqual(await client.accounts(), []);
    assert.deepEqual(await client.keepAccount(found.look), account);
    assert.deepEqual(await client.refreshAccounts(), [account]);
    assert.deepEqual(await client.refreshAccounts(account.id), [account]);
    assert.equal((await client.providers())[0].name, "CyberHSM");
  });

  test("fail with the service's own words", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });

    await assert.rejects(client.lookAccount({ ...order, password: "wrong" }), (error) => {
      assert.match(error.text("vi"), /mật khẩu/);
      return fails("account_refused")(error) && error.group === "user";
    });
    await assert.rejects(client.keepAccount("00".repeat(16)), fails("account_unknown"));
  });

  test("stop being looked up when the user cancels", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });
    const stop = new AbortController();
    const looking = client.lookAccount({
      ...order,
      account: "wait",
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });

    await assert.rejects(looking, fails("cancelled"));
  });

  test("are for our own window alone", async (t) => {
    const client = await connected(t);

    assert.equal(client.rights, "site");
    await assert.rejects(client.accounts(), fails("not_allowed"));
    await assert.rejects(client.lookAccount(order), fails("not_allowed"));
    await assert.rejects(client.watchAccounts(() => {}), fails("not_allowed"));
  });

  test("are watched beside the tokens", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });
    const accounts = collector();
    const tokens = collector();
    const stop = await client.watchAccounts(accounts.collect);
    await client.watchTokens(tokens.collect);
    assert.equal((await accounts.next())[0].problem, "");
    assert.equal((await tokens.next()).length, 1);

    await agent.do("trouble");
    assert.equal((await accounts.next())[0].problem, "service_unreachable");
    await agent.do("unplug");
    assert.equal((await tokens.next()).length, 0);
    stop();
    await agent.do("calm");
    let called = false;
    accounts.next().then(() => (called = true));
    await client.accounts();
    assert.equal(called, false);
  });

  test("are not watched any more where the ticket is used up", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });
    const losses = collector();
    await client.watchAccounts(() => {}, { onLost: losses.collect });

    await agent.do("drop");

    assert.equal((await losses.next()).code, "disconnected");
    assert.equal((await losses.next()).code, "not_allowed");
  });
});

describe("a lost connection", () => {
  test("fails what is unanswered, and is made anew by the next call", async (t) => {
    const client = await connected(t);
    const asking = client.select({ reason: "wait", onProgress: () => agent.do("drop") });

    await assert.rejects(asking, (error) => fails("disconnected")(error) && error.retriable);

    assert.equal((await client.tokens()).length, 1);
  });

  test("is made anew once for many calls", async (t) => {
    const client = await connected(t);
    await agent.do("drop");

    const answers = await Promise.all([client.tokens(), client.tokens(), client.certificates()]);

    assert.deepEqual(answers.map((answer) => answer.length), [1, 1, 1]);
  });

  test("is made anew without the ticket, which was good once", async (t) => {
    const client = await connected(t, undefined, { ticket: "ticket" });
    await agent.do("drop");

    await client.tokens();

    assert.equal(client.rights, "site");
  });

  test("tells what the agent complained about", async (t) => {
    const client = await connected(t);
    const asking = client.select({ reason: "wait", onProgress: () => agent.do("complain") });

    await assert.rejects(asking, fails("too_many_connections"));
  });

  test("comes at once when the agent talks rubbish", async (t) => {
    const client = await connected(t);
    const asking = client.select({ reason: "wait", onProgress: () => agent.do("rubbish") });

    await assert.rejects(asking, fails("disconnected"));
  });

  test("stays lost after close", async (t) => {
    const client = await connected(t);

    client.close();

    await client.closed;
    await assert.rejects(client.tokens(), fails("disconnected"));
  });
});
