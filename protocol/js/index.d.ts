/** Sign with the user's own certificate: the client of the OpenKySo agent. Usage: openkyso.js. */
import type {
  Account,
  AccountsLookResult,
  BatchSignResult,
  Certificate,
  CertificateFilter,
  DigestsOpenResult,
  HelloResult,
  LoginResult,
  PickedFile,
  Progress,
  Provider,
  Report,
  Rights,
  SignDigestResult,
  SignDocumentResult,
  SignXmlResult,
  SignatureEntry,
  Site,
  SiteRequestResult,
  Stamp,
  Token,
  TrustedCertificate,
} from "./messages.js";

export type * from "./messages.js";

export type Language = "vi" | "en";

/** Who must act to get past an error. */
export type Group = "user" | "page" | "vendor" | "agent" | "token" | "service";

/** Codes of this side; the agent's are in schema/errors.json. */
export type LocalCode =
  | "agent_not_found"
  | "permission_pending"
  | "permission_denied"
  | "browser_unsupported"
  | "insecure_page"
  | "frame_not_allowed"
  | "blocked_by_csp"
  | "disconnected"
  | "cancelled";

export class OpenKySoError extends Error {
  /** Stable; a newer agent may have codes that this version does not know. */
  readonly code: LocalCode | (string & {});
  readonly group: Group;
  /** Whether the same call may succeed when what `text` asks for has been done. */
  readonly retriable: boolean;
  readonly details: Record<string, unknown>;
  readonly texts: Record<Language, string>;
  /** The sentence to show to the user. */
  text(language?: Language): string;
}

/** What this library uses of the browser; tests hand in their own. */
export type Platform = Partial<
  Pick<typeof globalThis, "fetch" | "WebSocket" | "Request" | "navigator" | "document" | "location" | "isSecureContext">
>;

export interface FindOptions {
  /** Stops the search with `cancelled`. */
  signal?: AbortSignal;
  /**
   * The browser seems to be asking the user whether this page may reach apps on the device: say so
   * in the page. With it `find` waits up to two minutes for the answer, without it three seconds.
   */
  onPermissionPending?: () => void;
  /** Milliseconds until a request counts as held by the browser. */
  patience?: number;
  ports?: readonly number[];
  platform?: Platform;
}

export interface ConnectOptions extends FindOptions {
  /** The name of your application; the user sees it beside your origin. */
  client: string;
  /** Of the agent's windows; "vi" if absent. */
  language?: Language;
  /** A one-time ticket of our own window. */
  ticket?: string;
  /** `host:port` of the agent, where it is known; otherwise it is looked for. */
  address?: string;
}

export interface Waiting {
  /** Gives the request up; it fails with `cancelled` when the agent has closed its window. */
  signal?: AbortSignal;
  /** Where the request stands, for a page that is never silent. */
  onProgress?: (step: Progress) => void;
}

/** How far a document is on its way to the agent ("sending"), or back. */
export interface Moved {
  stage: "sending" | "receiving";
  done: number;
  total: number;
}

export class OpenKySo {
  /** Find the agent and greet it; best called when the user has clicked something. */
  static connect(options: ConnectOptions): Promise<OpenKySo>;

  /** What the agent said of itself, most recently. */
  readonly greeting: HelloResult;
  /** What this page may do. */
  readonly rights: Rights;
  /** Resolves after `close()`. */
  readonly closed: Promise<void>;
  /** End the connection for good. */
  close(): void;

