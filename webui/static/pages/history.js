/** Tab Lịch sử giao dịch: every dossier, found by words and by state. */
import { h, fill, uid } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { moment } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { listen } from "../lib/events.js";
import { button, DOSSIER_STATES, dossierBadge, waiting } from "../components/parts.js";
import { trouble } from "../components/trouble.js";

const TYPING_MILLISECONDS = 250;

export function historyPage(body) {
  const asked = { q: "", state: "", page: 1 };
  const list = h("div", { class: "stack" }, waiting(t("loading")));
  const [search, filter] = [uid(), uid()];
  let typing;
  fill(
    body,
    h(
      "div",
      { class: "stack" },
      h("h2", {}, t("tab.history")),
      h(
        "div",
        { class: "search", role: "search" },
        h(
          "div",
          { class: "field" },
          h("label", { for: search }, t("history.search")),
          h("input", {
            id: search,
            type: "search",
            placeholder: t("history.search-hint"),
            oninput(event) {
              clearTimeout(typing);
              typing = setTimeout(() => ask({ q: event.target.value.trim() }), TYPING_MILLISECONDS);
            },
          }),
        ),
        h(
          "div",
          { class: "field" },
          h("label", { for: filter }, t("history.filter")),
          h(
            "select",
            { id: filter, onchange: (event) => ask({ state: event.target.value }) },
            h("option", { value: "" }, t("history.all")),
            DOSSIER_STATES.map((state) => h("option", { value: state }, t(`dossier.state.${state}`))),
          ),
        ),
      ),
      list,
    ),
  );
  load();
  return listen(load);

  function ask(change) {
    Object.assign(asked, { page: 1 }, change);
    load();
  }

  async function load() {
    const question = JSON.stringify(asked);
    try {
      const found = await api.dossiers(asked);
      if (question !== JSON.stringify(asked)) return; // a newer question is under way
      fill(list, found.dossiers.length ? found.dossiers.map(row) : empty(), pages(found));
    } catch (error) {
      fill(list, trouble(error), button(t("retry"), load, "second"));
    }
  }

  function empty() {
    return h(
      "div",
      { class: "card empty" },
      h("h3", {}, t(asked.q || asked.state ? "history.nothing" : "history.none")),
      h("p", { class: "quiet" }, t(asked.q || asked.state ? "history.nothing-how" : "history.none-how")),
    );
  }

  function row(dossier) {
    return h(
      "a",
      { class: "card dossier", href: `#/lich-su/${dossier.id}` },
      h("strong", {}, t("dossier.title", { form: dossier.form })),
      dossierBadge(dossier.state),
      h("span", { class: "quiet" }, t("dossier.signed-at", { at: moment(dossier.signed_at) })),
      h("span", { class: "quiet" }, dossier.so_ho_so ?? dossier.ma_giao_dich ?? ""),
      h("span", { class: "quiet wide mono" }, t("dossier.serial", { serial: dossier.certificate.serial })),
      dossier.result_text && h("span", { class: "wide" }, dossier.result_text),
    );
  }

  function pages({ total, page, page_size }) {
    const last = Math.max(1, Math.ceil(total / page_size));
    if (last === 1) return null;
    const step = (to) => () => ask({ page: to });
    const back = button(t("page.back"), step(page - 1), "second small");
    const on = button(t("page.on"), step(page + 1), "second small");
    back.disabled = page <= 1;
    on.disabled = page >= last;
    return h("nav", { class: "row", "aria-label": t("page.name") }, back, t("page.at", { page, last }), on);
  }
}
