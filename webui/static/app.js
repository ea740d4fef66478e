/** The page: who is signed in, which screen, and what stands around it. */
import { fill, h } from "./lib/dom.js";
import { api } from "./lib/api.js";
import { startEvents, stopEvents } from "./lib/events.js";
import { language, speak, t } from "./lib/i18n.js";
import { toast } from "./lib/notices.js";
import { button } from "./components/parts.js";
import { values } from "./components/field.js";
import { trouble } from "./components/trouble.js";
import { certificatesPage } from "./pages/certificates.js";
import { dossierPage } from "./pages/dossier.js";
import { historyPage } from "./pages/history.js";
import { loginPage } from "./pages/login.js";
import { profilePage } from "./pages/profile.js";
import { registerPage } from "./pages/register.js";
import { watchDecisions } from "./pages/decisions.js";

/** Under the menu Đơn vị; the first is where one arrives. */
const TABS = [
  ["#/don-vi", "tab.unit", profilePage],
  ["#/chung-thu-so", "tab.certificates", certificatesPage],
  ["#/lich-su", "tab.history", historyPage],
];

const main = document.getElementById("noi-dung");
let session = null;
let leave = () => {};

async function start() {
  await speak();
  addEventListener("hashchange", show);
  addEventListener("signed-out", () => session?.unit && refresh());
  await refresh();
}

/** Ask anew who is signed in, then show the screen. */
async function refresh() {
  try {
    session = await api.session();
  } catch (error) {
    const again = button(t("retry"), refresh);
    fill(main, h("div", { class: "sign-in stack" }, h("h1", {}, "OpenKySo"), trouble(error), again));
    return;
  }
  if (session.unit) {
    startEvents();
    watchDecisions();
  } else {
    stopEvents();
  }
  show();
}

function show() {
  leave();
  leave = () => {};
  document.getElementById("skip").textContent = t("skip");
  fill(document.getElementById("banner"), banner());
  fill(document.getElementById("header"), header());
  if (!session.unit) return signedOut();
  const [hash, id] = address();
  const [, key, page] = TABS.find(([tab]) => tab === hash) ?? TABS[0];
  document.title = `${t(key)} – OpenKySo`;
  const body = h("div", {});
  fill(main, h("h1", {}, t("menu.unit")), tabs(hash), body);
  const content = hash === "#/lich-su" && id ? dossierPage : page;
  leave = content(body, { session, id, refresh }) ?? leave;
}

function signedOut() {
  document.title = `${t("login.title")} – OpenKySo`;
  const body = h("div", { class: "sign-in" });
  fill(main, body);
  const page = location.hash === "#/tao-don-vi" ? registerPage : loginPage;
  leave = page(body, { session, refresh: arrive }) ?? leave;
}

function arrive() {
  history.replaceState(null, "", TABS[0][0]);
  main.focus();
  return refresh();
}

/** "#/lich-su/ID" is the dossier ID within the tab "#/lich-su". */
function address() {
  const [, tab = "", id = ""] = location.hash.split("/");
  return [`#/${tab || "don-vi"}`, id && decodeURIComponent(id)];
}

const tabs = (here) =>
  h(
    "nav",
    { class: "tabs", "aria-label": t("menu.unit") },
    TABS.map(([hash, key]) =>
      h("a", { class: "tab", href: hash, "aria-current": hash === here ? "page" : null }, t(key)),
    ),
  );

function banner() {
  if (!session.demo) return null;
  return h(
    "aside",
    { class: "banner", "aria-label": t("banner.name") },
    t(session.scripted ? "banner.scripted" : "banner.demo"),
    session.mailbox_url && [
      " ",
      h("a", { href: session.mailbox_url, target: "_blank", rel: "noreferrer" }, t("banner.mailbox")),
    ],
  );
}

function header() {
  const other = language === "vi" ? "en" : "vi";
  const change = async () => {
    await speak(other);
    const typed = values(main);
    show();
    for (const input of main.querySelectorAll("input[name]")) input.value = typed[input.name] ?? "";
    document.getElementById("language").focus();
  };
  const sayGoodbye = async () => {
    try {
      await api.logout();
    } catch (error) {
      return toast(error.text(), "bad");
    }
    history.replaceState(null, "", location.pathname);
    await refresh();
  };
  const unit = session.unit;
  return h(
    "div",
    { class: "top-in" },
    h(
      "a",
      { class: "brand", href: unit ? TABS[0][0] : "#/" },
      h("img", { src: "/icon.svg", alt: "" }),
      "OpenKySo",
    ),
    unit &&
      h(
        "div",
        { class: "who" },
        h("strong", {}, unit.ten_don_vi),
        t("mst.is", { mst: unit.mst_printed }),
      ),
    h(
      "button",
      { type: "button", id: "language", class: "plain small", lang: other, onclick: change },
      other === "en" ? "English" : "Tiếng Việt",
    ),
    unit && button(t("logout"), sayGoodbye, "second small"),
  );
}

start();
