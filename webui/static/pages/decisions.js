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
  listen(async ({ type, id }) => {
    if (type !== "dossier" || told.has(id)) return;
    let dossier;
    try {
      dossier = await api.dossier(id);
    } catch {
      return; // the screens say what is wrong
    }
    const decided = dossier.state === "chap-nhan" || dossier.state === "tu-choi";
    if (!decided || told.has(id)) return;
    told.add(id);
    tell(dossier);
  });
}

function tell({ id, state, result_text }) {
  const good = state === "chap-nhan";
  const text = t(good ? "decision.accepted" : "decision.refused", { words: result_text ?? "" });
  toast(text, good ? "good" : "bad");
  notify("OpenKySo", text, () => {
    location.hash = `#/lich-su/${id}`;
  });
}
