/**
 * Điều chỉnh IVAN: the certificate BHXH knows today beside the new one, the contact, then Ký và Gửi BH.
 *
 * What is signed is kept here until the backend has it, so that a failure in between costs a retry
 * and not another signature. Hủy bỏ takes the draft back.
 */
import { fill, h, uid } from "../lib/dom.js";
import { agent } from "../lib/agent.js";
import { api } from "../lib/api.js";
import { fromBase64, toBase64 } from "../lib/base64.js";
import { openDialog } from "../lib/dialog.js";
import { pick, t } from "../lib/i18n.js";
import { mayNotify, toast } from "../lib/notices.js";
import { button, certificateBadge, note, waiting } from "../components/parts.js";
import { certificateBrief, validity } from "../components/certificate.js";
import { clearWrong, markWrong, values } from "../components/field.js";
import { contactFields } from "../components/profile-fields.js";
import { trouble } from "../components/trouble.js";

/** Failures to save that another try may mend, with the same signature. */
const PASSING = new Set(["offline", "internal_error"]);

export async function adjustIvan(wanted) {
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
  dialog.show([waiting(t("loading"))], [giveUp()]);

  let start;
  try {
    start = await api.newAdjustment(wanted);
  } catch (error) {
    return dialog.show([trouble(error)], [giveUp()]);
  }
  if (start.blocked) return cannot(dialog, start);

  let chosen =
    start.candidates.find((each) => each.id === wanted) ??
    start.candidates.find((each) => each.state !== "dang-dung") ??
    start.candidates[0];
  const problem = h("div", { "aria-live": "assertive" });
  const pair = h("div", {});
  const form = h(
    "form",
    { class: "stack", id: uid(), novalidate: true, onsubmit: signAndSend },
    h("h3", {}, t("unit.contact-heading")),
    h("div", { class: "fields" }, contactFields(start.contact, { twice: true })),
  );
  const go = h("button", { type: "submit", form: form.id }, t("adjust.go"));
  edit();
  // Who has to choose begins there, at the top; nobody else has anything to do before the e-mail.
  const first = start.candidates.length > 1 && !wanted ? "[type=radio]:checked" : "[name=email_lap_lai]";
  dialog.element.querySelector(first).focus();

  function edit() {
    fill(pair, beside(start.registered, chosen));
    dialog.show(
      [problem, start.candidates.length > 1 && choices(), pair, form, h("p", { class: "quiet" }, t("adjust.how"))],
      [giveUp(), go],
    );
  }

  function choices() {
    const name = uid();
    return h(
      "fieldset",
      { class: "choices" },
      h("legend", {}, t("adjust.choose")),
      start.candidates.map((each) =>
        h(
          "label",
          { class: "choice" },
          h("input", {
            type: "radio",
            name,
            checked: each === chosen,
            onchange() {
              chosen = each;
              fill(pair, beside(start.registered, chosen));
            },
          }),
          h("span", {}, h("span", { class: "mono" }, each.serial), " ", certificateBadge(each.state), h("br"), h("span", { class: "quiet" }, validity(each))),
        ),
      ),
    );
  }

  async function signAndSend(event) {
    event.preventDefault();
    if (busy) return; // a double click sends once
    busy = true;
    stop = new AbortController();
    clearWrong(form);
    fill(problem);
    mayNotify();
    const asked = { certificate_id: chosen.id, ...values(form) };
    let draft;
    try {
      draft = await api.prepare(asked);
    } catch (error) {
      busy = false;
      if (!markWrong(form, error.field, error.text())) complain(error);
      return;
    }
    try {
      const signed = await sign(draft);
      await submit(draft, toBase64(signed.document));
    } catch (error) {
      await api.abandon(draft.id).catch(() => {}); // an abandoned draft goes by itself after a while
      busy = false;
      if (!dialog.element.open) return;
      edit();
      if (error.code !== "cancelled") complain(error);
      go.focus({ preventScroll: true });
    }
  }

  function complain(error) {
    fill(problem, trouble(error));
    problem.scrollIntoView({ block: "nearest" });
  }

  async function sign(draft) {
    const step = (text) =>
      dialog.show(
        [waiting(text, h("p", { class: "quiet" }, t("agent.window")))],
        [button(t("adjust.cancel"), () => stop.abort(), "second")],
      );
    step(t("agent.looking"));
    const signer = await agent({ signal: stop.signal });
    return signer.signXml({
      document: fromBase64(draft.document),
      name: draft.name,
      profile: draft.profile,
      certificate: chosen.id,
      signal: stop.signal,
      onProgress: ({ stage }) => step(t(`stage.${stage}`)),
    });
  }

  /** The signature is there; now it must not be lost, so only this step is tried again. */
  async function submit(draft, document) {
    addEventListener("beforeunload", hold);
    dialog.show([waiting(t("adjust.saving"))]);
    try {
      const dossier = await api.submit(draft.id, document);
      saved();
      dialog.close();
      toast(t("adjust.sent"), "good");
      location.hash = `#/lich-su/${dossier.id}`;
    } catch (error) {
      if (!PASSING.has(error.code)) {
        saved();
        throw error;
      }
      dialog.show(
        [note("warn", t("adjust.unsaved"), h("p", {}, t("adjust.unsaved-how")))],
        [button(t("retry"), () => submit(draft, document).catch(late))],
      );
    }
  }

  /** There is no signature in our hands any more. */
  function saved() {
    busy = false;
    removeEventListener("beforeunload", hold);
  }

  function late(error) {
    dialog.show([trouble(error)], [button(t("close"), dialog.close, "second")]);
  }
}

/** The browser asks before the tab is closed. */
const hold = (event) => event.preventDefault();

/** Nothing can be sent now: why, and where to go from here. */
function cannot(dialog, { blocked, registered }) {
  const { dossier } = blocked.details ?? {};
  const away = dossier ? [`#/lich-su/${dossier}`, "certificate.dossier"] : ["#/chung-thu-so", "adjust.to-certificates"];
  dialog.show(
    [note("warn", pick(blocked)), beside(registered, null)],
    [
      button(t("close"), dialog.close, "second"),
      h("a", { class: "button", href: away[0], onclick: dialog.close }, t(away[1])),
    ],
  );
}

function beside(registered, chosen) {
  const same = chosen && registered?.id === chosen.id;
  const side = (title, certificate, kind, none) =>
    h(
      "section",
      { class: `side ${kind}` },
      h("h3", {}, title),
      certificate ? certificateBrief(certificate) : h("p", { class: "quiet" }, none),
    );
  return h(
    "div",
    { class: "beside" },
    side(t("adjust.old"), registered, same ? "new" : "", t("registered.none")),
    same && note("", t("adjust.same"), h("p", {}, t("adjust.same-text"))),
    chosen && !same && side(t("adjust.new"), chosen, "new", ""),
  );
}
