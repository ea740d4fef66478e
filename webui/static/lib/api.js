/** The backend's API. Every failure is an ApiError that carries the words to show. */
import { reached, unreached } from "./connection.js";
import { pick, t } from "./i18n.js";

const SECONDS = 30;

export class ApiError extends Error {
  constructor({ code, vi, en, field = null, details = {} }) {
    super(en ?? code);
    this.code = code;
    this.field = field;
    this.details = details ?? {};
    this.texts = { vi, en };
  }

  text() {
    return this.texts.vi ? pick(this.texts) : t("error.offline");
  }
}

async function call(method, path, body) {
  let reply;
  try {
    reply = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(SECONDS * 1000),
    });
  } catch {
    unreached();
    throw new ApiError({ code: "offline" });
  }
  reached();
  let answer = {};
  try {
    answer = await reply.json();
  } catch {
    // An answer without JSON is told by its status alone.
  }
  if (reply.ok) return answer;
  if (reply.status === 401 && answer.error?.code === "not_signed_in") {
    dispatchEvent(new Event("signed-out"));
  }
  throw new ApiError(answer.error ?? { code: "offline" });
}

/** A file's text, to show it. */
async function read(path) {
  try {
    const reply = await fetch(path, { signal: AbortSignal.timeout(SECONDS * 1000) });
    if (reply.ok) return await reply.text();
  } catch {
    // Told below.
  }
  throw new ApiError({ code: "offline" });
}

const at = encodeURIComponent;

export const api = {
  session: () => call("GET", "/api/session"),
  register: (profile) => call("POST", "/api/register", profile),
  login: (mst, password) => call("POST", "/api/login", { mst, password }),
  challenge: () => call("POST", "/api/login/challenge", {}),
  loginWithToken: (proof) => call("POST", "/api/login/token", proof),
  logout: () => call("POST", "/api/logout", {}),
  changeUnit: (profile) => call("PUT", "/api/unit", profile),
  certificates: () => call("GET", "/api/certificates"),
  check: (certificate) => call("POST", "/api/certificates/check", { certificate }),
  add: (certificate, source) => call("POST", "/api/certificates", { certificate, source }),
  remove: (id) => call("DELETE", `/api/certificates/${at(id)}`),
  newAdjustment: (certificate) =>
    call("GET", `/api/adjustments/new${certificate ? `?certificate=${at(certificate)}` : ""}`),
  prepare: (adjustment) => call("POST", "/api/adjustments", adjustment),
  submit: (id, document) => call("POST", `/api/adjustments/${at(id)}/signed`, { document }),
  abandon: (id) => call("DELETE", `/api/adjustments/${at(id)}`),
  dossiers: ({ q = "", state = "", page = 1 }) =>
    call("GET", `/api/dossiers?q=${at(q)}&state=${at(state)}&page=${page}`),
  dossier: (id) => call("GET", `/api/dossiers/${at(id)}`),
  sendNow: (id) => call("POST", `/api/dossiers/${at(id)}/send-now`, {}),
  signedFile: (id) => `/api/dossiers/${at(id)}/signed.xml`,
  receiptFile: (id, receipt) => `/api/dossiers/${at(id)}/receipts/${at(receipt)}.xml`,
  read,
};
