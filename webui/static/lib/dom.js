/** Elements from plain values. Text becomes text nodes only, so nothing that comes from outside is markup. */

/**
 * h("p", {class: "quiet", onclick: f}, "text", node, [more])
 * `false`, `null` and `undefined` leave out an attribute or a child; `true` sets it empty.
 * `key` names an element across redraws, so that it keeps the focus (see `fill`).
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "key") element.dataset.key = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...nodes(children));
  return element;
}

/** Put `children` in place of all that `parent` holds; who had the focus has it again, by its key. */
export function fill(parent, ...children) {
  const focused = document.activeElement;
  const key = parent.contains(focused) ? focused.dataset.key : undefined;
  parent.replaceChildren(...nodes(children));
  if (!key) return;
  parent.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== false && child != null);
}

let last = 0;
/** An id nobody else uses, for labels. */
export function uid() {
  last += 1;
  return `i${last}`;
}
