/** Elements from plain values. Text becomes text nodes only, so nothing that comes from outside is markup. */

/**
 * h("p", {class: "quiet", onclick: f}, "text", node, [more])
 * `false`, `null` and `undefined` leave out an attribute or a child; `true` sets it empty.
 * `key` names an element whose words may change, so that it keeps the focus (see `alike`).
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

/** Put `children` in place of all that `parent` holds. Who was at a button there stays at its like. */
export function fill(parent, ...children) {
  const had = parent.contains(document.activeElement) ? document.activeElement : null;
  const place = had && alike(parent, had).indexOf(had);
  parent.replaceChildren(...nodes(children));
  if (had) (had.isConnected ? had : alike(parent, had)[place])?.focus({ preventScroll: true });
}

/** The elements within `parent` that a user would take for `one`, in order. */
export function alike(parent, one) {
  const { key } = one.dataset;
  const same = key ? (other) => other.dataset.key === key : (other) => other.textContent === one.textContent;
  return [...parent.querySelectorAll(one.tagName)].filter(same);
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
