"""Raising an XML signature with an authority in memory: what it needs is answered at once."""

from asn1crypto import tsp

from agent.documents import Made
from agent.formats.levels import Evidence, EvidenceNeeded, Need, Raising, StampNeeded
from tests.support import cms
from tests.support.pki import Authority, Holder


def token_for(sha256: bytes, authority: Holder) -> bytes:
    """A time-stamp token for what has this hash."""
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": sha256,
            },
            "nonce": 1,
        }
    ).dump()
    return tsp.TimeStampResp.load(cms.answer(request, authority))["time_stamp_token"].dump()


def answered(
    raising: Raising, root: Authority, *, needs: list[Need] | None = None, **bent: object
) -> Made:
    """`bent`: what is answered instead, by the need's name ("StampNeeded", "EvidenceNeeded")."""
    answers = {
        StampNeeded: lambda need: token_for(need.sha256, root.stamping()),
        EvidenceNeeded: lambda _: Evidence(certificates=(root.der,), crls=(root.crl(),)),
    }
    answer = None
    try:
        while True:
            need = raising.send(answer)
            if needs is not None:
                needs.append(need)
            answer = bent.get(type(need).__name__) or answers[type(need)](need)
    except StopIteration as done:
        return done.value