  /**
   * Ask the user to allow this site; they are not asked again where they allowed it already. With
   * `digests` also to have digests signed, whose content nobody can show them.
   */
  requestSite(request?: { reason?: string; digests?: boolean } & Waiting): Promise<SiteRequestResult>;
  tokens(): Promise<Token[]>;
  certificates(filter?: CertificateFilter): Promise<Certificate[]>;
  /** The agent's own window shows the certificates; the page learns only the chosen one. */
  select(request?: { filter?: CertificateFilter; reason?: string } & Waiting): Promise<Certificate>;
  /** The user sees the document in the agent's window, and gives the PIN there. */
  signXml(request: SignXmlRequest): Promise<Omit<SignXmlResult, "document"> & { document: Uint8Array }>;
  /**
   * A document of any kind and size; what comes back is a Blob where a Blob was given. A File that
   * has gone or changed meanwhile is the browser's own NotReadableError.
   */
  signDocument(request: SignDocumentRequest & { document: Blob | PickedFile }): Promise<Signed<Blob>>;
  signDocument(
    request: SignDocumentRequest & { document: ArrayBuffer | ArrayBufferView | string },
  ): Promise<Signed<Uint8Array>>;
  /** Needs `requestSite({ digests: true })`; the user sees no content. */
  signDigest(request: SignDigestRequest): Promise<Omit<SignDigestResult, "signature"> & { signature: Uint8Array }>;
  /** Begin a batch: many documents under one confirmation and one PIN. */
  batch(
    request?: {
      reason?: string;
      certificate?: string;
      mst?: string;
      place?: "token" | "service";
      signal?: AbortSignal;
    },
  ): Promise<Batch>;
  /** Many digests under one PIN; needs `requestSite({ digests: true })`. The user sees no content. */
  openDigests(
    request: {
      count: number;
      seconds: number;
      hash: "sha256" | "sha384" | "sha512";
      padding?: "pkcs1" | "pss";
      reason?: string;
      certificate?: string;
      mst?: string;
      place?: "token" | "service";
    } & Waiting,
  ): Promise<Digests>;
  /** The user chooses files in the agent's own dialog; each can be a `document` of `signDocument`. */
  pickFiles(
    request?: { reason?: string; multiple?: boolean; kinds?: ("pdf" | "xml" | "any")[] } & Waiting,
  ): Promise<PickedFile[]>;
  /** By the roots that this machine believes. A bad signature is a report, never an error. */
  verify(
    request: {
      document: Blob | PickedFile | ArrayBuffer | ArrayBufferView | string;
      name: string;
      /** What a detached signature is of. */
      content?: Blob | PickedFile | ArrayBuffer | ArrayBufferView | string;
      contentName?: string;
    } & Waiting,
  ): Promise<Report>;
  /** Our own window only, like the two below. */
  trusted(): Promise<TrustedCertificate[]>;
  trust(certificates: Uint8Array): Promise<TrustedCertificate[]>;
  distrust(certificate: string): Promise<boolean>;
  /** Prove possession of a certificate's key to this page's origin; the nonce is your server's. */
  login(request: LoginRequest): Promise<LoginResult>;
  /**
   * Calls back with the tokens now and after every change, across lost connections, until the
   * returned function is called. `onLost` says why they are not known for the moment.
   */
  watchTokens(
    callback: (tokens: Token[]) => void,
    options?: { onLost?: (why: OpenKySoError) => void },
  ): Promise<() => void>;

  /** First-party only. */
  journal(page?: { limit?: number; before?: number }): Promise<SignatureEntry[]>;
  /** First-party only. */
  sites(): Promise<Site[]>;
  /** First-party only. */
  forgetSite(origin: string): Promise<boolean>;

  /** The kinds of signing services that the agent knows. First-party only. */
  providers(): Promise<Provider[]>;
  /** The accounts at signing services, without their passwords. First-party only. */
  accounts(): Promise<Account[]>;
  /** What a service holds for an account; nothing is kept. First-party only. */
  lookAccount(request: LookAccountRequest): Promise<AccountsLookResult>;
  /** Keep what `lookAccount` found, by its `look`; this connection's last four. First-party only. */
  keepAccount(look: string): Promise<Account>;
  /** Ask the service of one account, or of all, again; what went wrong is each one's `problem`. */
  refreshAccounts(account?: string, waiting?: Waiting): Promise<Account[]>;
  /** False if there was none. First-party only. */
  forgetAccount(account: string): Promise<boolean>;
  /** As `watchTokens`, of the accounts at signing services. First-party only. */
  watchAccounts(
    callback: (accounts: Account[]) => void,
    options?: { onLost?: (why: OpenKySoError) => void },
  ): Promise<() => void>;
}

