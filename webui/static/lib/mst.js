/**
 * Whether what was typed can be an MST, said while it is being typed; the backend decides.
 * 10 digits with their check digit, 10-3 for a branch, 12 for a household or person.
 */
const WEIGHTS = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/** @returns {"malformed" | "check-digit" | null} what is wrong with it */
export function mistakeInMst(text) {
  const typed = text.replaceAll(/\s/g, "");
  if (/^\d{12}$/.test(typed)) return null;
  if (!/^\d{10}(-?\d{3})?$/.test(typed)) return "malformed";
  const total = WEIGHTS.reduce((sum, weight, at) => sum + weight * Number(typed[at]), 0);
  // 10 − 0 would need two digits: no number with such a beginning is ever issued.
  const right = total % 11 !== 0 && 10 - (total % 11) === Number(typed[9]);
  return right ? null : "check-digit";
}
