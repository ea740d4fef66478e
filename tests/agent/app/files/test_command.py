"""`kyso-agent sign`, `verify` and `certificates`, as a user or a script types them."""

import contextlib
import json
import os
import pty
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509

from agent.app.exits import Exit
from agent.formats.cms import CmsFormat, verify
from tests.agent.app.files.conftest import Office
from tests.support import pdf
from tests.support.agent_process import ROOT
from tests.support.cms import answer
from tests.support.pki import NOW, Holder
from tests.support.waiting import eventually

DOSSIER = b"<Hoso><NoiDung>Th\xc3\xb4ng tin</NoiDung><CKy_Dvi/></Hoso>"
MINE = ("--mst", "0101300842", "--certificate")


@pytest.fixture
def file(office: Office) -> Path:
    path = office.directory / "hồ sơ.xml"
    path.write_bytes(DOSSIER)
    return path


class TestSign:
    @pytest.mark.parametrize(
        ("profile", "name"),
        [
            ("bhxh-hoso", "hồ sơ.signed.xml"),
            ("cades-attached", "hồ sơ.xml.p7m"),
            ("cades-detached", "hồ sơ.xml.p7s"),
            ("jws", "hồ sơ.xml.jws"),
            ("jws-detached", "hồ sơ.xml.jws"),
            ("asic-e", "hồ sơ.xml.asice"),
        ],
    )
    async def test_by_every_profile(
        self, office: Office, file: Path, profile: str, name: str
    ) -> None:
        done = await office.signs(file, profile, *MINE, office.unit.id)

        assert done.returncode == Exit.OK, done.stderr
        assert f"Đã ký: {file.with_name(name)}\n" in done.stdout
        assert file.read_bytes() == DOSSIER
        judged = await office.here("verify", file.with_name(name))
        assert judged.returncode == Exit.OK, judged.stdout + judged.stderr
        assert "CHỮ KÝ HỢP LỆ" in judged.stdout
        assert "0101300842" in judged.stdout
        listed = await office.here("journal", "list")
        assert "signed  sign  'hồ sơ.xml'  native:kyso-agent" in listed.stdout

    async def test_a_pdf(self, office: Office) -> None:
        file = office.directory / "hợp đồng.pdf"
        file.write_bytes(pdf.file(pages=2))

        done = await office.signs(file, "pades", *MINE, office.unit.id)

        assert done.returncode == Exit.OK, done.stderr
        judged = await office.here("verify", file.with_name("hợp đồng.signed.pdf"))
        assert judged.returncode == Exit.OK, judged.stdout + judged.stderr
        assert "CHỮ KÝ HỢP LỆ" in judged.stdout

    async def test_a_key_on_a_curve(self, office: Office, file: Path) -> None:
        listed = json.loads((await office.types("certificates", "--json")).stdout)
        (curve,) = [one["id"] for one in listed if one["holder"] == "EC"]

        done = await office.signs(file, "cades-detached", "--certificate", curve)

        assert done.returncode == Exit.OK, done.stderr
        judged = await office.here("verify", file.with_name("hồ sơ.xml.p7s"), "--language", "en")
        assert "ecdsa-sha256" in judged.stdout

    async def test_a_file_too_large_to_be_held(self, office: Office) -> None:
        """Detached it is signed from its hash, others copy it; JWS must hold it."""
        large = office.directory / "lớn.tif"
        with large.open("wb") as sparse:
            sparse.truncate(65 * 1024 * 1024)

        jws = await office.signs(large, "jws", *MINE, office.unit.id)

        assert jws.returncode == Exit.FAILED
        assert "quá lớn" in jws.stderr
        for profile, suffix in (
            ("cades-detached", ".p7s"), ("cades-attached", ".p7m"), ("asic-e", ".asice")
        ):  # fmt: skip
            done = await office.signs(large, profile, *MINE, office.unit.id)
            assert done.returncode == Exit.OK, done.stderr
            judged = await office.here("verify", large.with_name(f"lớn.tif{suffix}"))
            assert judged.returncode == Exit.OK, judged.stdout
        assert sorted(p.name for p in large.parent.iterdir() if "lớn" in p.name) == [
            "lớn.tif", "lớn.tif.asice", "lớn.tif.p7m", "lớn.tif.p7s"
        ]  # fmt: skip
        assert not list(large.parent.glob(".kyso-*"))

    async def test_by_hash_and_padding_of_choice(self, office: Office, file: Path) -> None:
        done = await office.signs(
            file, "cades-detached", *MINE, office.unit.id, "--hash", "sha512", "--padding", "pss"
        )

        assert done.returncode == Exit.OK, done.stderr
        judged = await office.here("verify", file.with_name("hồ sơ.xml.p7s"), "--language", "en")
        assert "rsa-pss-sha512" in judged.stdout

    async def test_a_choice_that_the_profile_has_not(self, office: Office, file: Path) -> None:
        done = await office.signs(file, "jws", *MINE, office.unit.id, "--stamp-page", "1")

        assert done.returncode == Exit.USAGE
        assert "(stamp)" in done.stderr
        assert not file.with_name("hồ sơ.xml.jws").exists()

    async def test_where_the_user_says(self, office: Office, file: Path) -> None:
        out = office.directory / "out"

        done = await office.signs(file, "jws", *MINE, office.unit.id, "--out", str(out))

        assert (done.returncode, out.exists()) == (Exit.OK, True)

    async def test_never_over_another_file(self, office: Office, file: Path) -> None:
        other = file.with_name("hồ sơ.xml.p7s")
        other.write_bytes(b"something else")
        words = (file, "cades-detached", *MINE, office.unit.id)

        done = await office.signs(*words)

        assert done.returncode == Exit.USAGE
        assert "--overwrite" in done.stderr
        assert other.read_bytes() == b"something else"
        assert (await office.signs(*words, "--overwrite")).returncode == Exit.OK
        assert (await office.here("verify", other)).returncode == Exit.OK
        assert [path.name for path in file.parent.glob(".*")] == []

    async def test_refused_it_leaves_nothing(self, office: Office, file: Path) -> None:
        done = await office.signs(file, "cades-detached", *MINE, office.unit.id, sign="refuse")

        assert done.returncode == Exit.FAILED
        assert "từ chối" in done.stderr
        assert not file.with_name("hồ sơ.xml.p7s").exists()

    async def test_without_anybody_to_ask(self, office: Office, file: Path) -> None:
        done = await office.types("sign", file, "--profile", "jws", *MINE, office.unit.id)

        assert done.returncode == Exit.FAILED
        assert done.stdout == ""
        assert not file.with_name("hồ sơ.xml.jws").exists()

    @pytest.mark.parametrize("wrong", ["--mst=123", "--profile=xades"])
    async def test_wrong_arguments(self, office: Office, file: Path, wrong: str) -> None:
        assert (await office.signs(file, "jws", wrong)).returncode == Exit.USAGE

    async def test_a_document_that_cannot_be_signed(self, office: Office, file: Path) -> None:
        file.write_bytes(b"<!DOCTYPE a><a/>")

        done = await office.signs(file, "bhxh-hoso", *MINE, office.unit.id)

        assert done.returncode == Exit.FAILED
        assert "DTD" in done.stderr

    async def test_no_such_file(self, office: Office, file: Path) -> None:
        done = await office.signs(file.with_name("none"), "jws")

        assert done.returncode == Exit.FAILED
        assert not file.with_name("none.jws").exists()


