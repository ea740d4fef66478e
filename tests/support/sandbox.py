"""The sandbox for tests: in this process, or as a program of its own; and dossiers to send it.

async with sandbox_here(tmp_path) as sandbox:            # webui.sandbox.service.Sandbox
    company = subscriber(sandbox.authority, mst="9900000143")
    document = signed_dossier(company)
    answer = await post(sandbox, document)

with SandboxProgram(tmp_path) as program:                # nothing shared with the test
    program.places["gateway_url"]; program.set_faults(down=True); program.dossiers()
    company = program.subscriber(mst="9900000143")
"""

import itertools
import json
import subprocess
import sys
import urllib.request
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, SignatureConstructionMethod
from signxml.signer import XMLSigner

from webui.bhxh import certificate, form05
from webui.bhxh.mst import canonical_mst, check_digit
from webui.sandbox.ca import Authority, Order, keys
from webui.sandbox.ca.architecture import OURS
from webui.sandbox.gateway.faults import Faults
from webui.sandbox.service import IVAN_PASSWORD, IVAN_USER, Plan, Sandbox, running


@dataclass(frozen=True)
class Subscriber:
    """A company with a certificate and, unlike in life, its key at hand."""

    key: rsa.RSAPrivateKey
    certificate: bytes  # DER

    @property
    def facts(self) -> certificate.CertificateFacts:
        return certificate.read(self.certificate)


@dataclass(frozen=True, kw_only=True)
class HsmAccount:
    """What a user types to add it, and the certificate of its key."""

    host: str
    account: str
    password: str
    fields: dict[str, str]
    certificate: bytes  # DER


@asynccontextmanager
async def sandbox_here(
    data: Path, *, with_token: bool = False, with_hsm: bool = False, **faults: Any
) -> AsyncIterator[Sandbox]:
    """On free ports, deciding at once unless told otherwise. Start it again on the same folder and
    everything is still there.
    """
    hand_keys_to(data / "ca")
    wishes = Faults(**{"decide_after": 0.0, **faults})
    plan = Plan(data=data, first_port=0, with_token=with_token, with_hsm=with_hsm, faults=wishes)
    with few_keys():
        async with running(plan) as sandbox:
            yield sandbox


def subscriber(
    authority: Authority, *, mst: str = "9900000143", name: str = "CÔNG TY THỬ", **order: Any
) -> Subscriber:
    """`order` as in webui.sandbox.ca.Order (not_before, not_after, uids, …)."""
    key = _a_key()
    uids = order.pop("uids", (f"MST:{mst}",))
    wish = Order(name=name, uids=uids, public_key=public_key(key), **order)
    return Subscriber(key=key, certificate=authority.issue(wish))


def _a_key() -> rsa.RSAPrivateKey:
    """One of a few: making them is what takes the time, and nothing here asks that they differ."""
    return _key(next(_NUMBERS) % 8)


_NUMBERS = itertools.count()


@contextmanager
def few_keys() -> Iterator[None]:
    """The keys that the sandbox makes for itself are of a few, too; none is a subscriber's."""
    with patch.object(keys, "new", lambda: _key(200 + next(_NUMBERS) % 8)):
        yield


@cache
def _key(_number: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def hand_keys_to(folder: Path) -> None:
    """The CA finds keys and makes none: every sandbox has another root, but not other keys."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, label in enumerate(OURS, start=100):
        path = folder / f"{label}.key.pem"
        if not path.exists():
            path.write_bytes(_pem(number))


@cache
def _pem(number: int) -> bytes:
    return keys.pem(_key(number))


def public_key(key: rsa.RSAPrivateKey) -> bytes:
    """SubjectPublicKeyInfo, DER."""
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def nth_mst(number: int) -> str:
    """An MST nobody has, with its check digit: the `number`-th from 990010000…"""
    found = -1
    for head in range(990010000, 990100000):
        digit = check_digit(str(head))
        found += digit is not None
        if found == number:
            return f"{head}{digit}"
    raise AssertionError("that many companies there are not")


def form_for(company: Subscriber, **changes: Any) -> form05.Form05:
    """A form 05 that asks to register `company`'s certificate; `changes` are fields of Form05."""
    facts = company.facts
    mst = facts.mst[0] if facts.mst else canonical_mst("9900000143")
    new = form05.FormCertificate(
        serial=facts.serial,
        subject=facts.subject,
        issuer=facts.issuer,
        begin=facts.not_before.astimezone(form05.HANOI).date(),
        end=facts.not_after.astimezone(form05.HANOI).date(),
    )
    form = form05.Form05(
        ivan_code="00100",
        ivan_name="CÔNG TY CỔ PHẦN CYBERLOTUS",
        unit_name=facts.holder,
        unit_code="TS12345",
        mst=mst,
        agency_code="09901",
        signer=facts.holder,
        phone="0912345678",
        made_on=datetime.now(form05.HANOI).date(),
        old=None,
        new=new,
        contact_name="Trần Thị Thử",
        contact_phone="0912345678",
        contact_email="thu@congty.example",
        contact_address="Số 1 phố Thử",
    )
    return replace(form, **changes)


def signed(document: bytes, by: Subscriber) -> bytes:
    """The unit's signature in CKy_Dvi, by signxml: nothing of the agent's signs here."""
    root = etree.fromstring(document)
    container = root.find("CKy_Dvi")
    assert container is not None
    placeholder = "{http://www.w3.org/2000/09/xmldsig#}Signature"
    etree.SubElement(container, placeholder, Id="placeholder")
    made = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    ).sign(
        root,
        key=by.key,
        cert=[x509.load_der_x509_certificate(by.certificate)],
        exclude_c14n_transform_element=True,
    )
    return etree.tostring(made, encoding="UTF-8", xml_declaration=True)


