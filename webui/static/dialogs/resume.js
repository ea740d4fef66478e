/** After a browser was closed in the middle of Điều chỉnh IVAN: finish it, or say how far it was. */
import { h } from "../lib/dom.js";
import { api } from "../lib/api.js";
import { clock, day } from "../lib/format.js";
import { t } from "../lib/i18n.js";
import { openDialog } from "../lib/dialog.js";
import { toast } from "../lib/notices.js";
import { alone, forget, kept } from "../lib/unfinished.js";
import { button, note } from "../components/parts.js";
import { trouble } from "../components/trouble.js";
import { adjustIvan, PASSING } from "./adjust-ivan.js";

/** Call when a signed-in unit's page has been opened. */
export function resume(unit) {
  return alone(unit.mst, async () => {
    const left = kept(unit.mst);
    if (!left?.draft) return;
    if (left.document) await store(unit, left);
    else await offer(unit, left);
  });
}

/** Signed: the backend shall have it. It may have it already, and then says the same. */
async function store(unit, left) {
  try {
    const dossier = await api.submit(left.draft, left.document);
    forget(unit.mst);
    toast(t("resume.stored"), "good");
    location.hash = `#/lich-su/${dossier.id}`;
  } catch (error) {
    if (PASSING.has(error.code)) return; // next time
    forget(unit.mst);
    const dialog = openDialog(t("resume.title"), { size: "small" });
    dialog.show([h("p", {}, t("resume.not-stored")), trouble(error)], [button(t("close"), dialog.close)]);
  }
}

/** Not signed: nothing was sent. The draft is taken back, and what was typed is offered again. */
async function offer(unit, left) {
  forget(unit.mst);
  await api.abandon(left.draft).catch(() => {});
  const dialog = openDialog(t("resume.title"), { size: "small" });
  const goOn = () => {
    dialog.close();
    adjustIvan({ unit, wanted: left.certificate, contact: left.contact });
  };
  const when = { clock: clock(left.at), day: day(left.at) };
  dialog.show(
    [note("warn", t("resume.unsigned", when), h("p", {}, t("resume.unsigned-text")))],
    [button(t("resume.leave"), dialog.close, "second"), button(t("resume.go-on"), goOn, "", { drawing: "pen" })],
  );
}
