// Written by `python -m protocol.publish` from protocol/messages.py.

/** An account at a signing service. Its password is never told to anyone. */
export interface Account {
  id: string;
  provider: string;
  provider_name: string;
  host: string;
  name: string;
  certificates: string[];
  problem: string;
  checked_at: string | null;
}

export interface AccountsChanged {
  accounts: Account[];
}

export interface AccountsForgetParams {
  account: string;
}

export interface AccountsForgetResult {
  forgotten: boolean;
}

export interface AccountsKeepParams {
  look: string;
}

export interface AccountsKeepResult {
  account: Account;
}

export interface AccountsListResult {
  accounts: Account[];
}

/** Ask a service what it holds for an account. Nothing is kept before `accounts.keep`. */
export interface AccountsLookParams {
  host: string;
  account: string;
  password: string;
  provider?: string;
  fields?: FilledField[];
}

export interface AccountsLookResult {
  look: string;
  provider: string;
  provider_name: string;
  host: string;
  certificates: Certificate[];
}

export interface AccountsRefreshParams {
  account?: string;
}

export interface BatchAddParams {
  batch: string;
  documents: BatchDocument[];
}

export interface BatchAddResult {
  count: number;
}

export interface BatchCloseParams {
  batch: string;
}

export interface BatchCloseResult {
  closed: boolean;
}

export interface BatchDocument {
  source: Source;
  name: string;
  profile: string;
  options?: SignOptions;
}

/** What became of one document, as soon as it is known; in any order, once for each. */
export interface BatchDocumentDone {
  request: string | number;
  batch: string;
  index: number;
  outcome: "excluded" | "failed" | "signed";
  content: number | null;
  size: number;
  sha256: string;
  level: "B-B" | "B-LT" | "B-LTA" | "B-T";
  level_problem: string;
  error: ErrorData | null;
}

export interface BatchOpenParams {
  reason?: string;
  certificate?: string;
  mst?: string;
  place?: "service" | "token";
}

export interface BatchOpenResult {
  batch: string;
}

export interface BatchSignParams {
  batch: string;
}

/** Of the whole batch, whatever was done in earlier calls. */
export interface BatchSignResult {
  signed: number;
  failed: number;
  excluded: number;
  left: number;
  stopped: ErrorData | null;
  certificate: Certificate | null;
}

export interface CancelParams {
  request: string | number;
}

export interface CancelResult {
  cancelled: boolean;
}

export interface Certificate {
  id: string;
  der: string;
  holder: string;
  mst: string[];
  subject: string;
  issuer: string;
  serial: string;
  not_before: string;
  not_after: string;
  key: string;
  state: CertificateState;
  warnings: string[];
  token: Token | null;
  service: Service | null;
}

export interface CertificateFilter {
  mst?: string;
  place?: "service" | "token";
  valid_now?: boolean;
  issuer?: string;
}

export type CertificateState = "expired" | "not-yet-valid" | "revoked" | "unchecked" | "untrusted" | "valid";

export interface CertificatesListParams {
  filter?: CertificateFilter;
}

export interface CertificatesListResult {
  certificates: Certificate[];
}

/** The agent's window shows the user's certificates; the page learns only the chosen one. */
export interface CertificatesSelectParams {
  filter?: CertificateFilter;
  reason?: string;
}

export interface CertificatesSelectResult {
  certificate: Certificate;
}

/** What a client sends cannot be kept; what still comes of it is dropped. */
export interface ContentRefused {
  content: number;
  error: ErrorData;
}

export interface DigestsCloseParams {
  session: string;
}

export interface DigestsCloseResult {
  closed: boolean;
}

/** So many digests within so long, after one confirmation and one PIN. */
export interface DigestsOpenParams {
  count: number;
  seconds: number;
  hash: "sha256" | "sha384" | "sha512";
  padding?: "pkcs1" | "pss";
  reason?: string;
  certificate?: string;
  mst?: string;
  place?: "service" | "token";
}

export interface DigestsOpenResult {
  session: string;
  count: number;
  expires_at: string;
  algorithm: string;
  certificate: Certificate;
}

export interface DigestsSignParams {
  session: string;
  digests: string[];
}

export interface DigestsSignResult {
  signatures: string[];
  left: number;
}

export interface Empty {
}

