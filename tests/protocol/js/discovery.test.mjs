/** Finding the agent, and telling its absence from a browser that is in the way. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { find, permission, PORTS } from "../../../protocol/js/openkyso.js";

const [FIRST, SECOND] = PORTS;

/** A browser in which each address answers, refuses or hangs as `answer(host, port)` says. */
function browser(answer, more = {}) {
  const asked = [];
  const fetch = (url, init) => {
    const { hostname, port } = new URL(url);
    asked.push({ url, ...init });
    const said = answer(hostname, Number(port));
    return new Promise((resolve, reject) => {
      if (init.signal.aborted) reject(new DOMException("aborted", "AbortError"));
      init.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      if (said === "hangs") return;
      if (said instanceof Promise) said.then((reply) => resolve(json(reply)), reject);
      else if (said === undefined) reject(new TypeError("Failed to fetch"));
      else resolve(json(said));
    });
  };
  return { asked, fetch, Request, isSecureContext: true, location: { protocol: "https:" }, ...more };
}

const json = (body) => new Response(JSON.stringify(body));
const AGENT = { product: "OpenKySo", version: "0", protocol: [1] };

/** `navigator` of a browser that knows these permissions; `change` is for those who wait. */
function knows(states, more = {}) {
  const query = async ({ name }) => {
    if (!(name in states)) throw new TypeError(`${name} is not a permission`);
    return { state: states[name] };
  };
  return { navigator: { permissions: { query }, ...more } };
}

const patience = 20;

async function failure(platform, options = {}) {
  try {
    await find({ platform, patience, ...options });
  } catch (error) {
    assert.ok(error.text("vi").length > 10);
    assert.ok(error.text("en").length > 10);
    return error.code;
  }
  assert.fail("an agent was found");
}

describe("finding", () => {
  test("takes the first port with an agent", async () => {
    const platform = browser((host, port) => (port === FIRST ? { product: "Other" } : AGENT));

    assert.equal(await find({ platform }), `127.0.0.1:${SECOND}`);
  });

  test("sends nothing that could tell who asks", async () => {
    const platform = browser(() => AGENT);

    await find({ platform });

    for (const request of platform.asked) {
      assert.match(request.url, /^http:\/\/127\.0\.0\.1:\d+\/ping$/);
      assert.equal(request.credentials, "omit");
      assert.equal(request.referrerPolicy, "no-referrer");
      assert.equal(request.redirect, "error");
    }
    assert.equal(platform.asked.length, PORTS.length);
  });

  test("tries localhost for an agent on IPv6 alone", async () => {
    const platform = browser((host) => (host === "localhost" ? AGENT : undefined));

    assert.equal(await find({ platform }), `localhost:${FIRST}`);
  });

  test("waits no longer for a port that hangs than it must", async () => {
    const platform = browser((host, port) => (port === FIRST ? "hangs" : AGENT));

    assert.equal(await find({ platform, patience }), `127.0.0.1:${SECOND}`);
  });

  test("passes over whatever else listens", async () => {
    const answers = [null, [], "OpenKySo", { product: "openkyso" }];
    const platform = browser((host, port) => answers[PORTS.indexOf(port)]);

    assert.equal(await failure(platform), "agent_not_found");
  });

  test("says loopback to a browser that knows the word, and nothing to one that would throw", async () => {
    const platform = browser(() => AGENT);
    class Knowing {
      constructor(url, { targetAddressSpace }) {
        assert.equal(targetAddressSpace, "loopback");
      }
    }
    class Throwing {
      constructor() {
        throw new TypeError("not a valid enum value of type IPAddressSpace");
      }
    }

    await find({ platform: { ...platform, Request: Knowing } });
    assert.equal(platform.asked.pop().targetAddressSpace, "loopback");
    await find({ platform: { ...platform, Request: Throwing } });
    assert.equal("targetAddressSpace" in platform.asked.pop(), false);
  });

  test("can be given up", async () => {
    const stop = new AbortController();
    const platform = browser(() => "hangs");
    const searching = failure(platform, { signal: stop.signal, patience: 60_000 });

    stop.abort();

    assert.equal(await searching, "cancelled");
    assert.equal(await failure(platform, { signal: AbortSignal.abort() }), "cancelled");
  });
});

