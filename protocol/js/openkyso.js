/**
 * Sign with the user's own certificate. No dependencies, no build.
 *
 *     import { OpenKySo } from "./openkyso.js";
 *     const agent = await OpenKySo.connect({ client: "My app" });
 *     await agent.requestSite();                            // the user is asked, once
 *     const signed = await agent.signXml({ document, name: "Hồ sơ", profile: "bhxh-hoso" });
 *     const pdf = await agent.signDocument({ document: file, name: file.name, profile: "pades" });
 *
 * Every failure is an OpenKySoError with `code`, `group`, `retriable` and `text("vi"|"en")`.
 *
 * A lost connection is made anew by the next call, and at once where something is watched. Requests
 * that were unanswered are not repeated: they fail with `disconnected`, and who asked decides.
 */
import { fromBase64, toBase64 } from "./base64.js";
import { Batch } from "./batch.js";
import { Connection } from "./connection.js";
import { Digests } from "./digests.js";
import { find } from "./discovery.js";
import { signDocument } from "./documents.js";
import { OpenKySoError } from "./errors.js";
import { verify } from "./verifying.js";
import { Watch } from "./watching.js";

export { find, PORTS } from "./discovery.js";
export { OpenKySoError } from "./errors.js";
export { permission } from "./permission.js";

const VERSIONS = [1];

export class OpenKySo {
  #options;
  #connecting = null;
  #isClosed = false;
  #resolveClosed;
  #tokens = new Watch("tokens", (topics) => this.#ask("events.subscribe", { topics }));
  #accounts = new Watch("accounts", (topics) => this.#ask("events.subscribe", { topics }));

  /** What the agent said to `hello`, most recently. */
  greeting;

  /** Resolves after `close()`. */
  closed = new Promise((resolve) => {
    this.#resolveClosed = resolve;
  });

  /** Use `OpenKySo.connect`. */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Find the agent and greet it. Best called when the user has clicked something: the browser may
   * have a question of its own for them.
   * @param {import("./index.d.ts").ConnectOptions} options
   * @returns {Promise<OpenKySo>}
   */
  static async connect({ signal, ...options }) {
    const agent = new OpenKySo({ language: "vi", ...options });
    await agent.#connection(signal);
    return agent;
  }

  /** "none", "site" or "first-party": what this page may do. */
  get rights() {
    return this.greeting.rights;
  }

