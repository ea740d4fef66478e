"""Documents of every kind are signed for a page, one and many, and looked at in Kiểm tra chữ ký.

With real programs: the page's own JavaScript client, the agent, SoftHSM, the sandbox's authority
with its OCSP responder.
"""

import base64
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.flows.clerk import Clerk
from tests.flows.conftest import NewCertificate, PlugIn
from tests.support import pdf

pytestmark = pytest.mark.browser

#: As any web app does it: the module of the protocol, a Blob in, a Blob out.
_SIGN = """
async ([text, name, profile]) => {
  const { OpenKySo } = await import("/protocol/openkyso.js");
  const agent = await OpenKySo.connect({ client: "Thử" });
  await agent.requestSite();
  const octets = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const signed = await agent.signDocument({ document: new Blob([octets]), name, profile });
  const made = new Uint8Array(await signed.document.arrayBuffer());
  agent.close();
  return btoa(Array.from(made, (octet) => String.fromCharCode(octet)).join(""));
}
"""


def sign(clerk: Clerk, document: bytes, name: str, profile: str) -> bytes:
    text = base64.b64encode(document).decode()
    return base64.b64decode(clerk.page.evaluate(_SIGN, [text, name, profile]))


def look_at(clerk: Clerk, name: str, octets: bytes) -> None:
    clerk.page.get_by_role("link", name="Kiểm tra chữ ký", exact=True).click()
    clerk.page.locator("input[type=file]").first.set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": octets}
    )


def test_a_pdf_is_good_until_somebody_changes_it(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    plug_in(issue())
    clerk.registers()
    signed = sign(clerk, pdf.file(text="Hop dong 1000"), "hợp đồng.pdf", "pades")

    look_at(clerk, "hợp đồng.pdf", signed)

    clerk.sees("Chữ ký hợp lệ", seconds=20)
    report = clerk.page.locator("article.report")
    expect(report).to_contain_text("CÔNG TY TNHH THỬ NGHIỆM")
    expect(report).to_contain_text("Toàn bộ tệp")
    expect(report).to_contain_text("Chưa bị thu hồi (OCSP")

    clerk.press("Kiểm tra tệp khác")
    look_at(clerk, "hợp đồng.pdf", signed.replace(b"Hop dong 1000", b"Hop dong 9999"))

    clerk.sees("Chữ ký KHÔNG hợp lệ", seconds=20)


def test_a_detached_signature_is_looked_at_with_its_content(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn, tmp_path: Path
) -> None:
    plug_in(issue())
    clerk.registers()
    content = "một tệp bất kỳ".encode() * 100_000  # more than fits into a message
    signature = sign(clerk, content, "tệp.bin", "cades-detached")

    look_at(clerk, "tệp.bin.p7s", signature)
    clerk.sees("Chữ ký này nằm ở tệp riêng", seconds=20)
    (tmp_path / "tệp.bin").write_bytes(content)
    clerk.page.locator("input[type=file]").first.set_input_files(tmp_path / "tệp.bin")

    clerk.sees("Chữ ký hợp lệ", seconds=20)
    expect(clerk.page.locator("article.report")).to_contain_text("tệp.bin")


#: One window, one PIN; what becomes of each, in the order in which they were added.
_SIGN_ALL = """
async (documents) => {
  const { OpenKySo } = await import("/protocol/openkyso.js");
  const agent = await OpenKySo.connect({ client: "Thử" });
  await agent.requestSite();
  const batch = await agent.batch({ reason: "Cả lô" });
  for (const [text, name, profile] of documents) {
    const octets = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    await batch.add({ document: new Blob([octets]), name, profile });
  }
  const told = [];
  const onDocument = async ({ index, outcome, document, error }) => {
    const made = document && new Uint8Array(await document.arrayBuffer());
    const text = made && btoa(Array.from(made, (octet) => String.fromCharCode(octet)).join(""));
    told[index] = [outcome, text ?? error?.code];
  };
  const { signed, failed, left } = await batch.sign({ onDocument });
  await batch.close();
  agent.close();
  return { signed, failed, left, told };
}
"""


def test_a_batch_of_all_kinds_is_signed_under_one_pin_and_each_is_good(
    clerk: Clerk, issue: NewCertificate, plug_in: PlugIn
) -> None:
    plug_in(issue(), pin="12345678")
    clerk.registers()
    documents = [
        (pdf.file(text="Hop dong"), "hợp đồng.pdf", "pades"),
        (b"<Hoso><CKy_Dvi/></Hoso>", "hồ sơ.xml", "bhxh-hoso"),
        (b"<!DOCTYPE a><Hoso><CKy_Dvi/></Hoso>", "nguy hiểm.xml", "bhxh-hoso"),
        (b"<a><b>1</b></a>", "chung.xml", "xml"),
        (b"content", "tệp.txt", "cades-attached"),
        (b"content", "tệp.txt", "jws"),
        (b"content", "tệp.txt", "asic-e"),
    ]
    asked = [[base64.b64encode(d).decode(), name, profile] for d, name, profile in documents]

    done = clerk.page.evaluate(_SIGN_ALL, asked)

    assert (done["signed"], done["failed"], done["left"]) == (6, 1, 0)
    assert done["told"][2] == ["failed", "document_has_dtd"]
    for (_, name, _), (outcome, text) in zip(documents, done["told"], strict=True):
        if outcome == "signed":
            look_at(clerk, name, base64.b64decode(text))
            clerk.sees("Chữ ký hợp lệ", seconds=20)
            clerk.press("Kiểm tra tệp khác")
