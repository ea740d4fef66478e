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

export interface Empty {
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

/** What a connection may do. Each includes the ones before it. */
export type Rights = "first-party" | "none" | "site";

/** The remote signing service (HSM) that keeps a key; never whose account it is. */
export interface Service {
  provider: string;
  provider_name: string;
  host: string;
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
  holder: string;
  serial: string;
  outcome: string;
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

/** Where a request stands; sent as `progress` so that no wait is silent. */
export type Stage = "checking" | "signing" | "timestamping" | "verifying" | "waiting-for-confirmation" | "waiting-for-service" | "waiting-for-token" | "waiting-for-user";

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

/** The same in both languages. */
export interface Words {
  vi: string;
  en: string;
}