class TestTimestamps:
    @pytest.fixture
    def tsa(self, office: Office) -> Holder:
        authority = office.ca.stamping()

        async def handler(request: web.Request) -> web.Response:
            # By the clock, as the command is: the test PKI's own moment is the suite's start.
            now = datetime.now(UTC).replace(microsecond=0)
            return web.Response(body=answer(await request.read(), authority, at=now))

        office.responder.override["/tsa"] = handler
        office.configure(f'[timestamp]\nurl = "{office.responder.url}/tsa"\n')
        return authority

    @pytest.mark.usefixtures("tsa")
    @pytest.mark.parametrize("profile", ["cades-attached", "cades-detached"])
    async def test_prove_the_time(self, office: Office, file: Path, profile: str) -> None:
        out = office.directory / "out"
        words = (*MINE, office.unit.id, "--timestamp", "--out", str(out))

        done = await office.signs(file, profile, *words)

        assert done.returncode == Exit.OK, done.stderr
        judged = await office.here("verify", out, *content_of(profile, file))
        assert judged.returncode == Exit.OK, judged.stdout
        assert "dấu thời gian xác nhận" in judged.stdout
        assert "Test Time Stamping Authority" in judged.stdout

    @pytest.mark.usefixtures("tsa")
    async def test_and_evidence_with_them(self, office: Office, file: Path) -> None:
        words = (*MINE, office.unit.id, "--level", "B-LT")

        done = await office.signs(file, "cades-detached", *words)

        assert done.returncode == Exit.OK, done.stderr
        (found,) = verify(file.with_name("hồ sơ.xml.p7s").read_bytes(), content=DOSSIER)
        assert {office.root.der, office.ca.der, office.unit.der} < set(found.embedded)
        assert len(found.ocsp_responses) == 3
        assert (await office.here("verify", file.with_name("hồ sơ.xml.p7s"))).returncode == Exit.OK

    @pytest.mark.usefixtures("tsa")
    async def test_without_evidence_they_are_there(self, office: Office, file: Path) -> None:
        office.responder.down("/ca/ocsp", "/ca/crl")

        done = await office.signs(
            file, "asic-e", *MINE, office.unit.id, "--level", "B-LT", "--language", "en"
        )

        assert done.returncode == Exit.NOT_STAMPED
        assert "ONLY as B-T" in done.stderr
        assert file.with_name("hồ sơ.xml.asice").exists()

    @pytest.mark.usefixtures("tsa")
    async def test_that_cannot_be_had_leave_the_signature(self, office: Office, file: Path) -> None:
        office.responder.down("/tsa")

        done = await office.signs(file, "cades-detached", *MINE, office.unit.id, "--timestamp")

        assert done.returncode == Exit.NOT_STAMPED
        assert "CHƯA đóng được dấu thời gian" in done.stderr
        judged = await office.here("verify", file.with_name("hồ sơ.xml.p7s"))
        assert judged.returncode == Exit.OK

    async def test_need_an_authority(self, office: Office, file: Path) -> None:
        done = await office.signs(file, "cades-detached", *MINE, office.unit.id, "--timestamp")

        assert done.returncode == Exit.USAGE
        assert not file.with_name("hồ sơ.xml.p7s").exists()

    @pytest.mark.usefixtures("tsa")
    async def test_need_a_profile_that_has_them(self, office: Office, file: Path) -> None:
        done = await office.signs(file, "jws", *MINE, office.unit.id, "--timestamp")

        assert done.returncode == Exit.USAGE


