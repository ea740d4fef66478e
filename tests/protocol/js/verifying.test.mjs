/** Signed files and roots through the JavaScript client, against the real session of the agent. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { OpenKySo } from "../../../protocol/js/openkyso.js";
import { Agent } from "./agent.mjs";

const SIGNED = Buffer.from("<!-- signed -->");
const OWN = "http://127.0.0.1:8620";

let agent;
before(async () => {
  agent = await Agent.start();
});
after(() => agent.stop());

async function connected(t, options = agent.options()) {
  const client = await OpenKySo.connect(options);
  t.after(() => client.close());
  return client;
}

const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest("hex");

describe("a signed file", () => {
  for (const size of [100, 600_000]) {
    test(`of ${size} bytes is looked at, and forgotten`, async (t) => {
      const client = await connected(t);
      const file = Buffer.concat([randomBytes(size), SIGNED]);

      const report = await client.verify({ document: new Blob([file]), name: "a.xml" });

      assert.equal(report.verdict, "uncertain");
      assert.equal(report.sha256, sha256(file));
      assert.equal(report.content, "");
    });
  }

  test("may have its content elsewhere", async (t) => {
    const client = await connected(t);
    const content = randomBytes(400_000);

    const report = await client.verify({ document: SIGNED, name: "a.p7s", content, contentName: "a" });

    assert.equal(report.sha256, sha256(SIGNED, content));
    assert.equal(report.content, "a");
  });

  test("that is none is a report as well", async (t) => {
    const client = await connected(t);

    const report = await client.verify({ document: "text", name: "a.txt" });

    assert.equal(report.verdict, "invalid");
  });
});

test("roots are listed, added and removed by our own window", async (t) => {
  const client = await connected(t, agent.options(OWN, { ticket: "ticket" }));

  assert.deepEqual(await client.trusted(), []);
  const [root] = await client.trust(new Uint8Array([1, 2, 3]));
  assert.equal(root.source, "user");
  assert.equal(await client.distrust(root.id), true);
  assert.equal(await client.distrust(root.id), false);
});
