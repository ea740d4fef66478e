/** Tài khoản HSM of this machine, and what their services hold that the unit has not added yet. */
import { fill, h } from "../lib/dom.js";
import { moment } from "../lib/format.js";
import { known, language, t } from "../lib/i18n.js";
import { confirmDialog } from "../lib/dialog.js";
import { toast } from "../lib/notices.js";
import { watchServices } from "../lib/services.js";
import { inService, sourceOf } from "../lib/source.js";
import { button, facts, note } from "../components/parts.js";
import { certificateFacts } from "../components/certificate.js";

/** Mended by typing the password again. */
const RETYPE = new Set(["account_refused", "secrets_unavailable"]);

/**
 * Keeps both places current. `add(how)` opens the dialog Thêm mới.
 * @returns {{listed: (certificates: object[]) => void, stop: () => void}}
 */
export function servicesPart({ unit, above, below, add }) {
  let services = null; // while it is not known, or this page may not see them
  let certificates = null;
  let shown;
  const stop = watchServices(unit.mst, (now) => {
    services = now;
    draw();
  });
  return {
    stop,
    listed(now) {
      certificates = now;
      draw();
    },
  };

  function draw() {
    if (certificates === null) return;
    const { accounts = [], held = [] } = services ?? {};
    const now = JSON.stringify([services !== null, accounts, held, certificates]);
    if (now === shown) return;
    shown = now;
    const retype = ({ host, name, provider }) => add({ kind: "hsm", given: { host, account: name, provider } });
    fill(above, news(held, certificates, (told) => add({ kind: "hsm", held: told })));
    if (accounts.length > 0) return fill(below, accountsCard(services, retype));
    fill(below, !services && certificates.some(inService) && h("p", { class: "quiet" }, t("services.elsewhere")));
  }
}

/** A certificate renewed at its service: nobody should have to look for it. */
function news(held, certificates, add) {
  const listed = new Set(certificates.map(({ id }) => id));
  return held
    .filter(({ id }) => !listed.has(id))
    .map((told) =>
      h(
        "section",
        { class: "card stack", "aria-label": `${t("services.new")} ${told.serial}` },
        note("warn", t("services.new"), h("p", {}, t("services.new-text"))),
        certificateFacts({ ...told, source: sourceOf(told) }),
        h("div", { class: "row" }, button(t("services.add"), () => add(told), "", { drawing: "plus", key: `add ${told.id}` })),
      ),
    );
}

/** `retype(account)` opens the dialog for its password. */
function accountsCard({ own, accounts }, retype) {
  return h(
    "section",
    { class: "card stack", "aria-labelledby": "services" },
    h("h3", { id: "services" }, t("services.title")),
    h("p", { class: "quiet" }, t("services.what")),
    h("ul", { class: "accounts" }, accounts.map((account) => h("li", { class: "stack" }, row(own, account, retype)))),
  );
}

function row(own, account, retype) {
  const { id, name, host, provider_name, problem, checked_at, certificates } = account;
  const key = (what) => ({ key: `${what} ${id}`, "aria-describedby": `account-${id}` });
  return [
    h("strong", { id: `account-${id}` }, t("certificate.on-hsm", { name: provider_name, host })),
    facts([
      [t("hsm.account"), name],
      [t("services.holds"), t("services.count", { n: certificates.length })],
      [t("services.checked"), checked_at ? moment(checked_at) : t("services.never")],
    ], "wide"),
    problem && note("warn", t("services.problem"), h("p", {}, why(problem))),
    h(
      "div",
      { class: "row" },
      button(t("services.refresh"), (event) => refresh(own, id, event.currentTarget), "second small", { drawing: "refresh", ...key("refresh") }),
      RETYPE.has(problem) && button(t("services.retype"), () => retype(account), "second small", { drawing: "pen", ...key("retype") }),
      button(t("remove"), () => forget(own, account), "plain small danger", { drawing: "trash", ...key("forget") }),
    ),
  ];
}

const why = (code) => (known(`services.problem.${code}`) ? t(`services.problem.${code}`) : t("services.problem.other", { code }));

async function refresh(own, id, pressed) {
  const words = pressed.querySelector("span");
  words.textContent = t("services.asking");
  try {
    const account = (await own.refreshAccounts(id)).find((each) => each.id === id);
    if (account) toast(account.problem ? why(account.problem) : t("services.well"), account.problem ? "bad" : "good");
  } catch (error) {
    toast(said(error), "bad");
  } finally {
    words.textContent = t("services.refresh");
  }
}

async function forget(own, { id, name, host, provider_name }) {
  const words = t("services.forget-text", { account: name, name: provider_name, host });
  if (!(await confirmDialog(t("services.forget"), words, t("remove")))) return;
  try {
    await own.forgetAccount(id);
    toast(t("services.forgotten"));
  } catch (error) {
    toast(said(error), "bad");
  }
}

const said = (error) => error.text?.(language) ?? t("error.unforeseen");
