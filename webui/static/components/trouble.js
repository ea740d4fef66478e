/**
 * An error as people need it: what happened, and what to do now.
 *
 * The words of an error come with it (from the agent or the backend, both languages). This file
 * adds what only the page knows: the way on.
 */
import { h } from "../lib/dom.js";
import { language, t } from "../lib/i18n.js";
import { button, facts, link, note } from "./parts.js";

/** What the page can offer beside the words, by code. */
const WAYS_ON = {
  agent_not_found: { headline: "agent.absent", kind: "warn", more: howToStart },
  permission_denied: { headline: "agent.blocked", kind: "warn", more: howToAllow },
  permission_pending: { headline: "agent.asked", kind: "warn", more: howToAllow },
  browser_unsupported: { headline: "agent.blocked" },
  insecure_page: { headline: "agent.blocked" },
  frame_not_allowed: { headline: "agent.blocked" },
  blocked_by_csp: { headline: "agent.blocked" },
  disconnected: { headline: "agent.lost", kind: "warn" },
  not_allowed: { headline: "agent.refused", kind: "warn" },
  user_refused: { headline: "agent.refused", kind: "warn" },
  prompt_timeout: { kind: "warn" },
  prompt_busy: { kind: "warn" },
  mst_mismatch: { headline: "mst.differs", more: bothNumbers },
  mst_branch: { headline: "mst.differs", more: bothNumbers },
  adjustment_pending: { headline: "pending.title", kind: "warn", more: theDossier },
  already_signed: { kind: "warn", more: theDossier },
  no_certificate_to_register: { kind: "warn", more: toCertificates },
  service_unreachable: { kind: "warn" },
  service_timeout: { kind: "warn" },
  service_failed: { kind: "warn" },
  service_tls: { headline: "hsm.not-trusted" },
  service_redirected: { headline: "hsm.not-trusted" },
  account_without_certificate: { kind: "warn", more: () => h("p", {}, t("hsm.none-how")) },
  account_unknown: { kind: "warn" },
  service_pin_incorrect: { kind: "warn", more: nothingSigned },
  otp_incorrect: { kind: "warn", more: nothingSigned },
  phone_rejected: { kind: "warn", more: nothingSigned },
  phone_timeout: { kind: "warn", more: nothingSigned },
  service_wrong_signature: { more: nothingSigned },
  offline: { headline: "error.offline-title", kind: "warn" },
};
/** Whose fault it is not the user's: then support needs the code. */
const OURS = new Set(["agent", "vendor", "token", "service"]);

/** For an OpenKySoError, an ApiError, or anything unforeseen. `retry` adds a button. */
export function trouble(error, { retry } = {}) {
  if (!error.text) console.error(error); // ours to mend: the stack belongs in a report
  const text = error.text ? error.text(language) : t("error.unforeseen");
  const { headline, kind = "bad", more } = WAYS_ON[error.code] ?? {};
  const about = [
    more?.(error),
    OURS.has(error.group) && h("p", { class: "small" }, t("error.code", { code: error.code })),
    retry && h("div", { class: "row" }, button(t("retry"), retry, "second small", { drawing: "refresh" })),
  ];
  const told = headline ? note(kind, t(headline), h("p", {}, text), about) : note(kind, text, about);
  told.setAttribute("role", "alert");
  return told;
}

function howToStart() {
  return [
    h(
      "ol",
      { class: "how" },
      h("li", {}, t("agent.how-start")),
      h("li", {}, t("agent.how-install")),
      h("li", {}, t("agent.how-blocked")),
    ),
    h("p", {}, t("agent.goes-on")),
  ];
}

function howToAllow() {
  return h(
    "ol",
    { class: "how" },
    h("li", {}, t("agent.how-allow-ask")),
    h("li", {}, t("agent.how-allow-site")),
    h("li", {}, t("agent.how-allow-reload")),
  );
}

/** Two long numbers are compared by eye, so one stands above the other. */
function bothNumbers({ details }) {
  const number = (text) => h("span", { class: "mono number" }, text);
  if (!details?.found || !details?.expected) return null;
  return facts([
    [t("mst.signed-in"), number(details.expected)],
    [t("mst.in-certificate"), number(details.found)],
  ]);
}

/** A service may have been asked, but no signature came of it. */
function nothingSigned() {
  return h("p", {}, t("hsm.nothing-signed"));
}

function theDossier({ details }) {
  if (!details?.dossier) return null;
  return h("p", {}, link(t("certificate.dossier"), `#/lich-su/${encodeURIComponent(details.dossier)}`, ""));
}

function toCertificates() {
  return h("p", {}, link(t("registered.add"), "#/chung-thu-so", ""));
}