  /** End the connection for good. */
  close() {
    this.#isClosed = true;
    this.#tokens.end();
    this.#accounts.end();
    const hangUp = async () => (await this.#connecting)?.close();
    hangUp().catch(() => {});
    this.#resolveClosed();
  }

  /**
   * Ask the user to allow this site; they are not asked again where they allowed it already. With
   * `digests` also to have digests signed, whose content nobody can show them.
   */
  async requestSite({ reason = "", digests, signal, onProgress } = {}) {
    const answer = await this.#ask("site.request", given({ reason, digests }), { signal, onProgress });
    if (this.rights === "none") this.greeting = { ...this.greeting, rights: "site" };
    return answer;
  }

  async tokens() {
    return (await this.#ask("tokens.list", {})).tokens;
  }

  async certificates(filter = {}) {
    return (await this.#ask("certificates.list", { filter })).certificates;
  }

  /** The agent's own window shows the certificates; the page learns only the chosen one. */
  async select({ filter = {}, reason = "", signal, onProgress } = {}) {
    const chosen = await this.#ask("certificates.select", { filter, reason }, { signal, onProgress });
    return chosen.certificate;
  }

  /** The user sees the document in the agent's window, and gives the PIN there. */
  async signXml({ document, name, profile, certificate, mst, place, signal, onProgress }) {
    const params = given({ document: toBase64(document), name, profile, certificate, mst, place });
    const signed = await this.#ask("sign.xml", params, { signal, onProgress });
    return { ...signed, document: fromBase64(signed.document) };
  }

  /**
   * Sign a document of any kind: a Blob or File, which is never in memory as a whole, bytes, a text,
   * or one of `pickFiles()`. Where a Blob was given a Blob comes back, else bytes. `onProgress` is
   * told how far the bytes are, too, with the stages "sending" and "receiving".
   */
  async signDocument({ document, name, profile, options, certificate, mst, place, signal, onProgress }) {
    const params = given({ name, profile, options: wired(options), certificate, mst, place });
    const connection = await this.#connection(signal);
    return signDocument(connection, document, params, { signal, onProgress });
  }

  /** Sign one digest; needs `requestSite({ digests: true })`, and the user sees no content. */
  async signDigest({ digest, hash, padding, name, certificate, mst, place, signal, onProgress }) {
    const params = given({ digest: toBase64(digest), hash, padding, name, certificate, mst, place });
    const signed = await this.#ask("sign.digest", params, { signal, onProgress });
    return { ...signed, signature: fromBase64(signed.signature) };
  }

  /** Begin a batch: many documents under one PIN (batch.js). */
  async batch({ reason, certificate, mst, place, signal } = {}) {
    const connection = await this.#connection(signal);
    return Batch.open(connection, given({ reason, certificate, mst, place }), { signal });
  }

  /** Many digests under one PIN (digests.js); needs `requestSite({ digests: true })`. */
  async openDigests({ count, seconds, hash, padding, reason, certificate, mst, place, signal, onProgress }) {
    const connection = await this.#connection(signal);
    const params = given({ count, seconds, hash, padding, reason, certificate, mst, place });
    return Digests.open(connection, params, { signal, onProgress });
  }

  /** The user chooses files in the agent's own dialog; each can be the `document` to sign. */
  async pickFiles({ reason, multiple, kinds, signal, onProgress } = {}) {
    const params = given({ reason, multiple, kinds });
    return (await this.#ask("files.pick", params, { signal, onProgress })).files;
  }

  /**
   * What the agent finds of a signed file, by the roots that this machine believes. `content` is what
   * a detached signature is of. A bad signature is a report, never an error.
   */
  async verify({ document, name, content, contentName, signal, onProgress }) {
    const connection = await this.#connection(signal);
    return verify(connection, { document, name, content, contentName }, { signal, onProgress });
  }

  /** The root and intermediate certificates that are believed here. Our own window only. */
  async trusted() {
    return (await this.#ask("trust.list", {})).certificates;
  }

  /** Believe those in a file of PEM, DER or PKCS#7; all that are believed then. Our own window only. */
  async trust(certificates) {
    return (await this.#ask("trust.add", { certificates: toBase64(certificates) })).certificates;
  }

  /** Our own window only. */
  async distrust(certificate) {
    return (await this.#ask("trust.remove", { certificate })).removed;
  }

  /** Prove possession of a certificate's key to this page's origin. */
  async login({ nonce, mst, certificate, place, signal, onProgress }) {
    const params = given({ nonce: toBase64(nonce), mst, certificate, place });
    return this.#ask("login", params, { signal, onProgress });
  }

  /**
   * Calls back with the tokens now and after every change, across lost connections, until the
   * returned function is called. `onLost` is told why the tokens are not known for the moment, or
   * for good: then the watch is over.
   */
  async watchTokens(callback, { onLost = () => {} } = {}) {
    return this.#tokens.add(callback, onLost);
  }

  /** Our own window only. */
  async journal({ limit = 50, before } = {}) {
    return (await this.#ask("journal.list", given({ limit, before }))).entries;
  }

  /** Our own window only. */
  async sites() {
    return (await this.#ask("sites.list", {})).sites;
  }

  /** Our own window only. */
  async forgetSite(origin) {
    return (await this.#ask("sites.forget", { origin })).forgotten;
  }

  /** The kinds of signing services that the agent knows. Our own window only. */
  async providers() {
    return (await this.#ask("providers.list", {})).providers;
  }

  /** The accounts at signing services. Our own window only. */
  async accounts() {
    return (await this.#ask("accounts.list", {})).accounts;
  }

  /**
   * What a service holds for an account. Nothing is kept before `keepAccount(found.look)`.
   * `fields` has the values of the provider's own fields by their names. Our own window only.
   */
  async lookAccount({ host, account, password, provider, fields = {}, signal, onProgress }) {
    const filled = Object.entries(fields).map(([name, value]) => ({ name, value }));
    const params = given({ host, account, password, provider, fields: filled });
    return this.#ask("accounts.look", params, { signal, onProgress });
  }

  /** Keep the account that was looked up, with its password, in the agent. Our own window only. */
  async keepAccount(look) {
    return (await this.#ask("accounts.keep", { look })).account;
  }

  /** Ask the service of one account, or of all, again. Our own window only. */
  async refreshAccounts(account, { signal, onProgress } = {}) {
    return (await this.#ask("accounts.refresh", given({ account }), { signal, onProgress })).accounts;
  }

  /** Our own window only. */
  async forgetAccount(account) {
    return (await this.#ask("accounts.forget", { account })).forgotten;
  }

  /** As `watchTokens`, of the accounts at signing services. Our own window only. */
  async watchAccounts(callback, { onLost = () => {} } = {}) {
    return this.#accounts.add(callback, onLost);
  }

  async #ask(method, params, options) {
    const connection = await this.#connection(options?.signal);
    return connection.ask(method, params, options);
  }

  async #connection(signal) {
    if (this.#isClosed) throw OpenKySoError.local("disconnected");
    this.#connecting ??= this.#dial(signal).catch((error) => {
      this.#connecting = null;
      throw error;
    });
    try {
      const connection = await this.#connecting;
      if (connection.isOpen) return connection;
      // Its end has not been noticed yet.
      await connection.ended;
    } catch (error) {
      // Whoever began to connect may have given up for themselves only.
      if (error.code !== "cancelled" || signal?.aborted) throw error;
    }
    return this.#connection(signal);
  }

  async #dial(signal) {
    const { client, language, ticket, address, platform, onPermissionPending, ports, patience } = this.#options;
    const where = address ?? (await find(given({ ports, platform, signal, onPermissionPending, patience })));
    const connection = await Connection.open(
      where,
      given({ platform, patience, onNews: (method, params) => this.#news(method, params) }),
    );
    try {
      const params = given({ versions: VERSIONS, client, language, ticket });
      this.greeting = await connection.ask("hello", params);
    } catch (error) {
      connection.close();
      throw error;
    }
    // A ticket is good once; a connection made anew has the rights that the user gave the site.
    this.#options = { ...this.#options, ticket: undefined };
    connection.ended.then((why) => {
      this.#connecting = null;
      if (this.#isClosed) return;
      this.#tokens.lost(why);
      this.#accounts.lost(why);
    });
    return connection;
  }

  #news(method, params) {
    if (method === "tokens.changed") this.#tokens.changed(params.tokens);
    if (method === "accounts.changed") this.#accounts.changed(params.accounts);
  }
}

/** A stamp's picture as it travels. */
function wired(options) {
  const image = options?.stamp?.image;
  return image ? { ...options, stamp: { ...options.stamp, image: toBase64(image) } } : options;
}

/** Without what was not given: an absent field has its default, `undefined` has no place in JSON. */
function given(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
