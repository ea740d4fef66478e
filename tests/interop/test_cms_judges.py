"""Independent programs and we verify each other's CMS: openssl cms, openssl ts and pyHanko.

The must-fail files are a table with their reasons: tests/support/forged_cms.py.
"""

import hashlib
import io
from pathlib import Path

import pytest
from asn1crypto import cms, x509
from cryptography.hazmat.primitives import serialization
from pyhanko.sign import SimpleSigner, timestamps
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.validation import async_validate_cms_signature, async_validate_detached_cms
from pyhanko.sign.validation.status import StandardCMSSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from agent.certificates.timestamp import HttpTimestampAuthority
from agent.errors import DocumentError
from agent.formats.cms import (
    CmsFormat,
    apart,
    is_detached,
    needed_digests,
    timestamped,
    verify,
    verify_timestamp,
)
from agent.formats.content import digested
from agent.keys import Mechanism
from agent.verifying.files import recognise
from tests.support.cms import signature_value, stamp
from tests.support.forged_cms import REFUSES, forgeries
from tests.support.openssl import Desk
from tests.support.pki import NOW, Authority, Holder, ec_key, rsa_key

DOCUMENT = "Hợp đồng số 1\r\n\0".encode()
WAYS = [(m, attached) for m in Mechanism for attached in (True, False)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def holder_for(mechanism: Mechanism, ca: Authority) -> Holder:
    key = ec_key("interop") if "ecdsa" in mechanism else rsa_key("interop")
    return ca.issue("CÔNG TY CỔ PHẦN MẪU", key=key)


def ours(holder: Holder, mechanism: Mechanism, ca: Authority, *, attached: bool) -> bytes:
    way = CmsFormat(attached=attached, mechanisms=(mechanism,), authorities=(ca.der,))
    prepared = way.prepare(DOCUMENT, certificate=holder.der, signing_time=NOW)
    return prepared.complete(holder.sign_by(prepared.mechanism, prepared.digest))


def context(root: Authority) -> ValidationContext:
    return ValidationContext(
        trust_roots=[x509.Certificate.load(root.der)], allow_fetching=False, moment=NOW
    )


async def by_pyhanko(
    signed: bytes, root: Authority, *, content: bytes | None
) -> StandardCMSSignatureStatus:
    data = cms.ContentInfo.load(signed)["content"]
    if content is None:
        return await async_validate_cms_signature(
            data, status_cls=StandardCMSSignatureStatus, validation_context=context(root)
        )
    return await async_validate_detached_cms(
        content,
        data,
        signer_validation_context=context(root),
        ts_validation_context=context(root),
    )


@pytest.mark.parametrize(("mechanism", "attached"), WAYS)
class TestOthersVerifyOurs:
    @pytest.mark.parametrize("bits", [384, 521])
    def test_openssl_with_larger_curves(
        self, desk: Desk, mechanism: Mechanism, bits: int, *, attached: bool
    ) -> None:
        if "ecdsa" in mechanism:
            holder = desk.ca.issue("EC", key=ec_key("interop", bits))
            signed = ours(holder, mechanism, desk.ca, attached=attached)
            assert desk.verifies(signed, content=None if attached else DOCUMENT)

    def test_openssl(self, desk: Desk, mechanism: Mechanism, *, attached: bool) -> None:
        signed = ours(holder_for(mechanism, desk.ca), mechanism, desk.ca, attached=attached)

        assert desk.verifies(signed, content=None if attached else DOCUMENT)
        assert desk.read("out") == DOCUMENT
        assert not desk.verifies(signed, content=DOCUMENT + b"x") or attached

    async def test_pyhanko(self, desk: Desk, mechanism: Mechanism, *, attached: bool) -> None:
        signed = ours(holder_for(mechanism, desk.ca), mechanism, desk.ca, attached=attached)

        status = await by_pyhanko(signed, desk.root, content=None if attached else DOCUMENT)

        assert status.valid
        assert status.intact
        assert status.trusted
        assert attached or status.signer_reported_dt == NOW  # read of detached ones alone


class TestWeVerifyOthers:
    @pytest.mark.parametrize("attached", [True, False])
    @pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
    @pytest.mark.parametrize(
        ("curve", "options"),
        [
            (0, ()),
            (0, ("-keyid",)),
            (0, ("-keyopt", "rsa_padding_mode:pss")),
            (0, ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest")),
            (0, ("-stream", "-indef")),
            (256, ()),
            (384, ()),
            (521, ()),
        ],
        ids=["rsa", "key-id", "pss-longest-salt", "pss", "open-lengths", "p256", "p384", "p521"],
    )
    def test_openssl(
        self, desk: Desk, hash_name: str, curve: int, options: tuple[str, ...], *, attached: bool
    ) -> None:
        key = ec_key("interop", curve) if curve else rsa_key("interop")
        holder = desk.ca.issue(key=key)
        desk.holds(holder)
        desk.write(content=DOCUMENT)
        made = desk.openssl(
            "cms", "-sign", "-cades", "-binary", "-in", "content", "-signer", "certificate",
            "-inkey", "key", "-certfile", "ca", "-md", hash_name, "-outform", "DER",
            "-out", "signed", *(("-nodetach",) if attached else ()), *options,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        signed = desk.read("signed")

        attached = attached or "-stream" in options  # then openssl attaches whatever it is told
        assert is_detached(signed) is not attached
        document = digested(io.BytesIO(DOCUMENT), algorithms=needed_digests(signed))
        (found,) = verify(signed, content=None if attached else document)

        assert found.certificate == holder.der
        assert found.content == (DOCUMENT if attached else None)
        assert set(found.embedded) == {holder.der, desk.ca.der}
        assert "1.2.840.113549.1.9.15" in found.others  # S/MIME capabilities

    def test_openssl_without_cades_is_not_bound_to_its_certificate(self, desk: Desk) -> None:
        desk.holds(desk.ca.issue())
        desk.write(content=DOCUMENT)
        desk.openssl(
            "cms", "-sign", "-binary", "-in", "content", "-signer", "certificate", "-inkey", "key",
            "-outform", "DER", "-nodetach", "-out", "signed",
        )  # fmt: skip

        with pytest.raises(DocumentError) as caught:
            verify(desk.read("signed"))

        assert caught.value.details == {"reason": "binding"}
        (told,) = recognise(desk.read("signed")).signatures(None)
        assert told.warnings == ("certificate_not_bound",)
        assert told.claimed_time is not None

    @pytest.mark.parametrize("options", [(), ("-stream", "-indef")], ids=["der", "open-lengths"])
    def test_openssl_in_large_files(self, desk: Desk, options: tuple[str, ...]) -> None:
        desk.holds(desk.ca.issue())
        content = DOCUMENT * 50_000
        desk.write(content=content)
        made = desk.openssl(
            "cms", "-sign", "-cades", "-binary", "-in", "content", "-signer", "certificate",
            "-inkey", "key", "-md", "sha512", "-outform", "DER", "-nodetach", "-out", "signed",
            *options,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

        found = apart(desk.path / "signed")

        assert (found.place is None) is bool(options)
        assert found.content.digests["sha512"] == hashlib.sha512(content).digest()
        assert verify(found.signature, content=found.content)

    @pytest.mark.parametrize("attached", [True, False])
    @pytest.mark.parametrize("curve", [True, False])
    async def test_pyhanko(self, desk: Desk, *, curve: bool, attached: bool) -> None:
        holder = desk.ca.issue(key=ec_key("interop") if curve else rsa_key("interop"))
        desk.holds(holder)
        signer = SimpleSigner.load(
            str(desk.path / "key"), str(desk.path / "certificate"), ca_chain_files=[]
        )
        assert signer is not None

        made = await signer.async_sign_general_data(
            DOCUMENT,
            "sha256",
            detached=not attached,
            signed_attr_settings=PdfCMSSignedAttributes(
                signing_time=NOW, cades_signed_attrs=CAdESSignedAttrSpec()
            ),
        )

        (found,) = verify(made.dump(), content=None if attached else DOCUMENT)
        assert found.certificate == holder.der
        assert found.signing_time == NOW


class TestForgeries:
    def test_openssl_is_told_apart_from_us_by_name(self, desk: Desk) -> None:
        """Where it accepts what we refuse, the table says why; so does every change of it."""
        judged, expected = {}, {}
        for forgery in forgeries(desk.ca, desk.ca.issue()):
            desk.write(root=desk.root.pem + desk.ca.pem)
            accepted = desk.verifies(forgery.signed, content=forgery.content)
            judged[forgery.name] = "accepts" if accepted else REFUSES
            expected[forgery.name] = REFUSES if forgery.openssl == REFUSES else "accepts"

        assert judged == expected

    async def test_pyhanko_takes_none_whose_content_or_key_is_wrong(self, desk: Desk) -> None:
        wanted = {"wrong-key", "content-swapped", "message-digest-forged", "second-signature-bad"}
        for forgery in forgeries(desk.ca, desk.ca.issue()):
            if forgery.name in wanted:
                wanted.remove(forgery.name)
                try:
                    status = await by_pyhanko(forgery.signed, desk.root, content=None)
                except Exception:
                    continue
                assert not (status.valid and status.intact)
        assert not wanted


TSA_CONFIGURATION = b"""
[tsa]
default_tsa = here
[here]
serial = serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.55555.1
digests = sha256, sha384, sha512
ess_cert_id_alg = %s
"""


class TestTimestamps:
    @pytest.fixture
    def tsa(self, desk: Desk) -> Holder:
        return desk.ca.stamping()

    @pytest.mark.parametrize("ess", [b"sha1", b"sha256"])
    @pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
    def test_we_verify_tokens_of_openssl(
        self, desk: Desk, tsa: Holder, hash_name: str, ess: bytes
    ) -> None:
        desk.holds(tsa)
        holder = desk.ca.issue()
        before = ours(holder, Mechanism.RSA_PKCS1_SHA256, desk.ca, attached=False)
        desk.write(value=signature_value(before), serial=b"01", config=TSA_CONFIGURATION % ess)
        asked = desk.openssl(
            "ts", "-query", "-data", "value", f"-{hash_name}", "-cert", "-out", "request"
        )
        answered = desk.openssl(
            "ts", "-reply", "-config", "config", "-section", "here", "-queryfile", "request",
            "-signer", "certificate", "-inkey", "key", "-chain", "ca", "-token_out",
            "-out", "token",
        )  # fmt: skip
        assert asked.returncode == answered.returncode == 0, answered.stderr
        token = desk.read("token")

        found = verify_timestamp(token, stamped=signature_value(before))
        after = timestamped(before, token)

        assert found.certificate == tsa.der
        assert desk.verifies(after, content=DOCUMENT)
        (verified,) = verify(after, content=DOCUMENT)
        assert verified.timestamps == (token,)

    async def test_openssl_answers_what_we_ask(self, desk: Desk, tsa: Holder) -> None:
        desk.holds(tsa)
        desk.write(serial=b"01", config=TSA_CONFIGURATION % b"sha256")

        class Openssl:
            async def fetch(self, _url: str, *, body: bytes, **_: object) -> bytes:
                desk.write(request=body)
                answered = desk.openssl(
                    "ts", "-reply", "-config", "config", "-section", "here", "-queryfile",
                    "request", "-signer", "certificate", "-inkey", "key", "-out", "answer",
                )  # fmt: skip
                assert answered.returncode == 0, answered.stderr
                return desk.read("answer")

        authority = HttpTimestampAuthority(Openssl(), "http://tsa.example.vn", timeout_seconds=5)
        token = await authority.stamp(hashlib.sha256(b"value").digest())

        assert verify_timestamp(token, stamped=b"value").certificate == tsa.der
        desk.write(value=b"value")
        judged = desk.openssl(
            "ts", "-verify", "-queryfile", "request", "-in", "answer", "-CAfile", "root",
            "-untrusted", "ca",
        )  # fmt: skip
        assert b"Verification: OK" in judged.stdout, judged.stderr

    def test_openssl_finds_the_token_beside_our_signature(self, desk: Desk, tsa: Holder) -> None:
        before = ours(desk.ca.issue(), Mechanism.RSA_PKCS1_SHA256, desk.ca, attached=True)
        token = stamp(tsa, signature_value(before), certificates=[tsa, desk.ca])
        after = timestamped(before, token)
        (verified,) = verify(after)
        desk.write(value=verified.signature, token=verified.timestamps[0])

        judged = desk.openssl(
            "ts", "-verify", "-data", "value", "-in", "token", "-token_in", "-CAfile", "root",
        )  # fmt: skip

        assert b"Verification: OK" in judged.stdout, judged.stderr
        assert desk.verifies(after)

    async def test_pyhanko_finds_the_token_beside_our_signature(
        self, desk: Desk, tsa: Holder
    ) -> None:
        before = ours(desk.ca.issue(), Mechanism.RSA_PKCS1_SHA256, desk.ca, attached=False)
        token = stamp(tsa, signature_value(before), certificates=[tsa, desk.ca])

        status = await by_pyhanko(timestamped(before, token), desk.root, content=DOCUMENT)

        assert status.timestamp_validity is not None
        assert status.timestamp_validity.valid
        assert status.timestamp_validity.trusted
        assert status.timestamp_validity.timestamp == NOW

    async def test_we_find_the_token_beside_a_signature_of_pyhanko(
        self, desk: Desk, tsa: Holder
    ) -> None:
        desk.holds(desk.ca.issue())
        signer = SimpleSigner.load(
            str(desk.path / "key"), str(desk.path / "certificate"), ca_chain_files=[]
        )
        assert signer is not None
        stamper = timestamps.DummyTimeStamper(
            tsa_cert=x509.Certificate.load(tsa.der),
            tsa_key=_private_key(tsa),
            certs_to_embed=SimpleCertificateStore.from_certs([x509.Certificate.load(desk.ca.der)]),
            fixed_dt=NOW,
        )
        made = await signer.async_sign_general_data(
            DOCUMENT,
            "sha256",
            timestamper=stamper,
            signed_attr_settings=PdfCMSSignedAttributes(
                signing_time=NOW, cades_signed_attrs=CAdESSignedAttrSpec()
            ),
        )

        (found,) = verify(made.dump(), content=DOCUMENT)
        (token,) = found.timestamps
        assert verify_timestamp(token, stamped=found.signature).at == NOW


def _private_key(holder: Holder):
    from asn1crypto import keys

    return keys.PrivateKeyInfo.load(
        holder.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
