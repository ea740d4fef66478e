/** BHXH decides while the user does something else: tell it once, on the page and on the desktop. */
import { api } from "../lib/api.js";
import { listen } from "../lib/events.js";
import { t } from "../lib/i18n.js";
import { notify, toast } from "../lib/notices.js";

const told = new Set();
let watching = false;

export function watchDecisions() {
  if (watching) return;
  watching = true;
  listen(async (event) => {
    if (event.type !== "dossier" || told.has(event.id)) return;
    let dossier;
    try {
      dossier = await api.dossier(event.id);
    } catch {
      return; // the screens say what is wrong
    }
    if (dossier.state !== "chap-nhan" && dossier.state !== "tu-choi") return;
    if (told.has(event.id)) return;
    told.add(event.id);
    const good = dossier.state === "chap-nhan";
    const text = t(good ? "decision.accepted" : "decision.refused", {
      words: dossier.result_text ?? "",
    });
    toast(text, good ? "good" : "bad");
    notify("OpenKySo", text, () => {
      location.hash = `#/lich-su/${event.id}`;
    });
  });
}
