/** Dates as Vietnamese offices write them, at the time of the reader's own clock. */
import { language } from "./i18n.js";

const locale = () => (language === "en" ? "en-GB" : "vi-VN");

/** 23/11/2026 */
export function day(text) {
  const options = { day: "2-digit", month: "2-digit", year: "numeric" };
  return new Date(text).toLocaleDateString(locale(), options);
}

/** 14:05 */
export function clock(text) {
  const options = { hour: "2-digit", minute: "2-digit", hour12: false };
  return new Date(text).toLocaleTimeString(locale(), options);
}

/** 14:05 23/11/2026 */
export function moment(text) {
  return `${clock(text)} ${day(text)}`;
}

/** Whole days from now until then; negative when past. */
export function daysUntil(text) {
  return Math.floor((new Date(text) - Date.now()) / 86_400_000);
}