def content_of(profile: str, file: Path) -> tuple[str | Path, ...]:
    return ("--content", file) if profile.endswith("detached") else ()


class TestTokens:
    async def test_are_listed_with_their_pins(self, office: Office) -> None:
        listed = await office.types("tokens")
        told = json.loads((await office.types("tokens", "--json")).stdout)

        assert "Token đơn vị" in listed.stdout
        assert "Mã PIN: bình thường" in listed.stdout
        assert [one["label"] for one in told] == ["Token đơn vị"]
        assert told[0]["pin"]["locked"] is False


class TestVerify:
    @pytest.fixture
    def signed(self, office: Office, file: Path) -> Path:
        made = CmsFormat(attached=False).prepare(
            DOSSIER, certificate=office.unit.der, signing_time=NOW
        )
        path = file.with_name("hồ sơ.xml.p7s")
        path.write_bytes(made.complete(office.unit.sign(made.digest)))
        return path

    async def test_content_that_was_changed(self, office: Office, file: Path, signed: Path) -> None:
        file.write_bytes(DOSSIER + b"\n")

        judged = await office.here("verify", signed)

        assert judged.returncode == Exit.SIGNATURE_INVALID
        assert "CHỮ KÝ KHÔNG HỢP LỆ" in judged.stdout
        assert "bị sửa sau khi ký" in judged.stdout

    async def test_content_elsewhere(self, office: Office, file: Path, signed: Path) -> None:
        moved = file.rename(office.directory / "elsewhere")

        assert (await office.here("verify", signed)).returncode == Exit.SIGNATURE_INVALID
        judged = await office.here("verify", signed, "--content", moved)
        assert judged.returncode == Exit.OK

    @pytest.mark.usefixtures("file")
    async def test_revoked_since(self, office: Office, signed: Path) -> None:
        serial = office.unit.certificate.serial_number
        office.ca.revoked[serial] = x509.ReasonFlags.key_compromise

        judged = await office.here("verify", signed)

        assert judged.returncode == Exit.SIGNATURE_INVALID
        assert "ĐÃ BỊ THU HỒI" in judged.stdout

    async def test_when_nobody_can_be_asked(self, office: Office, signed: Path) -> None:
        office.responder.down("/ca/ocsp", "/ca/crl")

        judged = await office.here("verify", signed)

        assert judged.returncode == Exit.SIGNATURE_UNCERTAIN
        assert "CHƯA kiểm tra được" in judged.stdout

    async def test_as_a_program(self, office: Office, signed: Path) -> None:
        assert (await office.types("verify", signed)).returncode == Exit.OK

    async def test_for_scripts(self, office: Office, signed: Path) -> None:
        judged = await office.here("verify", signed, "--json")

        found = json.loads(judged.stdout)
        assert (found["verdict"], found["kind"], found["content"]) == ("valid", "cms", "hồ sơ.xml")
        assert found["signatures"][0]["signer"]["mst"] == ["0101300842"]

    async def test_another_kind_of_file(self, office: Office, file: Path) -> None:
        file.write_bytes(b"PK\x03\x04")

        judged = await office.here("verify", file)

        assert judged.returncode == Exit.SIGNATURE_INVALID
        assert "không phải loại tệp chữ ký" in judged.stdout

    async def test_a_document_that_is_dangerous_to_read(self, office: Office, file: Path) -> None:
        file.write_bytes(b"<!DOCTYPE a><a/>")

        judged = await office.here("verify", file)

        assert judged.returncode == Exit.FAILED
        assert "DTD" in judged.stderr

    async def test_no_such_file(self, office: Office, file: Path) -> None:
        assert (await office.here("verify", file.with_name("none"))).returncode == Exit.FAILED