def signed_dossier(company: Subscriber, **changes: Any) -> bytes:
    return signed(form05.build(form_for(company, **changes)), company)


class SandboxProgram:
    """`python -m webui.sandbox` on free ports; dies with the test. `places`: see its __main__."""

    def __init__(
        self,
        data: Path,
        *,
        with_token: bool = False,
        with_hsm: bool = False,
        decide_after: float = 0.0,
    ) -> None:
        self._command = [sys.executable, "-m", "webui.sandbox", "--data", str(data), "--leash"]
        self._command += ["--any-ports", "--decide-after", str(decide_after)]
        self._command += [] if with_token else ["--no-token"]
        self._command += [] if with_hsm else ["--no-hsm"]
        self._process: subprocess.Popen[bytes] | None = None
        self.places: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the sandbox did not start; see its messages above"
        self.places = json.loads(line)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        assert self._process is not None
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.wait(10)

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.kill()
        self.stop()

    def set_faults(self, **faults: Any) -> dict[str, Any]:
        return self.call("/sandbox/gateway", faults)

    def dossiers(self) -> list[dict[str, Any]]:
        """What BHXH holds, newest first."""
        held: list[dict[str, Any]] = self.call("/sandbox/dossiers")["dossiers"]
        return held

    def letters(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("/mailbox.json")["letters"]
        return found

    def send(self, document: bytes, key: str = "dossier-1") -> dict[str, Any]:
        """As an I-VAN does; its acknowledgement."""
        login = b64encode(":".join(CREDENTIALS).encode()).decode()
        request = urllib.request.Request(
            self.places["gateway_url"] + "/ivan/ho-so",
            data=document,
            headers={
                "Authorization": f"Basic {login}",
                "Content-Type": "application/xml",
                "Idempotency-Key": key,
            },
        )
        with _opener().open(request, timeout=30) as response:
            acknowledged: dict[str, Any] = json.loads(response.read())
        return acknowledged

    def subscriber(self, *, mst: str, name: str = "CÔNG TY THỬ", **commission: Any) -> Subscriber:
        key = _a_key()
        body = {"name": name, "uids": [f"MST:{mst}"], **commission}
        body["public_key"] = b64encode(public_key(key)).decode()
        answer = self.call("/sandbox/ca/certificates", body)
        return Subscriber(key=key, certificate=b64decode(answer["certificate"]))

    def revoke(self, company: Subscriber) -> None:
        body = {"certificate": b64encode(company.certificate).decode()}
        self.call("/sandbox/ca/revocations", body)

    def register(self, mst: str, company: Subscriber) -> None:
        """BHXH already knows this unit by this certificate."""
        body = {"mst": mst, "certificate": b64encode(company.certificate).decode()}
        self.call("/sandbox/registered", body)

    def account(self, service: str, *, mst: str, **opening: Any) -> HsmAccount:
        """At a signing service; `opening` as in webui.sandbox.pages.services.Opening."""
        body = {"service": service, "mst": mst, **opening}
        told = self.call("/sandbox/hsm/accounts", body)
        told["certificate"] = b64decode(told["certificate"])
        return HsmAccount(**told)

    def set_hsm_faults(self, service: str, **faults: Any) -> None:
        self.call(f"/sandbox/hsm/{service}", faults)

    def phone(self, **habits: Any) -> None:
        """What the users' phone does by itself from now on (webui.sandbox.hsm.phone.Habits)."""
        self.call("/sandbox/phone", habits)

    def on_the_phone(self) -> dict[str, Any]:
        """Its messages and requests, newest first."""
        return self.call("/phone.json")

    def call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.places["pages_url"] + path, data=data)
        with _opener().open(request, timeout=30) as response:
            answer: dict[str, Any] = json.loads(response.read() or b"{}")
        return answer


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


CREDENTIALS = (IVAN_USER, IVAN_PASSWORD)
LONG_AGO = datetime.now(UTC) - timedelta(days=5 * 365)
