/** What the unit should do now, in one card: the answer to "and what next?" on every screen. */
import { h } from "../lib/dom.js";
import { daysUntil } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { SOON_DAYS } from "./certificate.js";
import { icon } from "./icons.js";
import { button, link, steps } from "./parts.js";

/**
 * What to say for these certificates, the most urgent first: an unsent one is the disaster that this
 * product exists to prevent.
 * @returns {{kind: string, about?: object}}
 */
export function situation(certificates) {
  const having = (state) => certificates.find((certificate) => certificate.state === state);
  const unsent = having("chua-gui");
  if (unsent) return { kind: "unsent", about: unsent };
  const refused = having("bi-tu-choi");
  if (refused) return { kind: "refused", about: refused };
  const pending = having("dang-cho");
  if (pending) return { kind: "pending", about: pending };
  const inUse = having("dang-dung");
  if (!inUse) return { kind: "none" };
  return { kind: daysUntil(inUse.not_after) <= SOON_DAYS ? "soon" : "well", about: inUse };
}

const LOOKS = {
  unsent: ["warn", "warn", 1],
  refused: ["bad", "bad", 2],
  pending: ["wait", "clock", 2],
  none: ["info", "token", 0],
  soon: ["warn", "warn", 0],
  well: ["good", "check", 3],
};

/** @param {{add: () => void, adjust: (certificate: object) => void}} actions */
export function nextStep(certificates, actions) {
  const { kind, about } = situation(certificates);
  const [colour, drawing, at] = LOOKS[kind];
  const words = {
    serial: about?.serial,
    reason: about?.reason || t("refused.without-words"),
    n: about && daysUntil(about.not_after),
  };
  return h(
    "section",
    { class: `card next ${colour}`, "aria-labelledby": "next-step" },
    h("span", { class: "next-icon" }, icon(drawing)),
    h(
      "div",
      { class: "next-in" },
      h("h2", { id: "next-step" }, t(`next.${kind}`)),
      h("p", {}, t(`next.${kind}-text`, words)),
      h("div", { class: "row" }, WAYS[kind](about, actions)),
      kind !== "well" && way(at, kind),
    ),
  );
}

const dossierLink = (about) =>
  about.dossier && link(t("certificate.dossier"), `#/lich-su/${about.dossier}`, "button second", { drawing: "document" });

const adjusting = (about, { adjust }) =>
  button(t("adjust.title"), () => adjust(about), "", { drawing: "pen" });

const WAYS = {
  unsent: adjusting,
  refused: (about, actions) => [adjusting(about, actions), dossierLink(about)],
  pending: dossierLink,
  none: (_, { add }) => button(t("next.add"), add, "", { drawing: "plus" }),
  soon: (_, { add }) => button(t("next.add"), add, "", { drawing: "plus" }),
  well: () => null,
};

/** Thêm chứng thư số → Điều chỉnh IVAN → BHXH chấp nhận, with where the unit is. */
function way(at, kind) {
  const present = { refused: "bad", unsent: "warn" }[kind] ?? "now";
  const state = (place) => (place < at ? "done" : place === at ? present : "todo");
  return steps([
    [t("way.add"), state(0)],
    [t("way.adjust"), state(1)],
    [t("way.accepted"), state(2)],
  ]);
}
