/**
 * Điều chỉnh IVAN: the certificate BHXH knows today beside the new one, the contact, then Ký và Gửi BH.
 *
 *     edit ──Ký và Gửi BH──▶ prepare ──▶ sign (in the agent's window) ──▶ store ──▶ the dossier's page
 *      ▲                        │               │                          │
 *      └──── says why; the draft is taken back ─┘       offline: kept here, stored when possible
 *
 * What is signed is kept by the browser until the backend has it, so that a failure in between costs
 * a retry and not another signature (see lib/unfinished.js and resume.js).
 */
import { fill, h } from "../lib/dom.js";
import { agent } from "../lib/agent.js";
import { api } from "../lib/api.js";
import { fromBase64, toBase64 } from "../lib/base64.js";
import { openDialog } from "../lib/dialog.js";
import { pick, t } from "../lib/i18n.js";
import { mayNotify, toast } from "../lib/notices.js";
import { watchConnection } from "../lib/connection.js";
import { inService } from "../lib/source.js";
import { alone, forget, keep } from "../lib/unfinished.js";
import { button, note, skeleton } from "../components/parts.js";
import { clearWrong, markEmpty, markWrong, values } from "../components/field.js";
import { contactFields } from "../components/profile-fields.js";
import { trouble } from "../components/trouble.js";
import { addCertificate } from "./add-certificate.js";
import { beside, choices, howToSign, progress } from "./adjust-parts.js";

/** Failures to store that another try may mend, with the same signature. */
export const PASSING = new Set(["offline", "internal_error", "not_signed_in"]);

/** How the agent says that it does not have the key; its words are a token's. */
const ABSENT = new Set(["no_token", "no_certificate", "certificate_not_found"]);

