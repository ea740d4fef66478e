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
import { t } from "../lib/i18n.js";
import { mayNotify, toast } from "../lib/notices.js";
import { button, note, waiting } from "../components/parts.js";
import { certificateBrief } from "../components/certificate.js";
import { clearWrong, markWrong, values } from "../components/field.js";
import { contactFields } from "../components/profile-fields.js";
import { trouble } from "../components/trouble.js";

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
  if (start.candidates.length === 0 || (start.blocked && start.candidates.length <= 1)) {
    const words = start.blocked ? { text: (l) => start.blocked[l] } : { text: () => t("adjust.nothing") };
    return dialog.show(
      [note("warn", words.text(document.documentElement.lang)), beside(start.registered, null)],
      [button(t("close"), dialog.close, "second")],
    );
  }

  let chosen = start.candidates.find((each) => each.id === wanted) ?? start.candidates[0];
  const problem = h("div", { "aria-live": "assertive" });
  const pair = h("div", {});
  const form = h(
    "form",
    { class: "stack", novalidate: true, onsubmit: signAndSend },
    h("h3", {}, t("adjust.contact")),
    h("div", { class: "fields" }, contactFields(start.contact, { twice: true })),
  );
  const go = h("button", { type: "button", onclick: signAndSend }, t("adjust.go"));
  edit();
  form.querySelector("[name=email_lap_lai]").focus();

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
          h("span", {}, each.holder, h("br"), h("span", { class: "quiet mono" }, each.serial)),
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
      if (!markWrong(form, error.field, error.text())) fill(problem, trouble(error));
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
      if (error.code !== "cancelled") fill(problem, trouble(error));
      go.focus();
    }
  }

  async function sign(draft) {
    const step = (text) =>
      dialog.show(
        [waiting(text, h("p", { class: "quiet" }, t("agent.window")))],
        [button(t("adjust.cancel"), () => stop.abort(), "second")],
      );
    step(t("agent.looking"));
    const signer = await agent();
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
    dialog.show([waiting(t("adjust.saving"))]);
    try {
      const dossier = await api.submit(draft.id, document);
      busy = false;
      dialog.close();
      toast(t("adjust.sent"), "good");
      location.hash = `#/lich-su/${dossier.id}`;
    } catch (error) {
      if (error.code !== "offline") throw error;
      dialog.show(
        [note("warn", t("adjust.unsaved"), t("adjust.unsaved-how"))],
        [button(t("retry"), () => submit(draft, document).catch(late))],
      );
    }
  }

  function late(error) {
    busy = false;
    dialog.show([trouble(error)], [button(t("close"), dialog.close, "second")]);
  }
}

function beside(registered, chosen) {
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
    side(t("adjust.old"), registered, "", t("registered.none")),
    chosen && side(t("adjust.new"), chosen, "new", ""),
  );
}
