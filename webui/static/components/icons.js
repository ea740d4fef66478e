/** Our own line drawings, 24 units square. They decorate words and are hidden from screen readers. */

const SHAPES = {
  arrow: "M5 12h14M13 6l6 6-6 6",
  back: "M19 12H5M11 6l-6 6 6 6",
  bad: "M12 3a9 9 0 100 18 9 9 0 000-18zM9 9l6 6M15 9l-6 6",
  bell: "M6 10a6 6 0 0112 0c0 5 2 6 2 7H4c0-1 2-2 2-7zM10 20a2 2 0 004 0",
  check: "M12 3a9 9 0 100 18 9 9 0 000-18zM8 12.3l2.8 2.7L16 9.5",
  clock: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 7v5l3 2",
  close: "M6 6l12 12M18 6L6 18",
  document: "M7 3h7l5 5v13H7zM14 3v5h5M10 13h6M10 17h6",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.2a2.8 2.8 0 100 5.6 2.8 2.8 0 000-5.6z",
  info: "M12 3a9 9 0 100 18 9 9 0 000-18zM12 11v5.5M12 7.5v.4",
  mail: "M3 6h18v12H3zM3 7l9 6.5L21 7",
  office: "M4 21V5l9-2v18M13 9h7v12M3 21h18M7 8.5h3M7 12.5h3M7 16.5h3M16.5 13v.2M16.5 17v.2",
  out: "M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9",
  pen: "M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5",
  plus: "M12 5v14M5 12h14",
  print: "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
  refresh: "M20 11a8 8 0 10-2.3 6.3M20 4v7h-7",
  save: "M12 3v12M7 10l5 5 5-5M4 20h16",
  search: "M11 4a7 7 0 100 14 7 7 0 000-14zM16 16l5 5",
  token: "M8 9V3h8v6M6 9h12v10a2 2 0 01-2 2H8a2 2 0 01-2-2zM10.5 6v.2M13.5 6v.2M12 13v4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
  warn: "M12 3.5L2.5 20h19zM12 10v4.5M12 17.2v.3",
};

export const ICONS = Object.keys(SHAPES);
const SVG = "http://www.w3.org/2000/svg";

export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  drawing.append(path);
  return drawing;
}
