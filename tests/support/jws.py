"""JWS built by hand, right ones and wrong ones; nothing here is shared with agent/formats/jws.

token(unit, b"content")                                     # RS256 with x5c
token(unit, b"content", {"crit": ["exp"]})                   # names added or, by None, removed
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from agent.formats.jws import Reason
from agent.keys import Mechanism
from tests.support.pki import NOW, Authority, Holder, ec_key, rsa_key

MECHANISMS = {
    "RS256": Mechanism.RSA_PKCS1_SHA256,
    "RS384": Mechanism.RSA_PKCS1_SHA384,
    "RS512": Mechanism.RSA_PKCS1_SHA512,
    "PS256": Mechanism.RSA_PSS_SHA256,
    "PS384": Mechanism.RSA_PSS_SHA384,
    "PS512": Mechanism.RSA_PSS_SHA512,
    "ES256": Mechanism.ECDSA_SHA256,
    "ES384": Mechanism.ECDSA_SHA384,
    "ES512": Mechanism.ECDSA_SHA512,
}


def b64(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def header_of(holder: Holder, algorithm: str = "RS256") -> dict[str, Any]:
    return {
        "alg": algorithm,
        "iat": int(NOW.timestamp()),
        "x5t#S256": b64(hashlib.sha256(holder.der).digest()).decode(),
        "x5c": [base64.b64encode(holder.der).decode()],
    }


def value(holder: Holder, algorithm: str, over: bytes) -> bytes:
    mechanism = MECHANISMS[algorithm]
    made = holder.sign_by(mechanism, hashlib.new(f"sha{algorithm[2:]}", over).digest())
    if algorithm.startswith("ES"):
        size = (holder.key.curve.key_size + 7) // 8
        made = b"".join(number.to_bytes(size) for number in decode_dss_signature(made))
    return made


def token(
    holder: Holder,
    content: bytes,
    changes: dict[str, Any] | None = None,
    *,
    header: bytes | None = None,
    signer: Holder | None = None,
    by: str = "RS256",
    detached: bool = False,
    raw: bool = False,
    signature: bytes | None = None,
) -> bytes:
    """`header`: instead of JSON of ours; `by`: how the key signs, whatever the header says."""
    told = {k: v for k, v in (header_of(holder, by) | (changes or {})).items() if v is not None}
    head = b64(json.dumps(told).encode() if header is None else header)
    over = head + b"." + (content if raw else b64(content))
    made = value(signer or holder, by, over) if signature is None else signature
    return b".".join((head, b"" if detached else (content if raw else b64(content)), b64(made)))


@dataclass(frozen=True, kw_only=True)
class Forgery:
    name: str
    why: str
    signed: bytes
    reason: Reason
    content: bytes | None = None

    def __post_init__(self) -> None:
        assert self.why


CONTENT = b'{"pay": 100, "to": "Alice"}'
OTHER = b'{"pay": 999, "to": "Mallory"}'


def forgeries(ca: Authority, unit: Holder) -> list[Forgery]:
    other = ca.issue("CÔNG TY KHÁC", mst="0312345679")
    on_curve = ca.issue("EC", key=ec_key("jws"))
    on_larger = ca.issue("EC 384", key=ec_key("jws", 384))
    weak = ca.issue("weak", key=rsa_key("weak", 1024))
    good = token(unit, CONTENT)
    head, content, made = good.split(b".")
    plain = json.dumps(header_of(unit)).encode()

    def f(name: str, why: str, signed: bytes, reason: Reason, *given: bytes) -> Forgery:
        content = given[0] if given else None
        return Forgery(name=name, why=why, signed=signed, reason=reason, content=content)

    def changed(name: str, why: str, reason: Reason, **changes: Any) -> Forgery:
        told = {key.replace("_S256", "#S256"): new for key, new in changes.items()}
        return f(name, why, token(unit, CONTENT, told), reason)

    grammar, bad_header, algorithm = Reason.GRAMMAR, Reason.HEADER, Reason.ALGORITHM
    return [
        f("empty", "nothing", b"", grammar),
        f("two-parts", "the signature is missing", b".".join((head, content)), grammar),
        f("four-parts", "a fourth part", good + b".", grammar),
        f("five-parts", "a JWE", good + b"..", grammar),
        f("padded", "base64url is without padding", head + b"=." + content + b"." + made, grammar),
        f("white-space", "RFC 7515 allows none", good + b"\n", grammar),
        f("second-spelling", "bits that stand for nothing", _respelt(good), grammar),
        f("ordinary-base64", "another alphabet", good.replace(content, b"+/+/"), grammar),
        f("header-no-json", "RFC 7515 §4: a JSON object",
          token(unit, CONTENT, header=b"{"), bad_header),
        f("header-no-object", "RFC 7515 §4: a JSON object",
          token(unit, CONTENT, header=b"[]"), bad_header),
        f("header-no-utf8", "RFC 7515 §2: in UTF-8",
          token(unit, CONTENT, header=b'{"a":"\xff"}'), bad_header),
        f("header-too-deep", "a parser's stack",
          token(unit, CONTENT, header=b"[" * 60_000), bad_header),
        f("header-too-large", "no header is",
          token(unit, CONTENT, {"x": "x" * 140_000}), bad_header),
        f("header-nan", "no JSON", token(unit, CONTENT, header=b'{"iat":NaN}'), bad_header),
        f(
            "name-twice", "readers differ on which one counts",
            token(unit, CONTENT, header=plain[:-1] + b', "alg": "RS256"}'), bad_header,
        ),
        f("alg-none", "not signed at all",
          token(unit, CONTENT, {"alg": "none"}, signature=b""), algorithm),
        f("alg-none-spelt-otherwise", "not signed at all",
          token(unit, CONTENT, {"alg": "nOnE"}, signature=b""), algorithm),
        f("alg-hmac-with-the-public-key", "the public key taken for a secret",
          _by_hmac(unit), algorithm),
        changed("alg-missing", "must be there", algorithm, alg=None),
        changed("alg-no-text", "must be text", algorithm, alg=["RS256"]),
        changed("alg-unknown", "Ed25519 keys are not used", algorithm, alg="EdDSA"),
        changed("alg-of-another-kind-of-key", "ES256 by an RSA key", algorithm, alg="ES256"),
        changed("alg-exchanged", "PS256 over an RS256 signature", Reason.VALUE, alg="PS256"),
        f("curve-exchanged", "ES256 belongs to P-256",
          token(on_larger, CONTENT, {"alg": "ES256"}, by="ES384"), algorithm),
        f("weak-key", "RSA of 1024 bits", token(weak, CONTENT), algorithm),
        f("ecdsa-in-der", "JWS writes r and s side by side",
          token(on_curve, CONTENT, by="ES256", signature=on_curve.sign(b"\0" * 32)), Reason.VALUE),
        f("ecdsa-of-zeros", "r and s are 0",
          token(on_curve, CONTENT, by="ES256", signature=bytes(64)), Reason.VALUE),
        f("wrong-key", "by another key than the certificate's",
          token(unit, CONTENT, signer=other), Reason.VALUE),
        f("content-swapped", "another content",
          b".".join((head, b64(OTHER), made)), Reason.VALUE),
        f("header-swapped", "another time", b".".join((b64(json.dumps(
            header_of(unit) | {"iat": 1}).encode()), content, made)), Reason.VALUE),
        f("signature-empty", "not signed at all", b".".join((head, content, b"")), Reason.VALUE),
        f("detached-content-swapped", "another file",
          token(unit, CONTENT, detached=True), Reason.VALUE, OTHER),
        f("detached-content-missing", "nothing to verify",
          token(unit, CONTENT, detached=True), Reason.CONTENT),
        f("unencoded-content-missing", "nothing to verify",
          token(unit, CONTENT, {"b64": False, "crit": ["b64"]}, raw=True, detached=True),
          Reason.CONTENT),
        f("content-twice-and-different", "a reader could take either", good, Reason.CONTENT, OTHER),
        changed("certificate-missing", "whose key?", Reason.CERTIFICATE, x5c=None),
        changed("certificate-empty", "whose key?", Reason.CERTIFICATE, x5c=[]),
        changed("certificate-no-list", "RFC 7515 §4.1.6: a list", Reason.CERTIFICATE, x5c="MII"),
        changed("certificate-no-text", "RFC 7515 §4.1.6: of text", Reason.CERTIFICATE, x5c=[1]),
        changed("certificate-unreadable", "no certificate", Reason.CERTIFICATE, x5c=["AAAA"]),
        changed("certificate-in-base64url", "RFC 7515 §4.1.6: ordinary base64", Reason.CERTIFICATE,
                x5c=[b64(unit.der).decode()]),
        changed("certificates-too-many", "no chain is so long",
                Reason.CERTIFICATE, x5c=["AAAA"] * 17),
        changed("thumbprint-of-another", "a certificate exchanged", Reason.BINDING,
                x5t_S256=b64(hashlib.sha256(other.der).digest()).decode()),
        f("certificate-swapped", "another's certificate and thumbprint put into a signed header",
          _certificate_swapped(good, other), Reason.VALUE),
        changed("thumbprint-unreadable", "no base64url", Reason.BINDING, x5t_S256="?"),
        changed("key-beside-the-certificate", "another reader might use it", bad_header,
                jwk={"kty": "RSA"}),
        changed("address-of-keys", "another reader might fetch it", bad_header,
                jku="https://evil.example/keys"),
        changed("address-of-certificates", "another reader might fetch it", bad_header,
                x5u="https://evil.example/certificate"),
        changed("crit-unknown", "must be understood and is not", bad_header,
                crit=["exp"], exp=1),
        changed("crit-absent-name", "names what is not there", bad_header, crit=["b64"]),
        changed("crit-empty", "RFC 7515 §4.1.11", bad_header, crit=[]),
        changed("crit-no-list", "RFC 7515 §4.1.11", bad_header, crit="b64"),
        changed("crit-no-text", "RFC 7515 §4.1.11", bad_header, crit=[1]),
        changed("crit-twice", "RFC 7515 §4.1.11", bad_header, crit=["b64", "b64"], b64=True),
        changed("crit-of-the-rfc-itself", "RFC 7515 §4.1.11", bad_header, crit=["alg"]),
        f("b64-not-critical", "who does not know it would read other content",
          token(unit, CONTENT, {"b64": False}, raw=True, detached=True), bad_header, CONTENT),
        changed("b64-no-boolean", "RFC 7797 §3", bad_header, b64=0, crit=["b64"]),
        f("b64-attached", "nobody could tell it from base64url",
          token(unit, b"Zm9v", {"b64": False, "crit": ["b64"]}, raw=True), bad_header),
        f("b64-flipped", "content signed as it is, shown as if encoded",
          _b64_flipped(unit), Reason.VALUE, b"Zm9v"),
        changed("time-no-number", "RFC 7519 §2: a number", bad_header, iat="2026"),
        changed("time-boolean", "a number to Python, not to JSON", bad_header, iat=True),
        changed("time-with-fraction", "JAdES: whole seconds", bad_header, iat=1.5),
        changed("time-beyond-the-calendar", "no moment", bad_header, iat=10**15),
        changed("time-negative", "before there were JWS", bad_header, iat=-1),
        changed("time-twice", "one moment, not two", bad_header, sigT="2026-11-23T00:00:00Z"),
        changed("time-unreadable", "JAdES V1.1.1 §5.2.1: RFC 3339",
                bad_header, iat=None, sigT="yesterday"),
    ]  # fmt: skip


def _respelt(signed: bytes) -> bytes:
    """The last letter of 256 octets has four bits that stand for nothing."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return signed[:-1] + bytes((alphabet[alphabet.index(signed[-1]) + 1],))


def _certificate_swapped(signed: bytes, other: Holder) -> bytes:
    _, content, made = signed.split(b".")
    return b".".join((b64(json.dumps(header_of(other)).encode()), content, made))


def _by_hmac(unit: Holder) -> bytes:
    secret = unit.key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = token(unit, CONTENT, {"alg": "HS256"}, signature=b"x")
    over = signed.rpartition(b".")[0]
    return over + b"." + b64(hmac.digest(secret, over, "sha256"))


def _b64_flipped(unit: Holder) -> bytes:
    """`b64` taken out of a header after signing."""
    head, _, made = token(
        unit, b"Zm9v", {"b64": False, "crit": ["b64"]}, raw=True, detached=True
    ).split(b".")
    del head
    return b".".join((b64(json.dumps(header_of(unit)).encode()), b"", made))
