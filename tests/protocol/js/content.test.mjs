/** Documents of any size through the JavaScript client, against the real session of the agent. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { OpenKySo, OpenKySoError } from "../../../protocol/js/openkyso.js";
import { Agent } from "./agent.mjs";

const WINDOW = 4 * 1024 * 1024;
const SIGNED = "<!-- signed -->";
/** A content of this size is refused with storage_full. */
const FULL = 5_000_000;

let agent;
before(async () => {
  agent = await Agent.start();
});
after(() => agent.stop());

async function connected(t) {
  const client = await OpenKySo.connect(agent.options());
  t.after(() => client.close());
  return client;
}

function octets(size) {
  const made = new Uint8Array(size);
  made.set(randomBytes(Math.min(size, 5000)));
  return made;
}

const fails = (code) => (error) => {
  assert.ok(error instanceof OpenKySoError, error);
  assert.equal(error.code, code);
  return true;
};

async function signedIs(made, document) {
  const expected = Buffer.concat([document, Buffer.from(SIGNED)]);
  const got = Buffer.from(made instanceof Blob ? await made.arrayBuffer() : made);
  assert.ok(expected.equals(got), `${got.length} octets, ${expected.length} expected`);
}

describe("a document", () => {
  for (const size of [0, 1, 256 * 1024, 256 * 1024 + 1, 2 * WINDOW + 4097]) {
    test(`of ${size} bytes is signed, as a Blob`, async (t) => {
      const client = await connected(t);
      const document = octets(size);

      const signed = await client.signDocument({ document: new Blob([document]), name: "a", profile: "pades" });

      assert.ok(signed.document instanceof Blob);
      await signedIs(signed.document, document);
      assert.equal(signed.size, size + SIGNED.length);
      assert.equal(signed.level, "B-B");
      assert.ok(!("content" in signed));
    });
  }

  test("may be bytes, a buffer, a view of one, or a text", async (t) => {
    const client = await connected(t);
    const whole = octets(300_000);
    const documents = [whole, whole.buffer, new DataView(whole.buffer, 7, 280_000), "ký".repeat(100_000)];
    for (const document of documents) {
      const signed = await client.signDocument({ document, name: "a", profile: "pades" });

      assert.ok(signed.document instanceof Uint8Array);
      await signedIs(signed.document, Buffer.from(await new Blob([document]).arrayBuffer()));
    }
  });

  test("may be one that the user picked", async (t) => {
    const client = await connected(t);
    const [picked] = await client.pickFiles({ reason: "Chọn hợp đồng", kinds: ["pdf"] });

    const signed = await client.signDocument({ document: picked, name: picked.name, profile: "pades" });

    assert.equal(picked.name, "Hợp đồng.pdf");
    await signedIs(signed.document, Buffer.from("picked"));
  });

  test("tells where it stands, in bytes too", async (t) => {
    const client = await connected(t);
    const steps = [];
    const document = octets(WINDOW + 1);

    await client.signDocument({
      document,
      name: "a",
      profile: "pades",
      onProgress: ({ stage, done, total }) => steps.push({ stage, done, total }),
    });

    const of = (stage) => steps.filter((step) => step.stage === stage);
    assert.deepEqual(of("sending").at(-1), { stage: "sending", done: document.length, total: document.length });
    assert.equal(of("receiving").at(-1).done, document.length + SIGNED.length);
    assert.equal(of("waiting-for-user").length, 1);
    const dones = of("sending").map(({ done }) => done);
    assert.deepEqual(dones, dones.toSorted((a, b) => a - b));
  });

  test("beside others: their pieces are not mixed up", async (t) => {
    const client = await connected(t);
    const documents = [octets(1_500_000), octets(700_001), octets(10), octets(WINDOW)];

    const signed = await Promise.all(
      documents.map((document) => client.signDocument({ document, name: "a", profile: "pades" })),
    );

    await Promise.all(signed.map((one, at) => signedIs(one.document, documents[at])));
  });

  test("says what it is to be raised to, and why it was not", async (t) => {
    const client = await connected(t);
    const options = { level: "B-T", stamp: { page: 1, box: [0, 0, 9, 9], image: new Uint8Array([1]) } };

    const signed = await client.signDocument({ document: "x", name: "a", profile: "pades", options });

    assert.equal(signed.level_problem, "timestamp_not_configured");
  });
});

describe("what does not go on", () => {
  test("is refused on its way, with the agent's words", async (t) => {
    const client = await connected(t);
    const request = { document: octets(FULL), name: "a", profile: "pades" };

    await assert.rejects(client.signDocument(request), (error) => {
      assert.match(error.text("vi"), /không còn đủ chỗ/);
      return fails("storage_full")(error);
    });
    assert.equal((await client.tokens()).length, 1);
  });

  test("is refused by the user after it was sent", async (t) => {
    const client = await connected(t);
    const request = { document: octets(300_000), name: "refuse", profile: "pades" };

    await assert.rejects(client.signDocument(request), fails("user_refused"));
  });

  test("is aborted on its way", async (t) => {
    const client = await connected(t);
    const stop = new AbortController();
    const onProgress = ({ stage, done }) => stage === "sending" && done > 1_000_000 && stop.abort();
    const request = { document: octets(3 * WINDOW), name: "a", profile: "pades", signal: stop.signal, onProgress };

    await assert.rejects(client.signDocument(request), fails("cancelled"));
    await signedIs((await client.signDocument({ document: "x", name: "a", profile: "p" })).document, Buffer.from("x"));
  });

  test("is aborted while the user is asked", async (t) => {
    const client = await connected(t);
    const stop = new AbortController();
    const onProgress = ({ stage }) => stage === "waiting-for-user" && stop.abort();
    const request = { document: octets(300_000), name: "wait", profile: "pades", signal: stop.signal, onProgress };

    await assert.rejects(client.signDocument(request), fails("cancelled"));
  });

  test("is aborted on its way back, and others come after it", async (t) => {
    const client = await connected(t);
    const stop = new AbortController();
    const onProgress = ({ stage, done }) => stage === "receiving" && done > 1_000_000 && stop.abort();
    const document = octets(4 * WINDOW);

    await assert.rejects(
      client.signDocument({ document, name: "a", profile: "pades", signal: stop.signal, onProgress }),
      fails("cancelled"),
    );
    await signedIs((await client.signDocument({ document, name: "a", profile: "pades" })).document, document);
  });

  test("ends with the connection", async (t) => {
    const client = await connected(t);
    const request = { document: octets(300_000), name: "hang up", profile: "pades" };

    await assert.rejects(client.signDocument(request), fails("disconnected"));
  });
});

test("a digest is signed for a site that may", async (t) => {
  const client = await connected(t);
  const request = { digest: Uint8Array.from({ length: 32 }, (_, at) => at), hash: "sha256", name: "a" };
  await assert.rejects(client.signDigest(request), fails("digests_not_allowed"));
  assert.equal((await client.requestSite({ digests: true })).digests, true);

  const signed = await client.signDigest(request);

  assert.deepEqual(signed.signature, request.digest.toReversed());
  assert.equal(signed.algorithm, "rsa-pkcs1-sha256");
});
