"""Pages have files verified; our own window alone says whom this machine believes."""

from base64 import b64decode, b64encode
from pathlib import Path

import pytest

from agent.formats.registry import format_for
from tests.support.edge import NobodyBelieved, running
from tests.support.pki import NOW, Authority, Holder, Urls

CONTENT = b"<Hoso><CKy_Dvi/></Hoso>"
#: It names no address: nobody can be asked about it.
CA = Authority.under(Authority.root(), "Silent CA", urls=Urls())


def signed(profile: str, holder: Holder) -> bytes:
    made = format_for(profile).prepare(CONTENT, certificate=holder.der, signing_time=NOW)
    value = made.complete(holder.sign(made.digest))
    assert isinstance(value, bytes)
    return value


def inline(octets: bytes) -> dict[str, str]:
    return {"document": b64encode(octets).decode()}


class TestVerify:
    async def test_by_what_this_machine_believes(self, tmp_path: Path) -> None:
        believed = NobodyBelieved(tmp_path / "trust")
        async with running(tmp_path, believed=believed) as agent, agent.page() as page:
            await page.hello()
            file = inline(signed("bhxh-hoso", CA.issue()))

            nobody = (await page.call("verify", source=file, name="a.xml"))["report"]
            believed.trust.add(Authority.root().pem + CA.pem)
            somebody = (await page.call("verify", source=file, name="a.xml"))["report"]

        assert (nobody["verdict"], nobody["kind"], nobody["size"]) == (
            "uncertain",
            "xml",
            len(b64decode(file["document"])),
        )
        assert nobody["signatures"][0]["warnings"] == ["no_trusted_roots"]
        assert somebody["signatures"][0]["warnings"] == ["revocation_unknown"]
        assert somebody["signatures"][0]["signer"]["mst"] == ["0101300842"]

    @pytest.mark.parametrize(("language", "word"), [("vi", "chứng thư gốc"), ("en", "root")])
    async def test_codes_come_with_their_words(
        self, tmp_path: Path, language: str, word: str
    ) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello(language=language)
            file = inline(signed("jws", CA.issue()))

            report = (await page.call("verify", source=file, name="a.jws"))["report"]

        assert word in report["words"]["no_trusted_roots"]

    async def test_a_detached_one_needs_its_content(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            asked = {"source": inline(signed("cades-detached", CA.issue())), "name": "a.p7s"}

            without = (await page.call("verify", **asked))["report"]
            wrong = (await page.call("verify", **asked, content=inline(b"other")))["report"]
            right = await page.call(
                "verify", **asked, content=inline(CONTENT), content_name="hồ sơ.xml"
            )

        assert (without["broken"], without["signatures"]) == ("content", [])
        assert wrong["broken"] == "digest"
        assert wrong["words"]["digest"].startswith("Nội dung đã bị sửa")
        assert (right["report"]["broken"], right["report"]["content"]) == ("", "hồ sơ.xml")

    async def test_what_is_no_signed_file_is_a_report_too(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            answer = await page.call("verify", source=inline(b"PK\3\4"), name="a.zip")

        assert (answer["report"]["verdict"], answer["report"]["broken"]) == ("invalid", "unknown")

    async def test_what_is_dangerous_to_read_is_an_error(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            refused = await page.refused("verify", source=inline(b"<!DOCTYPE a><a/>"), name="a")

        assert refused["code"] == "document_has_dtd"

    async def test_a_stranger_may_not(self, tmp_path: Path) -> None:
        async with running(tmp_path, allowed=()) as agent, agent.page() as page:
            await page.hello()
            refused = await page.refused("verify", source=inline(b"x"), name="a")

        assert refused["code"] == "not_allowed"


class TestTrust:
    async def test_is_listed_added_to_and_removed_from(self, tmp_path: Path) -> None:
        root = Authority.root()
        async with running(tmp_path) as agent, agent.own_window() as window:
            before = await window.call("trust.list")
            added = await window.call("trust.add", certificates=root.pem + CA.pem)
            removed = await window.call("trust.remove", certificate=root.id)
            again = await window.call("trust.remove", certificate=root.id)
            after = await window.call("trust.list")

        assert before["certificates"] == []
        kinds = {(one["holder"], one["kind"], one["source"]) for one in added["certificates"]}
        assert kinds == {
            ("Test National Root CA", "root", "user"),
            ("Silent CA", "intermediate", "user"),
        }
        assert (removed, again) == ({"removed": True}, {"removed": False})
        assert [one["id"] for one in after["certificates"]] == [CA.id]

    async def test_takes_only_authorities(self, tmp_path: Path) -> None:
        async with running(tmp_path) as agent, agent.own_window() as window:
            refused = await window.refused("trust.add", certificates=CA.issue().pem)
            listed = await window.call("trust.list")

        assert refused["code"] == "certificate_unsuitable"
        assert listed["certificates"] == []

    @pytest.mark.parametrize("method", ["trust.list", "trust.add", "trust.remove"])
    async def test_is_not_for_sites(self, tmp_path: Path, method: str) -> None:
        params = {
            "trust.list": {},
            "trust.add": {"certificates": CA.pem},
            "trust.remove": {"certificate": "ab" * 32},
        }
        async with running(tmp_path) as agent, agent.page() as page:
            await page.hello()
            refused = await page.refused(method, **params[method])

        assert refused["code"] == "not_allowed"
