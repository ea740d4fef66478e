/**
 * What can go wrong on this side of the connection, where the agent cannot have said it (SPEC 7.4).
 * What the agent says comes with its own words.
 */
export const LOCAL = {
  agent_not_found: {
    group: "user",
    retriable: true,
    vi: "Chưa thấy phần mềm ký OpenKySo trên máy này. Hãy mở OpenKySo, hoặc cài đặt nếu chưa có.",
    en: "The OpenKySo agent was not found on this machine. Start it, or install it.",
  },
  permission_pending: {
    group: "user",
    retriable: true,
    vi: "Trình duyệt đang hỏi bạn có cho phép trang web này kết nối tới phần mềm trên máy không. Hãy bấm “Cho phép”.",
    en: "The browser is asking whether this page may reach apps on this device. Choose Allow.",
  },
  permission_denied: {
    group: "user",
    retriable: false,
    vi: "Trình duyệt đang chặn trang web này kết nối tới phần mềm trên máy. Hãy bấm biểu tượng bên trái địa chỉ trang, cho phép “Truy cập ứng dụng trên thiết bị này”, rồi tải lại trang.",
    en: "The browser blocks this page from apps on this device. Open the site settings beside the address, allow it, then reload.",
  },
  browser_unsupported: {
    group: "user",
    retriable: false,
    vi: "Trình duyệt này không cho trang web kết nối tới phần mềm ký trên máy. Hãy dùng Chrome, Edge, Cốc Cốc hoặc Firefox.",
    en: "This browser does not let web pages reach an app on the device. Use Chrome, Edge or Firefox.",
  },
  insecure_page: {
    group: "vendor",
    retriable: false,
    vi: "Trang web này không dùng https nên trình duyệt không cho kết nối tới phần mềm ký. Hãy báo cho đơn vị quản lý trang web.",
    en: "This page is not served over https, so the browser will not let it reach the agent.",
  },
  frame_not_allowed: {
    group: "vendor",
    retriable: false,
    vi: "Trang web này nằm trong khung của trang khác và chưa được phép kết nối tới phần mềm ký. Hãy báo cho đơn vị quản lý trang web.",
    en: 'This page is in a frame that may not reach the agent: the frame needs allow="loopback-network; local-network-access".',
  },
  blocked_by_csp: {
    group: "vendor",
    retriable: false,
    vi: "Chính sách bảo mật của trang web không cho kết nối tới phần mềm ký. Hãy báo cho đơn vị quản lý trang web.",
    en: "The page's Content-Security-Policy lacks the agent's addresses in connect-src (README, “Content-Security-Policy”).",
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
