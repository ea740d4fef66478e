/** The demo page: what a vendor's page does, each step by itself. */
import { OpenKySo } from "./openkyso.js";

const $ = (id) => document.getElementById(id);
const STAGES = {
  checking: "Đang kiểm tra chứng thư số…",
  "waiting-for-token": "Hãy cắm USB token.",
  "waiting-for-user": "Hãy xác nhận trong cửa sổ của phần mềm ký. Không thấy cửa sổ? Nó có thể ở sau trình duyệt.",
  "waiting-for-service": "Đang chờ dịch vụ ký số trả lời…",
  "waiting-for-confirmation": "Hãy nhập mã OTP trong cửa sổ của phần mềm ký, hoặc xác nhận trên điện thoại.",
  signing: "Đang ký…",
  timestamping: "Đang lấy dấu thời gian…",
  verifying: "Đang kiểm tra chữ ký vừa tạo…",
};

const MOVING = { sending: "Đang gửi tệp", receiving: "Đang nhận tệp đã ký", checking: "Đang đọc tệp" };
const SUFFIXES = { "cades-detached": ".p7s", "cades-attached": ".p7m", jws: ".jws" };

let agent;
let chosen;
let stop = new AbortController();

$("connect").addEventListener("click", () => run(connect));
$("select").addEventListener("click", () => run(select));
$("sign").addEventListener("click", () => run(sign));
$("sign-file").addEventListener("click", () => run(signFile));
$("pick").addEventListener("click", () => run(pick));
$("login").addEventListener("click", () => run(login));
$("cancel").addEventListener("click", () => stop.abort());

async function connect() {
  say("Đang tìm phần mềm ký…");
  agent ??= await OpenKySo.connect({
    client: "Trang thử OpenKySo",
    signal: stop.signal,
    onPermissionPending: () => say("Trình duyệt đang hỏi bạn. Hãy bấm “Cho phép”."),
  });
  await agent.requestSite({ reason: "Để thử ký tài liệu trên trang này", ...waiting() });
  const { product, version, demo } = agent.greeting;
  $("agent").textContent = `${product} ${version}${demo ? ", chế độ trình diễn: không hỏi người dùng" : ""}`;
  if (!connect.watching) {
    await agent.watchTokens(showTokens, { onLost: (why) => complain(why) });
    connect.watching = true;
  }
  return "Đã kết nối.";
}

async function select() {
  chosen = await agent.select({ reason: "Chọn chứng thư số để ký thử", ...waiting() });
  const facts = {
    "Chủ chứng thư": chosen.holder,
    "Mã số thuế": chosen.mst.join(", ") || "không có",
    "Nhà cung cấp": chosen.issuer,
    "Số sê-ri": chosen.serial,
    "Hiệu lực": `${day(chosen.not_before)} đến ${day(chosen.not_after)}`,
  };
  const rows = Object.entries(facts).flatMap(([name, value]) => [element("dt", name), element("dd", value)]);
  $("certificate").replaceChildren(...rows);
  return "Đã chọn chứng thư số.";
}

async function sign() {
  const signed = await agent.signXml({
    document: new TextEncoder().encode($("document").value),
    name: "tai-lieu-thu.xml",
    profile: "bhxh-hoso",
    certificate: chosen?.id,
    ...waiting(),
  });
  $("result").value = new TextDecoder().decode(signed.document);
  return "Đã ký. Máy chủ của bạn phải kiểm tra lại chữ ký này.";
}

async function signFile() {
  const [file] = $("file").files;
  if (!file) return "Hãy chọn tệp cần ký.";
  return signOne(file, file.name);
}

async function pick() {
  const [picked] = await agent.pickFiles({ reason: "Chọn tệp để ký thử", ...waiting() });
  return signOne(picked, picked.name);
}

async function signOne(document, name) {
  const profile = $("profile").value;
  const signed = await agent.signDocument({ document, name, profile, certificate: chosen?.id, ...waiting() });
  URL.revokeObjectURL($("download").href);
  $("download").href = URL.createObjectURL(signed.document);
  $("download").download = SUFFIXES[profile] ? name + SUFFIXES[profile] : name.replace(/(\.\w+)?$/, ".signed$1");
  $("download-size").textContent = bytes(signed.size);
  $("download-line").hidden = false;
  return "Đã ký tệp. Máy chủ của bạn phải kiểm tra lại chữ ký này.";
}

async function login() {
  // Here for the demo; in earnest your server makes the nonce, and accepts it once.
  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const proof = await agent.login({ nonce, certificate: chosen?.id, ...waiting() });
  $("result").value = JSON.stringify({ algorithm: proof.algorithm, signature: proof.signature }, null, 2);
  return `${proof.certificate.holder} đã chứng minh mình giữ khóa. Máy chủ của bạn phải kiểm tra chữ ký này.`;
}

/** One step at a time, never silent. */
async function run(step) {
  stop = new AbortController();
  busy(true);
  try {
    say(await step());
  } catch (error) {
    complain(error);
  } finally {
    busy(false);
  }
}

function waiting() {
  return { signal: stop.signal, onProgress: show };
}

/** Bytes where something moves, words for everything else. */
function show({ stage, done, total }) {
  const isMoving = stage in MOVING && total > 1;
  $("moved").hidden = !isMoving;
  if (isMoving) {
    Object.assign($("moved"), { max: total, value: done });
    say(`${MOVING[stage]}: ${bytes(done)} / ${bytes(total)}`);
  } else if (STAGES[stage]) say(STAGES[stage]);
}

function bytes(count) {
  if (count < 1000) return `${count} byte`;
  const units = ["kB", "MB", "GB"];
  const step = Math.min(Math.floor(Math.log10(count) / 3), units.length);
  return `${(count / 1000 ** step).toLocaleString("vi-VN", { maximumFractionDigits: 1 })} ${units[step - 1]}`;
}

function busy(isBusy) {
  $("moved").hidden = true;
  for (const id of ["select", "sign", "sign-file", "pick", "login"]) $(id).disabled = isBusy || !connect.watching;
  $("connect").disabled = isBusy;
  $("cancel").disabled = !isBusy;
}

function showTokens(tokens) {
  const lines = tokens.map(({ label, reader }) => element("li", `${label} (${reader})`));
  $("tokens").replaceChildren(...(lines.length ? lines : [element("li", "Chưa cắm USB token nào.")]));
}

function say(text) {
  $("status").textContent = text;
  delete $("status").dataset.kind;
}

function complain(error) {
  if (!error.text) console.error(error);
  say(error.text ? `${error.text("vi")} (${error.code})` : String(error));
  $("status").dataset.kind = "bad";
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

function day(time) {
  return new Date(time).toLocaleDateString("vi-VN");
}
