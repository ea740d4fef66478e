/** An error as people need it: what happened, and what to do now. */
import { h } from "../lib/dom.js";
import { language, t } from "../lib/i18n.js";
import { note } from "./parts.js";

/** For an OpenKySoError, an ApiError, or anything unforeseen. */
export function trouble(error) {
  if (!error.text) console.error(error); // ours to mend: the stack belongs in a report
  const text = error.text ? error.text(language) : t("error.unforeseen");
  if (error.code === "agent_not_found") {
    return note("warn", t("agent.absent"), h("p", {}, t("agent.how")));
  }
  return note("bad", text);
}
