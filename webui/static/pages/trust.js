/** Whom this machine believes: root certificates, added and removed by the user. Our own window only. */
import { fill, h } from "../lib/dom.js";
import { ownWindow } from "../lib/agent.js";
import { confirmDialog } from "../lib/dialog.js";
import { day } from "../lib/format.js";
import { language, t } from "../lib/i18n.js";
import { toast } from "../lib/notices.js";
import { button, facts, note } from "../components/parts.js";
import { trouble } from "../components/trouble.js";

/** No file of certificates is larger. */
const MOST_BYTES = 1024 * 1024;

/** @returns {{element: HTMLElement, stop: () => void}} */
export function trustPart() {
  const element = h("div", {});
  let gone = false;
  draw();
  return { element, stop: () => (gone = true) };

  async function draw() {
    const own = await ownWindow();
    if (gone || !own) return;
    try {
      const certificates = await own.trusted();
      if (!gone) fill(element, card(own, certificates));
    } catch (error) {
      if (!gone) fill(element, trouble(error, { retry: draw }));
    }
  }

  function card(own, certificates) {
    return h(
      "section",
      { class: "card stack no-print", "aria-labelledby": "trust" },
      h("h2", { id: "trust" }, t("trust.title")),
      h("p", { class: "quiet" }, t("trust.what")),
      certificates.length === 0 && note("warn", t("trust.none"), h("p", {}, t("trust.none-how"))),
      h("ul", { class: "accounts" }, certificates.map((one) => h("li", { class: "stack" }, row(own, one)))),
      h("div", { class: "row" }, adding(own)),
    );
  }

  function row(own, one) {
    return [
      h("strong", { id: `trust-${one.id}` }, one.holder),
      facts([
        [t("trust.kind"), t(`trust.kind.${one.kind}`)],
        [t("certificate.validity"), t("certificate.from-to", { from: day(one.not_before), to: day(one.not_after) })],
        [t("trust.by"), t(`trust.by.${one.source}`)],
        ["SHA-256", h("span", { class: "mono" }, one.id)],
      ], "wide"),
      one.source === "user" &&
        h(
          "div",
          { class: "row" },
          button(t("remove"), () => remove(own, one), "plain small danger", {
            drawing: "trash",
            key: `remove ${one.id}`,
            "aria-describedby": `trust-${one.id}`,
          }),
        ),
    ];
  }

  function adding(own) {
    const input = h("input", {
      type: "file",
      class: "unseen",
      accept: ".pem,.crt,.cer,.der,.p7b,.p7c",
      "aria-label": t("trust.add"),
      tabindex: "-1",
      onchange: () => input.files[0] && add(own, input.files[0]),
    });
    return [input, button(t("trust.add"), () => input.click(), "second", { drawing: "plus" })];
  }

  async function add(own, file) {
    if (file.size > MOST_BYTES) return toast(t("trust.too-large"), "bad");
    const before = new Set((await own.trusted()).map(({ id }) => id));
    if (!(await confirmDialog(t("trust.add"), t("trust.add-text", { name: file.name }), t("trust.add-yes")))) return;
    try {
      const now = await own.trust(new Uint8Array(await file.arrayBuffer()));
      const added = now.filter(({ id }) => !before.has(id)).map(({ holder }) => holder);
      toast(added.length ? t("trust.added", { names: added.join(", ") }) : t("trust.known"));
    } catch (error) {
      toast(error.text?.(language) ?? t("error.unforeseen"), "bad");
    }
    await draw();
  }

  async function remove(own, { id, holder }) {
    if (!(await confirmDialog(t("trust.remove"), t("trust.remove-text", { name: holder }), t("remove")))) return;
    try {
      await own.distrust(id);
      toast(t("trust.removed"));
    } catch (error) {
      toast(error.text?.(language) ?? t("error.unforeseen"), "bad");
    }
    await draw();
  }
}
