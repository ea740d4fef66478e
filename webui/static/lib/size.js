/** How large something is, in words. */
import { language } from "./i18n.js";

const UNITS = ["byte", "KB", "MB", "GB"];

export function size(bytes) {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit && value < 100 ? 1 : 0;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${value.toLocaleString(language === "en" ? "en-GB" : "vi-VN", options)} ${UNITS[unit]}`;
}