/** Lives and ends with its connection, or with `close`. */
export interface Batch {
  /** Hand in a document; its index. */
  add(
    request: {
      document: Blob | PickedFile | ArrayBuffer | ArrayBufferView | string;
      name: string;
      profile: string;
      options?: SignatureOptions;
      signal?: AbortSignal;
      onProgress?: (step: Progress | Moved) => void;
    },
  ): Promise<number>;
  /** Sign what is left: again, after it was stopped. The agent waits while `onDocument` does. */
  sign(
    request?: { onDocument?: (document: BatchOutcome) => void | Promise<void> } & Waiting,
  ): Promise<Omit<BatchSignResult, "stopped"> & { stopped: OpenKySoError | null }>;
  close(): Promise<boolean>;
}

/** What has become of one document, in any order. */
export interface BatchOutcome {
  index: number;
  outcome: "signed" | "failed" | "excluded";
  /** Of a signed one. */
  document?: Blob;
  size: number;
  /** Hex, of the document as it was handed in. */
  sha256: string;
  level: "B-B" | "B-T" | "B-LT" | "B-LTA";
  level_problem: string;
  /** Of one that is not signed. */
  error?: OpenKySoError;
}

/** Lives and ends with its connection, when it is used up, with its time, or with `close`. */
export interface Digests {
  readonly facts: Omit<DigestsOpenResult, "session">;
  readonly left: number;
  /** A signature for each, in order. */
  sign(digests: Uint8Array[], options?: { signal?: AbortSignal }): Promise<Uint8Array[]>;
  /** The token is free when it is answered. */
  close(): Promise<boolean>;
}

export interface LookAccountRequest extends Waiting {
  /** As the user typed it. */
  host: string;
  account: string;
  password: string;
  /** The id of one of `providers()`; absent: recognised from the host. */
  provider?: string;
  /** The provider's own fields: values by their names. */
  fields?: Record<string, string>;
}

export interface SignXmlRequest extends Waiting {
  /** The XML document, at most 10 MiB. */
  document: Uint8Array;
  /** Shown to the user. */
  name: string;
  /** "bhxh-hoso", …: `greeting.capabilities` lists them as "profile:…". */
  profile: string;
  /** The id of a certificate that `select` or `certificates` gave; absent: the user chooses. */
  certificate?: string;
  /** Only a certificate of this MST (10, 12 or 13 digits, no hyphen). */
  mst?: string;
  /** Only a certificate whose key is there; with "service" no token is waited for. */
  place?: "token" | "service";
}

export type Signed<Made> = Omit<SignDocumentResult, "document" | "content"> & { document: Made };

export interface SignDocumentRequest {
  /** Shown to the user. */
  name: string;
  /** "pades", "cades-detached", …: `greeting.capabilities` lists them as "profile:…". */
  profile: string;
  /** What is not given is as the profile has it. */
  options?: SignatureOptions;
  /** As in `SignXmlRequest`. */
  certificate?: string;
  mst?: string;
  place?: "token" | "service";
  signal?: AbortSignal;
  /** Also told how far the bytes are. */
  onProgress?: (step: Progress | Moved) => void;
}

export interface SignatureOptions {
  /** Where it cannot be reached: the result's `level`, and why in `level_problem`. */
  level?: "B-B" | "B-T" | "B-LT" | "B-LTA";
  hash?: "sha256" | "sha384" | "sha512";
  /** Of RSA keys. */
  padding?: "pkcs1" | "pss";
  /** A visible signature in a PDF; `image` is a PNG or JPEG. */
  stamp?: Omit<Stamp, "image"> & { image?: Uint8Array };
}

export interface SignDigestRequest extends Waiting {
  digest: Uint8Array;
  hash: "sha256" | "sha384" | "sha512";
  padding?: "pkcs1" | "pss";
  /** What it is of, in your words; shown to the user as such. */
  name: string;
  certificate?: string;
  mst?: string;
  place?: "token" | "service";
}

export interface LoginRequest extends Waiting {
  /** 16 to 64 random bytes that your server made for this login and will not accept twice. */
  nonce: Uint8Array;
  mst?: string;
  certificate?: string;
  place?: "token" | "service";
}

/** The `host:port` of the first agent that answers. */
export function find(options?: FindOptions): Promise<string>;

/** Whether the browser will ask before it lets this page near the agent. */
export function permission(platform?: Platform): Promise<"granted" | "prompt" | "denied" | "unknown">;

export const PORTS: readonly number[];
