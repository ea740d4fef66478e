/** The certificates that an account holds: each judged by the backend, and offered to choose one. */
import { h, uid } from "../../lib/dom.js";
import { api } from "../../lib/api.js";
import { t } from "../../lib/i18n.js";
import { note } from "../../components/parts.js";
import { certificateFacts } from "../../components/certificate.js";

/** So many are asked about at once; a service may hold a great many. */
const AT_ONCE = 4;
/** What is said against one certificate, and not of the asking. */
const AGAINST = /^(certificate_|mst_|trust_)/;

/**
 * @param {object[]} certificates as the agent tells them
 * @returns {Promise<{told: object, shown?: object, why?: Error, known: boolean}[]>} those that will do
 *          first, the newest of them first; `known`: the unit has added it already
 */
export async function judged(certificates, signal) {
  const queue = [...certificates];
  const verdicts = [];
  const work = async () => {
    for (let told = queue.shift(); told && !signal.aborted; told = queue.shift()) verdicts.push(await judge(told));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const rank = ({ why, known }) => (known ? 1 : why ? 2 : 0);
  const age = ({ told }) => -Date.parse(told.not_before);
  return verdicts.sort((one, other) => rank(one) - rank(other) || age(one) - age(other));
}

async function judge(told) {
  try {
    return { told, shown: await api.check(told.der), known: false };
  } catch (why) {
    if (!AGAINST.test(why.code)) throw why;
    return { told, why, known: why.code === "certificate_exists" };
  }
}

export const choosable = ({ why, known }) => !why || known;

/** One to choose; of the others why not. `source`: of them all. `onchoice(verdict)`. */
export function heldList(verdicts, source, chosen, onchoice) {
  const name = uid();
  return h(
    "fieldset",
    { class: "choices" },
    h("legend", {}, t("hsm.choose")),
    verdicts.map((verdict) => {
      const why = uid();
      const usable = choosable(verdict);
      return h(
        "div",
        { class: `held ${usable ? "" : "unusable"}` },
        h(
          "label",
          { class: "choice" },
          h("input", {
            type: "radio",
            name,
            checked: verdict === chosen,
            disabled: !usable,
            "aria-describedby": verdict.why && why,
            onchange: () => onchoice(verdict),
          }),
          h("span", {}, h("strong", {}, verdict.told.holder), h("br"), h("span", { class: "quiet mono" }, verdict.told.serial)),
        ),
        h(
          "div",
          { class: "held-more" },
          verdict.why && h("div", { id: why }, said(verdict)),
          verdict.shown?.revocation === "unknown" && note("warn", t("revocation.unknown"), h("p", {}, t("add.unknown"))),
          certificateFacts({ ...(verdict.shown ?? verdict.told), source }, { beneath: true }),
        ),
      );
    }),
  );
}

const said = ({ why, known }) =>
  known ? note("", why.text(), h("p", {}, t("hsm.known"))) : note("warn", t("hsm.unusable"), h("p", {}, why.text()));
