/** Tab Lịch sử giao dịch: every dossier, found by words and by state. */
import { h, fill, uid } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { moment } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { live } from "../lib/live.js";
import { mayNotify, notifying, toast } from "../lib/notices.js";
import { button, DOSSIER_STATES, dossierBadge, note, skeleton } from "../components/parts.js";
import { icon } from "../components/icons.js";
import { nextStep, situation } from "../components/next-step.js";
import { trouble } from "../components/trouble.js";
import { adjustIvan } from "../dialogs/adjust-ivan.js";

const TYPING_MILLISECONDS = 250;
const UNDECIDED = new Set(DOSSIER_STATES.filter((state) => state !== "chap-nhan" && state !== "tu-choi"));

export function historyPage(body, { session }) {
  const adjust = (certificate) => adjustIvan({ unit: session.unit, wanted: certificate.id });
  const asked = { q: "", state: "", page: 1 };
  const list = h("div", { class: "stack" });
  const count = h("p", { class: "unseen", role: "status" });
  fill(body, h("div", { class: "stack" }, h("h2", {}, t("tab.history")), search(ask), count, list));
  const part = live(list, {
    async load() {
      // The question is part of the answer: "none yet" and "none found" are both empty lists.
      const question = { ...asked };
      const [found, { certificates }] = await Promise.all([
        api.dossiers(question),
        api.certificates(),
      ]);
      return { question, found, certificates };
    },
    draw({ question, found, certificates }) {
      count.textContent = t("history.count", { n: found.total });
      return [
        situation(certificates).kind === "unsent" && nextStep(certificates, { adjust }),
        found.dossiers.length ? [offerNotices(found), table(found), pages(found, ask)] : empty(question),
      ];
    },
    failed: (error) => trouble(error, { retry: () => part.reload() }),
    skeleton: () => skeleton(3),
  });
  return part.stop;

  function ask(change) {
    Object.assign(asked, { page: 1 }, change);
    part.reload();
  }
}

function search(ask) {
  const [words, state] = [uid(), uid()];
  let typing;
  const typed = (event) => {
    clearTimeout(typing);
    const q = event.target.value.trim();
    typing = setTimeout(() => ask({ q }), TYPING_MILLISECONDS);
  };
  return h(
    "div",
    { class: "search", role: "search" },
    h(
      "div",
      { class: "field" },
      h("label", { for: words }, t("history.search")),
      h(
        "div",
        { class: "inside" },
        icon("search"),
        h("input", {
          id: words,
          type: "search",
          placeholder: t("history.search-hint"),
          "aria-keyshortcuts": "Control+K",
          "data-search": true,
          oninput: typed,
        }),
      ),
    ),
    h(
      "div",
      { class: "field" },
      h("label", { for: state }, t("history.filter")),
      h(
        "select",
        { id: state, onchange: (event) => ask({ state: event.target.value }) },
        h("option", { value: "" }, t("history.all")),
        DOSSIER_STATES.map((each) => h("option", { value: each }, t(`dossier.state.${each}`))),
      ),
    ),
  );
}

/** Whoever waits for an answer may be told on the desktop; asked here, where it makes sense. */
function offerNotices({ dossiers }) {
  if (notifying() !== "ask" || !dossiers.some(({ state }) => UNDECIDED.has(state))) return null;
  const place = h(
    "div",
    {},
    note(
      "",
      t("notify.offer"),
      h("p", {}, t("notify.offer-text")),
      h(
        "div",
        { class: "row" },
        button(
          t("notify.yes"),
          async () => {
            await mayNotify();
            place.remove();
            toast(t(notifying() === "on" ? "notify.on" : "notify.off"));
          },
          "second small",
          { drawing: "bell" },
        ),
      ),
    ),
  );
  return place;
}

function empty({ q, state }) {
  const which = q || state ? "nothing" : "none";
  return h(
    "div",
    { class: "card empty" },
    h("span", { class: "empty-icon" }, icon(which === "none" ? "document" : "search")),
    h("h3", {}, t(`history.${which}`)),
    h("p", { class: "quiet" }, t(`history.${which}-how`)),
  );
}

const table = ({ dossiers }) => h("ul", { class: "dossiers card" }, dossiers.map((each) => h("li", {}, row(each))));

function row(dossier) {
  const number = dossier.so_ho_so ?? dossier.ma_giao_dich;
  return h(
    "a",
    { class: "dossier", href: `#/lich-su/${dossier.id}`, key: dossier.id },
    h("strong", {}, t("dossier.title", { form: dossier.form })),
    dossierBadge(dossier.state),
    h("span", { class: "quiet" }, t("dossier.signed-at", { at: moment(dossier.signed_at) }), number && ` · ${number}`),
    h("span", { class: "quiet serial" }, t("certificate.serial"), " ", h("span", { class: "mono" }, dossier.certificate.serial)),
    dossier.result_text && h("span", { class: "wide" }, dossier.result_text),
  );
}

function pages({ total, page, page_size }, ask) {
  const last = Math.max(1, Math.ceil(total / page_size));
  if (last === 1) return null;
  const step = (words, to) =>
    button(t(words), () => ask({ page: to }), "second small", { disabled: to < 1 || to > last });
  return h(
    "nav",
    { class: "row center", "aria-label": t("page.name") },
    step("page.back", page - 1),
    h("span", {}, t("page.at", { page, last })),
    step("page.on", page + 1),
  );
}
