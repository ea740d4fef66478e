"""Which hash a request is about, by the OIDs that the API names them with."""

from typing import Final

from webui.sandbox.hsm.csc.asked import Asked
from webui.sandbox.hsm.csc.errors import invalid

#: Hashlib's name, and its size in octets.
_HASHES: Final = {
    "2.16.840.1.101.3.4.2.1": ("sha256", 32),
    "2.16.840.1.101.3.4.2.2": ("sha384", 48),
    "2.16.840.1.101.3.4.2.3": ("sha512", 64),
}
_RSA: Final = "1.2.840.113549.1.1.1"
#: Algorithms that name their hash (RFC 4055 §5).
_WITH_HASH: Final = {
    "1.2.840.113549.1.1.11": "2.16.840.1.101.3.4.2.1",
    "1.2.840.113549.1.1.12": "2.16.840.1.101.3.4.2.2",
    "1.2.840.113549.1.1.13": "2.16.840.1.101.3.4.2.3",
}


def hash_of(oid: str, *, parameter: str) -> tuple[str, int]:
    """Raises Refused, naming the request's parameter, for SHA-1 and what there is not."""
    found = _HASHES.get(oid)
    if found is None:
        raise invalid(parameter)
    return found


def hash_to_sign(asked: Asked, *, version: int) -> tuple[str, int]:
    """Of signatures/signHash. Raises Refused, also where its two algorithms contradict."""
    parameter = "hashAlgorithmOID" if version > 1 else "hashAlgo"
    algorithm = asked.text("signAlgo")
    implied = _WITH_HASH.get(algorithm)
    if implied is None and algorithm != _RSA:
        raise invalid("signAlgo")
    said = asked.text(parameter, implied)
    if implied not in {None, said}:
        raise invalid(parameter)
    return hash_of(said, parameter=parameter)