class TestCertificates:
    async def test_are_listed_with_what_is_known(self, office: Office) -> None:
        listed = await office.types("certificates")

        assert listed.returncode == Exit.OK, listed.stderr
        assert "CÔNG TY CỔ PHẦN MẪU  MST 0101300842" in listed.stdout
        assert "Đang hiệu lực" in listed.stdout
        assert "Token đơn vị" in listed.stdout
        assert office.unit.id in listed.stdout

    async def test_none(self, office: Office) -> None:
        office.agent.directory.joinpath("agent.toml").write_text("[modules]\ndiscover = false\n")

        listed = await office.types("certificates", "--language", "en")

        assert (listed.returncode, listed.stderr) == (Exit.OK, "")
        assert listed.stdout.startswith("There is no certificate")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals")
class TestAtATerminal:
    async def test_the_pin_is_typed_where_the_command_was(self, office: Office, file: Path) -> None:
        child, far = pty.fork()
        if child == 0:  # this is the command, with a terminal of its own
            os.chdir(ROOT)
            environment = office.agent._environment
            words = ["-m", "agent", "sign", str(file), "--profile", "cades-detached"]
            words += ["--certificate", office.unit.id, *office.agent.options]
            os.execve(sys.executable, [sys.executable, *words], environment)
        screen = ""
        os.set_blocking(far, False)

        def shown(words: str) -> bool:
            nonlocal screen
            with contextlib.suppress(BlockingIOError, OSError):
                screen += os.read(far, 65536).decode("utf-8", "replace")
            return words in screen

        await eventually(lambda: shown("để trống = từ chối"), "the question for the PIN")
        os.write(far, b"12345678\n")
        await eventually(lambda: shown("Đã ký: "), "the signed file")
        _, status = os.waitpid(child, 0)
        os.close(far)

        assert os.waitstatus_to_exitcode(status) == Exit.OK
        assert "kyso-agent" in screen
        assert "SHA-256" in screen
        assert "12345678" not in screen
        judged = await office.here("verify", file.with_name("hồ sơ.xml.p7s"))
        assert judged.returncode == Exit.OK
