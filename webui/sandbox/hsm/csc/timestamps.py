"""signatures/timestamp (v1 §11.10, v2 §11.13): by the sandbox's own time-stamping authority."""

import base64
from typing import Any

from asn1crypto import algos, tsp

from webui.sandbox.ca import Authority
from webui.sandbox.hsm.csc.algorithms import hash_of
from webui.sandbox.hsm.csc.asked import Asked
from webui.sandbox.hsm.csc.errors import Refused, invalid


def time_stamp(authority: Authority, asked: Asked) -> dict[str, Any]:
    """A TimeStampToken (RFC 3161 §2.4.2) over the hash. Raises Refused."""
    name, size = hash_of(asked.text("hashAlgo"), parameter="hashAlgo")
    digest = asked.octets("hash")
    if len(digest) != size:
        raise Refused("invalid_request", "Invalid digest value length")
    imprint = tsp.MessageImprint(
        {"hash_algorithm": algos.DigestAlgorithm({"algorithm": name}), "hashed_message": digest}
    )
    wish = {"version": "v1", "message_imprint": imprint, "cert_req": True}
    nonce = asked.optional("nonce")
    if nonce is not None:
        wish["nonce"] = _number(nonce)
    made = tsp.TimeStampResp.load(authority.time_stamp(tsp.TimeStampReq(wish).dump()))
    return {"timestamp": base64.b64encode(made["time_stamp_token"].dump()).decode()}


def _number(nonce: str) -> int:
    try:
        return int(nonce, 16)
    except ValueError:
        raise invalid("nonce") from None
