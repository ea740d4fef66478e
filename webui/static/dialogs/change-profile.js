/** Sửa thông tin: the unit's profile in this program, not at BHXH. */
import { fill, h } from "../lib/dom.js";
import { openDialog } from "../lib/dialog.js";
import { api } from "../lib/api.js";
import { t } from "../lib/i18n.js";
import { toast } from "../lib/notices.js";
import { button, note } from "../components/parts.js";
import { clearWrong, markEmpty, markWrong, values } from "../components/field.js";
import { profileFields } from "../components/profile-fields.js";
import { trouble } from "../components/trouble.js";

export function changeProfile(unit, refresh) {
  const dialog = openDialog(t("unit.change"));
  const problem = h("div", { "aria-live": "assertive" });
  const form = h("form", { id: "profile", class: "stack", novalidate: true, onsubmit: save }, profileFields(unit));
  const done = button(t("save"), null, "", { type: "submit", form: "profile" });
  dialog.show(
    [problem, form, note("", t("unit.change-note"))],
    [button(t("cancel"), dialog.close, "second"), done],
  );
  form.querySelector("input").focus();

  async function save(event) {
    event.preventDefault();
    if (done.disabled) return;
    clearWrong(form);
    fill(problem);
    if (markEmpty(form)) return;
    done.disabled = true;
    try {
      await api.changeUnit(values(form));
      dialog.close();
      toast(t("saved"), "good");
      await refresh();
    } catch (error) {
      if (!markWrong(form, error.field, error.text?.())) fill(problem, trouble(error));
    } finally {
      done.disabled = false;
    }
  }
}
