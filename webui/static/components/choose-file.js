/** Where a file is dropped or chosen; by mouse, by keyboard, and said to who does not see it. */
import { h, uid } from "../lib/dom.js";
import { t } from "../lib/i18n.js";
import { icon } from "./icons.js";

/** @param {{label: string, hint: string, onfile: (file: File) => void}} options */
export function chooseFile({ label, hint, onfile }) {
  const id = uid();
  const input = h("input", {
    type: "file",
    id,
    class: "unseen",
    "aria-describedby": `${id}-hint`,
    onchange: () => input.files[0] && onfile(input.files[0]),
  });
  const place = h(
    "label",
    { class: "drop", for: id },
    icon("document"),
    h("strong", {}, label),
    h("span", { class: "quiet small", id: `${id}-hint` }, hint),
    h("span", { class: "button second small", "aria-hidden": "true" }, t("verify.choose")),
  );
  place.addEventListener("dragover", (event) => {
    event.preventDefault();
    place.classList.add("over");
  });
  place.addEventListener("dragleave", () => place.classList.remove("over"));
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    place.classList.remove("over");
    const [file] = event.dataTransfer.files;
    if (file) onfile(file);
  });
  return h("div", { class: "choose-file" }, input, place);
}
