/** Kiểm tra chữ ký: a signed file is chosen, the agent looks at it, and its report is shown and printed. */
import { fill, h } from "../lib/dom.js";
import { agent } from "../lib/agent.js";
import { t } from "../lib/i18n.js";
import { size } from "../lib/size.js";
import { chooseFile } from "../components/choose-file.js";
import { button, note, waiting } from "../components/parts.js";
import { reportView } from "../components/report.js";
import { trouble } from "../components/trouble.js";
import { trustPart } from "./trust.js";

export function verifyPage(body) {
  let working = null; // an AbortController while the agent looks
  let signed = null;
  const place = h("div", { class: "stack" });
  const roots = trustPart();
  fill(body, h("div", { class: "stack" }, h("h1", {}, t("verify.title")), place, roots.element));
  begin();
  return () => {
    working?.abort();
    roots.stop();
  };

  function begin() {
    signed = null;
    fill(
      place,
      h("p", { class: "quiet" }, t("verify.what")),
      chooseFile({ label: t("verify.drop"), hint: t("verify.kinds"), onfile: (file) => look(file) }),
    );
  }

  async function look(file, content) {
    signed = file;
    working?.abort();
    const mine = new AbortController();
    working = mine;
    const told = h("span", {}, "");
    fill(
      place,
      waiting(
        t("verify.looking", { name: file.name, size: size(file.size) }),
        told,
        button(t("cancel"), () => mine.abort(), "second small"),
      ),
    );
    const onPermissionPending = () => fill(told, t("stage.browser"));
    try {
      const found = await agent({ signal: mine.signal, onPermissionPending });
      const report = await found.verify({
        document: file,
        name: file.name,
        content,
        contentName: content?.name,
        signal: mine.signal,
      });
      if (working === mine) show(report);
    } catch (error) {
      if (working !== mine) return;
      if (error.code === "cancelled") begin();
      else failed(error, file, content);
    }
  }

  function show(report) {
    working = null;
    fill(
      place,
      // Only the content that was signed is missing: asked for, not complained about.
      report.broken === "content" ? askForContent(report) : reportView(report),
      h(
        "div",
        { class: "row" },
        button(t("print"), () => print(), "second", { drawing: "print" }),
        button(t("verify.another"), begin, "", { drawing: "document" }),
      ),
    );
  }

  function askForContent(report) {
    return h(
      "div",
      { class: "stack" },
      note("", t("verify.detached"), h("p", {}, t("verify.detached-how", { name: report.name }))),
      chooseFile({
        label: t("verify.drop-content"),
        hint: t("verify.content-hint"),
        onfile: (content) => look(signed, content),
      }),
    );
  }

  function failed(error, file, content) {
    fill(
      place,
      trouble(error, { retry: () => look(file, content) }),
      h("div", { class: "row" }, button(t("verify.another"), begin, "second", { drawing: "document" })),
    );
  }
}
