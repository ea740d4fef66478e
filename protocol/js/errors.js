import { LOCAL } from "./texts.js";

const GROUPS = ["user", "page", "vendor", "agent", "token", "service"];

/** What went wrong, as one class: `code` is stable, `group` says who must act, `text` is for people. */
export class OpenKySoError extends Error {
  /**
   * @param {string} code of SPEC 7
   * @param {{group: string, retriable?: boolean, vi: string, en: string, details?: object}} facts
   */
  constructor(code, { group, retriable = false, vi, en, details = {} }) {
    super(en);
    this.name = "OpenKySoError";
    this.code = code;
    // A newer agent may know more groups; whoever they are, it is not for the user (SPEC 7.3).
    this.group = GROUPS.includes(group) ? group : "agent";
    this.retriable = retriable;
    this.details = details;
    this.texts = { vi, en };
  }

  /** The sentence to show, in "vi" or "en". */
  text(language = "vi") {
    return this.texts[language] ?? this.texts.en;
  }

  /** @param {{message: string, data?: object}} error of an error reply */
  static fromWire(error) {
    const { code = "internal_error", ...facts } = error?.data ?? {};
    const words = error?.message ?? "";
    return new OpenKySoError(code, { group: "agent", vi: words, en: words, ...facts });
  }

  /** @param {keyof typeof LOCAL} code */
  static local(code) {
    return new OpenKySoError(code, LOCAL[code]);
  }
}