describe("when there is none", () => {
  const nobody = () => undefined;
  const everyone = () => "hangs";

  test("it is absent, where the browser lets us look", async () => {
    assert.equal(await failure(browser(nobody)), "agent_not_found");
    assert.equal(
      await failure(browser(nobody, knows({ "loopback-network": "granted" }))),
      "agent_not_found",
    );
  });

  test("the user has refused, by either name of the permission", async () => {
    for (const name of ["loopback-network", "local-network-access"]) {
      assert.equal(await failure(browser(nobody, knows({ [name]: "denied" }))), "permission_denied");
    }
  });

  test("the newer name counts where a browser knows both", async () => {
    const states = { "loopback-network": "granted", "local-network-access": "denied" };

    assert.equal(await failure(browser(nobody, knows(states))), "agent_not_found");
  });

  test("the browser is asking", async () => {
    assert.equal(
      await failure(browser(everyone, knows({ "loopback-network": "prompt" }))),
      "permission_pending",
    );
    assert.equal(await failure(browser(everyone)), "permission_pending");
  });

  test("a port that hangs is not the browser asking where the user has allowed", async () => {
    const platform = browser(everyone, knows({ "loopback-network": "granted" }));

    assert.equal(await failure(platform), "agent_not_found");
  });

  test("one port that hangs is not the browser asking", async () => {
    const platform = browser((host, port) => (port === FIRST ? "hangs" : undefined));

    assert.equal(await failure(platform), "agent_not_found");
  });

  test("the page is not secure", async () => {
    const platform = browser(nobody, {
      ...knows({ "loopback-network": "denied" }),
      isSecureContext: false,
    });

    assert.equal(await failure(platform), "insecure_page");
  });

  test("the page is in a frame that may not ask", async () => {
    const featurePolicy = {
      features: () => ["camera", "loopback-network"],
      allowsFeature: () => false,
    };
    const platform = browser(nobody, { ...knows({ "loopback-network": "denied" }), document: { featurePolicy } });

    assert.equal(await failure(platform), "frame_not_allowed");
  });

  test("the page's own policy is in the way", async () => {
    const document = new EventTarget();
    const platform = browser((host, port) => {
      const event = new Event("securitypolicyviolation");
      event.blockedURI = `http://${host}:${port}/ping`;
      document.dispatchEvent(event);
      return undefined;
    }, { document });

    assert.equal(await failure(platform), "blocked_by_csp");
  });

  test("another violation of the policy is not ours", async () => {
    const document = new EventTarget();
    const platform = browser(() => {
      const event = new Event("securitypolicyviolation");
      event.blockedURI = "https://tracker.test/";
      document.dispatchEvent(event);
      return undefined;
    }, { document });

    assert.equal(await failure(platform), "agent_not_found");
  });

  test("WebKit does not let https pages near loopback", async () => {
    const platform = browser(nobody, { navigator: { vendor: "Apple Computer, Inc." } });

    assert.equal(await failure(platform), "browser_unsupported");
    assert.equal(await failure({ ...platform, location: { protocol: "http:" } }), "agent_not_found");
  });
});

describe("a page that can say that the browser asks", () => {
  test("is told, and goes on by itself when the user allows", async () => {
    let allow;
    const allowed = new Promise((resolve) => (allow = () => resolve(AGENT)));
    const platform = browser(() => allowed);

    assert.equal(
      await find({ platform, patience, onPermissionPending: allow }),
      `127.0.0.1:${FIRST}`,
    );
  });

  test("is told when the user refuses", async () => {
    const states = { "loopback-network": "prompt" };
    let refuse;
    const refused = new Promise((resolve, reject) => {
      refuse = () => {
        states["loopback-network"] = "denied";
        reject(new TypeError("Failed to fetch"));
      };
    });
    const platform = browser(() => refused, knows(states));

    assert.equal(await failure(platform, { onPermissionPending: refuse }), "permission_denied");
  });

  test("is told when the user closes the question, and not asked a second time", async () => {
    let close;
    const closed = new Promise((resolve, reject) => {
      close = () => reject(new TypeError("Failed to fetch"));
    });
    const platform = browser(() => closed, knows({ "loopback-network": "prompt" }));

    assert.equal(await failure(platform, { onPermissionPending: close }), "permission_pending");
    assert.equal(platform.asked.length, PORTS.length);
  });

  test("is told when the user allows and there is no agent", async () => {
    const states = { "loopback-network": "prompt" };
    let allow;
    const allowed = new Promise((resolve, reject) => {
      allow = () => {
        states["loopback-network"] = "granted";
        reject(new TypeError("Failed to fetch"));
      };
    });
    const platform = browser(() => allowed, knows(states));

    assert.equal(await failure(platform, { onPermissionPending: allow }), "agent_not_found");
  });

  test("is not bothered when nothing is asked", async () => {
    const platform = browser(() => undefined);

    assert.equal(
      await failure(platform, { onPermissionPending: () => assert.fail("nothing is asked") }),
      "agent_not_found",
    );
  });
});

describe("the permission", () => {
  test("is what the browser says, or unknown", async () => {
    assert.equal(await permission(knows({ "loopback-network": "prompt" })), "prompt");
    assert.equal(await permission(knows({ "local-network-access": "granted" })), "granted");
    assert.equal(await permission(knows({})), "unknown");
    assert.equal(await permission({}), "unknown");
  });
});