/** @param {{unit: object, wanted?: string, contact?: object}} how the certificate and contact to begin with */
export async function adjustIvan({ unit, wanted, contact = {} }) {
  let stop = new AbortController();
  let busy = false;
  const dialog = openDialog(t("adjust.title"), {
    onclose: () => stop.abort(),
    mayClose() {
      // While the token signs, closing means: cancel that first.
      if (busy) stop.abort();
      return !busy;
    },
  });
  const giveUp = () => button(t("adjust.cancel"), dialog.close, "second");
  const done = () => button(t("close"), dialog.close, "second");
  dialog.show([skeleton()], [giveUp()]);

  let start;
  try {
    start = await api.newAdjustment(wanted);
  } catch (error) {
    return dialog.show([trouble(error)], [done()]);
  }
  const listed = start.candidates.some((each) => each.id === wanted);
  if (start.blocked && !listed) {
    return dialog.show([blocked(start.blocked, dialog), beside(start.registered, null)], [done()]);
  }

  let chosen =
    start.candidates.find((each) => each.id === wanted) ??
    start.candidates.find((each) => each.state !== "dang-dung") ??
    start.candidates[0];
  const problem = h("div", { "aria-live": "assertive" });
  const pair = h("div", {}, beside(start.registered, chosen));
  const form = h(
    "form",
    { id: "adjust", class: "stack", novalidate: true, onsubmit: signAndSend },
    h(
      "fieldset",
      {},
      h("legend", {}, t("contact.title")),
      h("div", { class: "fields" }, contactFields({ ...start.contact, ...contact }, { twice: true })),
    ),
  );
  const how = h("div", {}, howToSign(chosen));
  const go = button(t("adjust.go"), null, "", { type: "submit", form: "adjust", drawing: "pen" });
  edit();
  // Who has to choose begins there, at the top; nobody else has anything to do before the e-mail.
  const first = start.candidates.length > 1 && !wanted ? "[type=radio]:checked" : "[name=email_lap_lai]";
  dialog.element.querySelector(first).focus({ preventScroll: true });

  function edit() {
    const choose = (certificate) => {
      chosen = certificate;
      fill(pair, beside(start.registered, chosen));
      fill(how, howToSign(chosen));
    };
    dialog.show(
      [
        problem,
        start.candidates.length > 1 && choices(start.candidates, chosen, choose),
        pair,
        form,
        how,
      ],
      [giveUp(), go],
    );
  }

  function signAndSend(event) {
    event.preventDefault();
    if (busy) return; // a double click sends once
    clearWrong(form);
    fill(problem);
    if (markEmpty(form)) return;
    mayNotify();
    busy = true;
    stop = new AbortController();
    return alone(unit.mst, work).then((ran) => ran || fill(problem, note("warn", t("adjust.elsewhere")))).finally(() => {
      busy = false;
    });
  }

  async function work() {
    const typed = values(form);
    let draft;
    try {
      draft = await api.prepare({ certificate_id: chosen.id, ...typed });
    } catch (error) {
      if (!markWrong(form, error.field, error.text?.())) complain(error);
      return;
    }
    const left = { draft: draft.id, certificate: chosen.id, contact: typed, at: new Date().toISOString() };
    keep(unit.mst, left);
    try {
      const document = toBase64((await sign(draft)).document);
      keep(unit.mst, { ...left, document });
      await store(draft, document);
    } catch (error) {
      forget(unit.mst);
      await api.abandon(draft.id).catch(() => {}); // an abandoned draft goes by itself after a while
      if (!dialog.element.open) return;
      edit();
      if (error.code !== "cancelled") complain(error);
      go.focus({ preventScroll: true });
    }
  }

  function complain(error) {
    if (ABSENT.has(error.code) && inService(chosen)) {
      fill(problem, note("warn", t("stage.hsm.waiting-for-token"), h("div", { class: "row" }, addingAccount())));
    } else {
      fill(problem, trouble(error));
    }
    problem.scrollIntoView({ block: "nearest" });
  }

  /** The key is in a service that this machine has no account of: add it, then begin anew. */
  function addingAccount() {
    const { host, provider } = chosen.source;
    const wanted = chosen.id;
    const contact = values(form);
    const again = () => adjustIvan({ unit, wanted, contact });
    const add = () => {
      dialog.close();
      addCertificate(unit, { kind: "hsm", given: { host, provider }, onadded: again });
    };
    return button(t("adjust.add-account"), add, "", { drawing: "plus" });
  }

  async function sign(draft) {
    const show = progress(chosen);
    const at = (stage) => {
      const missing = stage === "waiting-for-token" && inService(chosen);
      dialog.show([show(stage)], [button(t("adjust.cancel"), () => stop.abort(), "second"), missing && addingAccount()]);
    };
    at("agent");
    const signer = await agent({ signal: stop.signal, onPermissionPending: () => at("browser") });
    return signer.signXml({
      document: fromBase64(draft.document),
      name: draft.name,
      profile: draft.profile,
      certificate: chosen.id,
      signal: stop.signal,
      onProgress: ({ stage }) => at(stage),
    });
  }

  /** The signature is there; now it must not be lost, so only this step is tried again. */
  async function store(draft, document) {
    dialog.show([progress(chosen)("storing")]);
    for (;;) {
      try {
        const dossier = await api.submit(draft.id, document);
        forget(unit.mst);
        busy = false;
        dialog.close();
        toast(t("adjust.sent"), "good");
        location.hash = `#/lich-su/${dossier.id}`;
        return;
      } catch (error) {
        if (!PASSING.has(error.code)) throw error;
        if (!(await again())) return;
      }
    }
  }

  /** True to try again: on the button, or when the backend answers. The browser keeps the signature. */
  function again() {
    busy = false; // closing is allowed: resume.js goes on
    const { promise, resolve } = deferred();
    const unwatch = watchConnection((reachable) => reachable && resolve(true));
    dialog.element.addEventListener("close", () => resolve(false));
    dialog.show(
      [note("warn", t("adjust.unsaved"), h("p", {}, t("adjust.unsaved-how")))],
      [done(), button(t("retry"), () => resolve(true), "", { drawing: "refresh" })],
    );
    return promise.finally(unwatch);
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function blocked(why, dialog) {
  const words = trouble({ code: why.code, details: why.details, text: () => pick(why) });
  // Its link leads to a screen behind this dialog.
  words.querySelector("a")?.addEventListener("click", () => dialog.close());
  return words;
}
