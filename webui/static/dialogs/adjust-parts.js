/** What Điều chỉnh IVAN shows: old beside new, the choice among several, and how far signing is. */
import { h, uid } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { inService } from "../lib/source.js";
import { certificateBrief } from "../components/certificate.js";
import { icon } from "../components/icons.js";
import { note, steps } from "../components/parts.js";

/** The certificate BHXH knows today, and the one it is to know. */
export function beside(registered, chosen) {
  const same = chosen && registered?.id === chosen.id;
  const side = (title, certificate, kind, none) =>
    h(
      "section",
      { class: `side ${kind}` },
      h("h3", {}, title),
      certificate
        ? [h("p", { class: "holder" }, certificate.holder), certificateBrief(certificate)]
        : h("p", { class: "quiet" }, none),
    );
  return h(
    "div",
    { class: chosen && !same ? "beside" : "stack" },
    side(t("adjust.old"), registered, same ? "new" : "old", t("registered.none")),
    same && note("", t("adjust.same"), h("p", {}, t("adjust.same-text"))),
    chosen && !same && [h("span", { class: "into" }, icon("arrow")), side(t("adjust.new"), chosen, "new", "")],
  );
}

/** Chọn chứng thư số cần điều chỉnh, where there are several. */
export function choices(candidates, chosen, onchoice) {
  const name = uid();
  return h(
    "fieldset",
    { class: "choices" },
    h("legend", {}, t("adjust.choose")),
    candidates.map((each) =>
      h(
        "label",
        { class: "choice" },
        h("input", { type: "radio", name, checked: each === chosen, onchange: () => onchoice(each) }),
        h(
          "span",
          {},
          each.holder,
          h("span", { class: "quiet" }, ` · ${t(`certificate.state.${each.state}`)}`),
          h("br"),
          h("span", { class: "quiet mono" }, each.serial),
        ),
      ),
    ),
  );
}

/** What is needed to sign with it, said before. */
export function howToSign(certificate) {
  if (!inService(certificate)) return note("", t("adjust.how"));
  const { provider_name: name, host } = certificate.source;
  return note("", t("adjust.how-hsm", { name, host }));
}

/**
 * The agent's stages (protocol Stage), our own first and last around them, and at which station of
 * the list each is told.
 */
const STAGES = {
  agent: 0,
  browser: 0,
  checking: 1,
  "waiting-for-token": 1,
  "waiting-for-user": 2,
  "waiting-for-service": 3,
  "waiting-for-confirmation": 3,
  signing: 3,
  verifying: 3,
  storing: 4,
};
const STATIONS = ["agent", "checking", "waiting-for-user", "signing", "storing"];
/** A service is asked for no PIN by everyone, and its key needs nothing to be plugged in. */
const OF_A_SERVICE = new Set(["waiting-for-token", "waiting-for-user", "signing"]);
/** While a window of the agent waits for the user. */
const IN_A_WINDOW = new Set(["waiting-for-user", "waiting-for-confirmation"]);

/**
 * @param {object} certificate which is to sign: in a service or on a token, the words differ
 * @returns {(stage: string) => Node} what to show as the stages come
 */
export function progress(certificate) {
  const remote = inService(certificate);
  const name = (one) => t(remote && OF_A_SERVICE.has(one) ? `sign.step.hsm.${one}` : `sign.step.${one}`);
  let now = 0;
  return (stage) => {
    // A service is asked twice: before the user, to know what it will want, and to sign.
    now = stage === "waiting-for-service" && now < STAGES["waiting-for-user"] ? STAGES.checking : (STAGES[stage] ?? 0);
    return h(
      "div",
      { "aria-live": "polite" },
      steps(
        STATIONS.map((one, place) => [
          name(one),
          place < now ? "done" : place === now ? "now" : "todo",
          place === now && h("div", { class: "step-more" }, said(stage, remote)),
        ]),
        "tall",
      ),
    );
  };
}

const said = (stage, remote) => [
  h("p", {}, t(remote && OF_A_SERVICE.has(stage) ? `stage.hsm.${stage}` : `stage.${stage in STAGES ? stage : "agent"}`)),
  IN_A_WINDOW.has(stage) && h("p", { class: "quiet" }, t("agent.window")),
];
