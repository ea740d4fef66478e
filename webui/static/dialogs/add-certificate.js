/**
 * Thêm mới: which Hình thức, and around each the same dialog. Nothing is stored before Xác nhận.
 *
 *     HSM      add/service.js    account at a signing service → its certificates → one of them
 *     Token    add/token.js      token → the agent's window → the chosen certificate
 */
import { h, uid } from "../lib/dom.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { toast } from "../lib/notices.js";
import { inService } from "../lib/source.js";
import { button } from "../components/parts.js";
import { addFromService } from "./add/service.js";
import { addFromToken } from "./add/token.js";

const WAYS = { hsm: addFromService, token: addFromToken };

/** Who has a certificate in a service will have the next one there too. */
export const usualKind = (certificates) => (certificates[0] && inService(certificates[0]) ? "hsm" : "token");

/**
 * @param {{kind?: "hsm"|"token", onadded?: () => void, held?: object, given?: object}} how `held`: one of
 *        an added account's, as the agent tells it; `given`: host, account and provider to begin with
 */
export function addCertificate(unit, { kind = "token", onadded = () => {}, held, given = {} } = {}) {
  let attempt = new AbortController(); // ends with the dialog, and when it is begun again
  let storing = false; // while something is being stored, it is either done or said why not
  const dialog = openDialog(t("add.title"), { onclose: () => attempt.abort(), mayClose: () => !storing });
  const cancel = () => button(t("cancel"), dialog.close, "second");
  const choice = held ? wanted(unit) : kinds(kind, unit, begin);
  begin(kind);

  function begin(chosen) {
    attempt.abort();
    attempt = new AbortController();
    const { signal } = attempt;
    WAYS[chosen]({
      unit,
      held,
      given,
      signal,
      element: dialog.element,
      /** Below the choice, unless the user has gone on to something else. `alone`: in its place. */
      show(content, buttons = [], { alone = false } = {}) {
        if (signal.aborted) return;
        storing = false;
        dialog.show([!alone && choice, content], [cancel(), ...buttons]);
      },
      hold(content) {
        storing = true;
        dialog.show([content]);
      },
      again: () => begin(chosen),
      async finish(words) {
        dialog.close();
        toast(words, "good");
        await onadded();
      },
    });
  }
}

const wanted = (unit) => h("p", { class: "quiet" }, t("add.wanted", { mst: unit.mst_printed }));

/** Hình thức: a choice by mouse, by letters and by arrows. */
function kinds(chosen, unit, onchoice) {
  const name = uid();
  const kind = (value, title, hint) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name, value, checked: value === chosen, onchange: () => onchoice(value) }),
      h("span", {}, h("strong", {}, title), h("br"), h("span", { class: "quiet small" }, hint)),
    );
  return h(
    "div",
    { class: "stack" },
    h(
      "fieldset",
      {},
      h("legend", {}, t("add.kind")),
      h("div", { class: "choices kinds" }, kind("hsm", "HSM", t("add.kind-hsm")), kind("token", "Token", t("add.kind-token"))),
    ),
    wanted(unit),
  );
}
