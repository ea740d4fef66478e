/** Kích hoạt: BHXH must accept a certificate before it can be used; from here to Điều chỉnh IVAN. */
import { h } from "../lib/dom.js";
import { openDialog } from "../lib/dialog.js";
import { t } from "../lib/i18n.js";
import { inService } from "../lib/source.js";
import { button, note } from "../components/parts.js";
import { certificateBrief } from "../components/certificate.js";
import { adjustIvan } from "./adjust-ivan.js";

export function activate(certificate, unit) {
  const dialog = openDialog(t("activate.title"), { size: "small" });
  const go = () => {
    dialog.close();
    adjustIvan({ unit, wanted: certificate.id });
  };
  dialog.show(
    [note("warn", t("activate.headline"), h("p", {}, t("activate.text"))), certificateBrief(certificate), h("p", {}, t(inService(certificate) ? "activate.next-hsm" : "activate.next"))],
    [button(t("cancel"), dialog.close, "second"), button(t("adjust.title"), go, "", { drawing: "pen" })],
  );
}
