"""CMS signatures built by asn1crypto, right ones and wrong ones, and a time-stamping authority.

    signed = build(unit, b"content")                              # CAdES B-B
    forged = build(unit, b"content", message_digest=b"\\0" * 32)   # everything can be bent

Nothing here is shared with agent/formats/cms.
"""

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core, tsp, x509

from agent.keys import Mechanism
from tests.support.pki import NOW, Holder

Attributes = dict[str, Any]
SIGNATURES = {
    Mechanism.RSA_PKCS1_SHA256: "sha256_rsa",
    Mechanism.RSA_PKCS1_SHA384: "sha384_rsa",
    Mechanism.RSA_PKCS1_SHA512: "sha512_rsa",
    Mechanism.ECDSA_SHA256: "sha256_ecdsa",
    Mechanism.ECDSA_SHA384: "sha384_ecdsa",
}


def parsed(holder: Holder) -> x509.Certificate:
    return x509.Certificate.load(holder.der)


def binding(holder: Holder, *, algorithm: str = "sha256", issuer: bool = False) -> Any:
    """SigningCertificateV2, or SigningCertificate for SHA-1."""
    entry: dict[str, Any] = {"cert_hash": hashlib.new(algorithm, holder.der).digest()}
    if issuer:
        certificate = parsed(holder)
        entry["issuer_serial"] = {
            "issuer": [x509.GeneralName("directory_name", certificate.issuer)],
            "serial_number": certificate.serial_number,
        }
    if algorithm == "sha1":
        return tsp.SigningCertificate({"certs": [entry]})
    entry["hash_algorithm"] = {"algorithm": algorithm}
    return tsp.SigningCertificateV2({"certs": [entry]})


def attributes(
    holder: Holder,
    content: bytes,
    *,
    digest: str = "sha256",
    content_type: str = "data",
    at: datetime = NOW,
) -> Attributes:
    """Type → values, of CAdES B-B."""
    return {
        "content_type": [content_type],
        "message_digest": [hashlib.new(digest, content).digest()],
        "signing_time": [cms.Time({"utc_time": at})],
        "signing_certificate_v2": [binding(holder)],
    }


def build(
    holder: Holder,
    content: bytes,
    *,
    attached: bool = True,
    shown: bytes | None = None,
    signed: Attributes | None = None,
    with_attributes: bool = True,
    signer: Holder | None = None,
    certificates: Iterable[Holder] | None = None,
    mechanism: Mechanism = Mechanism.RSA_PKCS1_SHA256,
    digest: str | None = None,
    signature_algorithm: Any = None,
    content_type: str = "data",
    by_key_identifier: bool = False,
    announced: Iterable[str] | None = None,
    unsigned: Attributes | None = None,
    value: Callable[[bytes], bytes] | None = None,
    bend: Callable[[cms.SignedData], None] | None = None,
) -> bytes:
    """A signature of `content` that names `holder`; made with the key of `signer` if given.

    `shown` stands in the file instead of `content`; `value` signs in place of the key by its
    mechanism; `bend` is the last to touch it.
    """
    algorithm = digest or mechanism.value.rpartition("-")[2]
    certificate = parsed(holder)
    info: dict[str, Any] = {
        "version": "v3" if by_key_identifier else "v1",
        "sid": cms.SignerIdentifier("subject_key_identifier", certificate.key_identifier)
        if by_key_identifier
        else cms.SignerIdentifier(
            "issuer_and_serial_number",
            {"issuer": certificate.issuer, "serial_number": certificate.serial_number},
        ),
        "digest_algorithm": {"algorithm": algorithm},
        "signature_algorithm": signature_algorithm or {"algorithm": SIGNATURES[mechanism]},
    }
    told = signed or attributes(holder, content, digest=algorithm, content_type=content_type)
    over = content
    if with_attributes:
        written = cms.CMSAttributes([{"type": k, "values": v} for k, v in told.items()])
        info["signed_attrs"] = written
        over = b"\x31" + written.dump()[1:]
    hashed = hashlib.new(mechanism.value.rpartition("-")[2], over).digest()
    info["signature"] = value(over) if value else (signer or holder).sign_by(mechanism, hashed)
    if unsigned:
        info["unsigned_attrs"] = [{"type": k, "values": v} for k, v in unsigned.items()]
    encapsulated: dict[str, Any] = {"content_type": content_type}
    if attached:
        octets = core.OctetString if content_type == "data" else core.ParsableOctetString
        encapsulated["content"] = octets(content if shown is None else shown)
    data = cms.SignedData(
        {
            "version": "v1" if content_type == "data" else "v3",
            "digest_algorithms": [{"algorithm": one} for one in announced or (algorithm,)],
            "encap_content_info": encapsulated,
            "certificates": [parsed(one) for one in certificates or (holder,)],
            "signer_infos": [info],
        }
    )
    if bend is not None:
        bend(data)
    return cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()


def signature_value(signed: bytes) -> bytes:
    data = cms.ContentInfo.load(signed)["content"]
    return data["signer_infos"][0]["signature"].native


def stamp(
    authority: Holder,
    stamped: bytes,
    *,
    at: datetime = NOW,
    algorithm: str = "sha256",
    v1: bool = False,
    nonce: int | None = None,
    **differently: Any,
) -> bytes:
    """A time-stamp token (RFC 3161 §2.4.2)."""
    info: dict[str, Any] = {
        "version": "v1",
        "policy": "1.3.6.1.4.1.55555.1",
        "message_imprint": {
            "hash_algorithm": {"algorithm": algorithm},
            "hashed_message": hashlib.new(algorithm, stamped).digest(),
        },
        "serial_number": 4711,
        "gen_time": at,
    }
    if nonce is not None:
        info["nonce"] = nonce
    octets = tsp.TSTInfo(info).dump()
    told = attributes(authority, octets, content_type="tst_info")
    del told["signing_time"]
    if v1:
        del told["signing_certificate_v2"]
        told["signing_certificate"] = [binding(authority, algorithm="sha1")]
    return build(authority, octets, content_type="tst_info", **{"signed": told} | differently)


def answer(request: bytes, authority: Holder, *, at: datetime = NOW, **differently: Any) -> bytes:
    """What a time-stamping authority answers to a DER request."""
    asked = tsp.TimeStampReq.load(request)
    imprint = asked["message_imprint"]
    octets = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.3.6.1.4.1.55555.1",
            "message_imprint": imprint,
            "serial_number": 4711,
            "gen_time": at,
            "nonce": asked["nonce"].native,
        }
        | differently
    ).dump()
    told = attributes(authority, octets, content_type="tst_info")
    token = build(authority, octets, content_type="tst_info", signed=told)
    return granted(token)


def granted(token: bytes) -> bytes:
    return tsp.TimeStampResp(
        {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(token)}
    ).dump()


def pss_identifier(algorithm: str = "sha256", *, salt: int = 32, mask: str | None = None) -> Any:
    return algos.SignedDigestAlgorithm(
        {
            "algorithm": "rsassa_pss",
            "parameters": {
                "hash_algorithm": {"algorithm": algorithm},
                "mask_gen_algorithm": {
                    "algorithm": "mgf1",
                    "parameters": {"algorithm": mask or algorithm},
                },
                "salt_length": salt,
            },
        }
    )