/** `error.data`. `code` is stable for ever; texts may be reworded. */
export interface ErrorData {
  code: string;
  group: string;
  retriable: boolean;
  vi: string;
  en: string;
  details: Record<string, unknown>;
}

export interface EventsSubscribeParams {
  topics: ("accounts" | "tokens")[];
}

/** As it is now, so that no change falls between a list and the subscription. */
export interface EventsSubscribeResult {
  topics: string[];
  tokens: Token[];
  accounts: Account[];
}

/** The user chooses files in the agent's own dialog; a page never names one. */
export interface FilesPickParams {
  reason?: string;
  multiple?: boolean;
  kinds?: ("any" | "pdf" | "xml")[];
}

export interface FilesPickResult {
  files: PickedFile[];
}

export interface FilledField {
  name: string;
  value: string;
}

export interface HelloParams {
  versions: number[];
  client: string;
  language?: "en" | "vi";
  ticket?: string;
  native_token?: string;
}

export interface HelloResult {
  protocol: number;
  product: string;
  version: string;
  rights: Rights;
  origin: string | null;
  capabilities: string[];
  demo: boolean;
}

export interface JournalListParams {
  limit?: number;
  before?: number;
}

export interface JournalListResult {
  entries: SignatureEntry[];
}

/**
 * Prove possession of a certificate's key to the asking origin (SPEC 5.9).
 *
 * What is signed is made by the agent from the origin and the nonce (`login_message`), so a page
 * can neither choose the bytes nor use the answer at another site (threat T23).
 */
export interface LoginParams {
  nonce: string;
  mst?: string;
  certificate?: string;
  place?: "service" | "token";
}

export interface LoginResult {
  certificate: Certificate;
  signature: string;
  algorithm: "ES256" | "ES384" | "RS256";
}

/** The holder of a certificate, by what the certificate says. */
export interface Party {
  certificate: string;
  holder: string;
  organisation: string;
  mst: string[];
  subject: string;
  issuer: string;
  issuer_organisation: string;
  serial: string;
  not_before: string;
  not_after: string;
}

export interface PickedFile {
  file: string;
  name: string;
  size: number;
  sha256: string;
}

/** Hints of C_GetTokenInfo. `low` is not set by every module; `locked` is reliable. */
export interface PinState {
  low: boolean;
  final_try: boolean;
  locked: boolean;
  pin_pad: boolean;
}

export interface Progress {
  request: string | number;
  stage: Stage;
  done: number;
  total: number;
}

/** A kind of signing service, to be chosen by hand when a host is not recognised. */
export interface Provider {
  id: string;
  name: string;
  account: Words;
  password: Words;
  fields: ProviderField[];
  hosts: string[];
}

/** What a provider needs to be told besides account and password. */
export interface ProviderField {
  name: string;
  label: Words;
  required: boolean;
  secret: boolean;
}

export interface ProvidersListResult {
  providers: Provider[];
}

export interface Report {
  name: string;
  kind: string;
  content: string;
  sha256: string;
  size: number;
  checked_at: string;
  verdict: "invalid" | "uncertain" | "valid";
  broken: string;
  words: Record<string, unknown>;
  signatures: SignatureFinding[];
}

export interface RevocationFinding {
  status: "good" | "revoked" | "unknown";
  by: "" | "crl" | "ocsp";
  at: string | null;
  revoked_at: string | null;
  embedded: boolean;
}

/** What a connection may do. Each includes the ones before it. */
export type Rights = "first-party" | "none" | "site";

/** The remote signing service (HSM) that keeps a key; never whose account it is. */
export interface Service {
  provider: string;
  provider_name: string;
  host: string;
}

/** One digest, whose content nobody can show; the site needs the right to (SPEC 6.9). */
export interface SignDigestParams {
  digest: string;
  hash: "sha256" | "sha384" | "sha512";
  padding?: "pkcs1" | "pss";
  name: string;
  certificate?: string;
  mst?: string;
  place?: "service" | "token";
}

export interface SignDigestResult {
  signature: string;
  algorithm: string;
  certificate: Certificate;
  signed_at: string;
}

export interface SignDocumentParams {
  source: Source;
  name: string;
  profile: string;
  options?: SignOptions;
  certificate?: string;
  mst?: string;
  place?: "service" | "token";
}

export interface SignDocumentResult {
  document: string | null;
  content: number | null;
  size: number;
  sha256: string;
  certificate: Certificate;
  signed_at: string;
  level: "B-B" | "B-LT" | "B-LTA" | "B-T";
  level_problem: string;
}

