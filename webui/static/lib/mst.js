/**
 * MST as people type it, judged while they type. The backend judges again (webui/bhxh/mst.py); a
 * test holds the two together.
 */

const WRITTEN = /^(\d{10}(-?\d{3})?|\d{12})$/;
// Province 00, company 0000000 and branch 000 are never given out.
const NEVER = /^(00|\d{2}0{7}|\d{10}000$)/;
const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/** @returns {"malformed" | "check-digit" | null} what is wrong with it */
export function mistakeInMst(text) {
  const compact = text.replace(/\s/g, "");
  if (!WRITTEN.test(compact)) return "malformed";
  const digits = compact.replace("-", "");
  if (digits.length === 12) return null; // a person's number: it has no check digit of this kind
  if (NEVER.test(digits)) return "check-digit";
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(digits[at]), 0);
  return 10 - (sum % 11) === Number(digits[9]) ? null : "check-digit";
}

/** A branch's number with its hyphen, as it stands on paper. */
export function printedMst(digits) {
  return digits.length === 13 ? `${digits.slice(0, 10)}-${digits.slice(10)}` : digits;
}
