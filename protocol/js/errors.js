/** What can go wrong, as one class: `code` is stable, `group` says who must act, `text` is for people. */
export class OpenKySoError extends Error {
  /**
   * @param {string} code of protocol/schema/errors.json, or one of LOCAL below
   * @param {{group: string, retriable?: boolean, vi: string, en: string, details?: object}} facts
   */
  constructor(code, { group, retriable = false, vi, en, details = {} }) {
    super(en);
    this.name = "OpenKySoError";
    this.code = code;
    this.group = group;
    this.retriable = retriable;
    this.details = details;
    this.texts = { vi, en };
  }

  /** The sentence to show, in "vi" or "en". */
  text(language = "vi") {
    return this.texts[language] ?? this.texts.en;
  }

  static fromWire(error) {
    const data = error?.data ?? {};
    return new OpenKySoError(data.code ?? "internal_error", {
      group: data.group ?? "agent",
      retriable: data.retriable ?? false,
      vi: data.vi ?? error?.message ?? "",
      en: data.en ?? error?.message ?? "",
      details: data.details ?? {},
    });
  }

  static local(code) {
    return new OpenKySoError(code, LOCAL[code]);
  }
}

/** Errors of this side: the agent could not be reached, so it cannot have said them. */
const LOCAL = {
  agent_not_found: {
    group: "user",
    retriable: true,
    vi: "Chưa thấy phần mềm ký OpenKySo trên máy này. Hãy mở OpenKySo, hoặc cài đặt nếu chưa có.",
    en: "The OpenKySo agent was not found on this machine. Start it, or install it.",
  },
  permission_denied: {
    group: "user",
    vi: "Trình duyệt đang chặn trang web này kết nối tới phần mềm trên máy. Bấm biểu tượng bên trái địa chỉ trang, cho phép “Truy cập ứng dụng trên thiết bị này”, rồi tải lại trang.",
    en: "The browser blocks this page from apps on this device. Open the site settings beside the address, allow it, then reload.",
  },
  permission_pending: {
    group: "user",
    retriable: true,
    vi: "Trình duyệt đang hỏi bạn có cho phép kết nối tới phần mềm trên máy không. Hãy bấm “Cho phép”.",
    en: "The browser is asking whether this page may reach apps on this device. Choose Allow.",
  },
  insecure_page: {
    group: "vendor",
    vi: "Trang web này không dùng https nên trình duyệt không cho kết nối tới phần mềm ký.",
    en: "This page is not served over https, so the browser will not let it reach the agent.",
  },
  disconnected: {
    group: "agent",
    retriable: true,
    vi: "Mất kết nối với phần mềm ký. Hãy thử lại.",
    en: "The connection to the agent was lost.",
  },
  cancelled: {
    group: "page",
    retriable: true,
    vi: "Yêu cầu đã được hủy.",
    en: "The request was cancelled.",
  },
};
