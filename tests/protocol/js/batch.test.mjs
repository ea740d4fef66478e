/** Batches and sessions of digests through the JavaScript client. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { OpenKySo, OpenKySoError } from "../../../protocol/js/openkyso.js";
import { Agent } from "./agent.mjs";

const SIGNED = "<!-- signed -->";

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

async function signed(batch) {
  const told = [];
  const onDocument = async ({ document, ...facts }) => {
    told.push({ ...facts, text: document && (await document.text()) });
  };
  const result = await batch.sign({ onDocument });
  return { result, told: told.sort((a, b) => a.index - b.index) };
}

describe("a batch", () => {
  test("of Blobs, bytes and texts is signed", async (t) => {
    const client = await connected(t);
    const large = "y".repeat(300_000);
    const batch = await client.batch({ reason: "Tháng 11" });

    assert.equal(await batch.add({ document: new Blob(["a"]), name: "a", profile: "pades" }), 0);
    assert.equal(await batch.add({ document: new TextEncoder().encode("b"), name: "b", profile: "jws" }), 1);
    assert.equal(await batch.add({ document: large, name: "c", profile: "jws" }), 2);
    const { result, told } = await signed(batch);

    assert.deepEqual([result.signed, result.left, result.stopped], [3, 0, null]);
    assert.deepEqual(told.map((one) => one.text), ["a", "b", large].map((text) => text + SIGNED));
    assert.equal(await batch.close(), true);
  });

  test("of more documents than a message has is handed in by several", async (t) => {
    const client = await connected(t);
    const batch = await client.batch();
    for (let index = 0; index < 205; index++) {
      await batch.add({ document: `${index}`, name: "n", profile: "jws" });
    }
    const { result, told } = await signed(batch);

    assert.equal(result.signed, 205);
    assert.deepEqual(told.map((one) => one.text), Array.from({ length: 205 }, (_, i) => `${i}${SIGNED}`));
  });

  test("tells of each that is not signed why", async (t) => {
    const client = await connected(t);
    const batch = await client.batch();
    await batch.add({ document: "a", name: "a", profile: "no-such-profile" });
    await batch.add({ document: "b", name: "x", profile: "jws" });
    const { result, told } = await signed(batch);

    assert.deepEqual([result.failed, result.excluded], [1, 1]);
    assert.deepEqual(told.map((one) => one.outcome), ["failed", "excluded"]);
    assert.ok(told.every((one) => one.error instanceof OpenKySoError && one.text === undefined));
    assert.equal(told[0].error.code, "profile_unknown");
  });

  test("that was stopped is taken up by signing again", async (t) => {
    const client = await connected(t);
    const batch = await client.batch();
    for (const name of ["a", "stop", "c"]) await batch.add({ document: name, name, profile: "jws" });
    const first = await signed(batch);
    const second = await signed(batch);

    assert.equal(first.result.stopped.code, "token_removed");
    assert.equal(first.result.left, 2);
    assert.deepEqual(second.told.map((one) => one.index), [1, 2]);
    assert.deepEqual([second.result.signed, second.result.stopped], [3, null]);
  });
});

describe("a session of digests", () => {
  test("signs in order, in as many messages as it takes", async (t) => {
    const client = await connected(t);
    await client.requestSite({ digests: true });
    const session = await client.openDigests({ count: 300, seconds: 60, hash: "sha256" });
    const digests = Array.from({ length: 250 }, (_, index) => new Uint8Array(32).fill(index, 0, 1));
    const signatures = await session.sign(digests);

    assert.equal(session.facts.algorithm, "rsa-pkcs1-sha256");
    assert.equal(session.left, 50);
    assert.deepEqual(signatures.map((one) => one[31]), digests.map((one) => one[0]));
    assert.equal(await session.close(), true);
    await assert.rejects(session.sign(digests), { code: "digest_session_over" });
  });

  test("needs the right to it", async (t) => {
    const client = await connected(t);

    await assert.rejects(client.openDigests({ count: 1, seconds: 60, hash: "sha256" }), {
      code: "digests_not_allowed",
    });
  });
});
