/** Kích hoạt: BHXH must accept a certificate before it can be used; from here to Điều chỉnh IVAN. */
import { h } from "../lib/dom.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { button } from "../components/parts.js";
import { adjustIvan } from "./adjust-ivan.js";

export function activate(certificate) {
  const dialog = openDialog(t("activate.title"));
  const go = () => {
    dialog.close();
    adjustIvan(certificate.id);
  };
  dialog.show(
    [h("p", {}, t("activate.text")), h("p", {}, t("activate.next"))],
    [button(t("cancel"), dialog.close, "second"), button(t("adjust.title"), go)],
  );
}