/** What is not given is as the profile has it. */
export interface SignOptions {
  level?: "B-B" | "B-LT" | "B-LTA" | "B-T";
  hash?: "sha256" | "sha384" | "sha512";
  padding?: "pkcs1" | "pss";
  stamp?: Stamp;
  xml?: XmlShape;
}

export interface SignXmlParams {
  document: string;
  name: string;
  profile: string;
  certificate?: string;
  mst?: string;
  place?: "service" | "token";
}

export interface SignXmlResult {
  document: string;
  sha256: string;
  certificate: Certificate;
  signed_at: string;
}

/** One line of the journal, as the tray and our own page show it. */
export interface SignatureEntry {
  number: number;
  at: string;
  origin: string;
  action: string;
  name: string;
  sha256: string;
  size: number | null;
  profile: string;
  level: string;
  holder: string;
  serial: string;
  outcome: string;
}

export interface SignatureFinding {
  verdict: "invalid" | "uncertain" | "valid";
  problem: string;
  warnings: string[];
  signer: Party;
  algorithm: string;
  digest: string;
  covers: string;
  level: "B-B" | "B-LT" | "B-LTA" | "B-T";
  signed_at: string | null;
  proved: boolean;
  time_is_signed: boolean;
  then: CertificateState;
  now: CertificateState;
  revocation: RevocationFinding;
  stamp: StampFinding | null;
}

export interface Site {
  origin: string;
  granted_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  digests: boolean;
}

export interface SiteRequestParams {
  reason?: string;
  digests?: boolean;
}

export interface SiteRequestResult {
  granted: "always" | "once";
  digests: boolean;
}

export interface SitesForgetParams {
  origin: string;
}

export interface SitesForgetResult {
  forgotten: boolean;
}

export interface SitesListResult {
  sites: Site[];
}

/** Exactly one of these. */
export interface Source {
  document?: string;
  content?: number;
  file?: string;
}

/** Where a request stands; sent as `progress` so that no wait is silent. */
export type Stage = "checking" | "signing" | "timestamping" | "verifying" | "waiting-for-confirmation" | "waiting-for-service" | "waiting-for-token" | "waiting-for-user";

/** A visible signature on a page of a PDF. */
export interface Stamp {
  page?: number;
  box?: [number, number, number, number];
  image?: string;
  reason?: string;
}

/** A time stamp that is of this signature. */
export interface StampFinding {
  at: string;
  authority: Party;
  trusted: boolean;
}

/** A native program of the same user asks a one-time ticket for the window it will open. */
export interface TicketIssueParams {
  origin: string;
}

export interface TicketIssueResult {
  ticket: string;
  expires_at: string;
}

export interface Token {
  id: string;
  label: string;
  manufacturer: string;
  model: string;
  serial: string;
  reader: string;
  pin: PinState;
}

export interface TokensChanged {
  tokens: Token[];
}

export interface TokensListResult {
  tokens: Token[];
}

/** PEM, DER or PKCS#7; all that are in it are believed, or none. */
export interface TrustAddParams {
  certificates: string;
}

export interface TrustListResult {
  certificates: TrustedCertificate[];
}

export interface TrustRemoveParams {
  certificate: string;
}

export interface TrustRemoveResult {
  removed: boolean;
}

export interface TrustedCertificate {
  id: string;
  kind: "intermediate" | "root";
  source: "administrator" | "user";
  holder: string;
  issuer: string;
  not_before: string;
  not_after: string;
}

export interface VerifyParams {
  source: Source;
  name: string;
  content?: Source;
  content_name?: string;
}

export interface VerifyResult {
  report: Report;
}

/** The same in both languages. */
export interface Words {
  vi: string;
  en: string;
}

/** The default is XAdES as the root's last child, over the whole document. */
export interface XmlShape {
  packaging?: "detached" | "enveloped" | "enveloping";
  element?: string[];
  element_id?: string;
  container?: string[];
  content?: "base64" | "xml";
  uri?: string;
  signature_id?: string;
  digest?: "sha256" | "sha384" | "sha512";
  canonicalization?: "c14n-1.0" | "c14n-1.1" | "exc-c14n-1.0";
  form?: "xades" | "xmldsig";
  signing_time?: "none" | "signed-object" | "unsigned-object";
}
