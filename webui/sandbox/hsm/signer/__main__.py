"""python -m webui.sandbox.hsm.signer MODULE LABEL PIN: signs what it reads, a line each.

    in    {"number": 7, "key": "k1", "digest": "<hex>", "hash": "sha256"}
    out   {"number": 7, "signature": "<hex>"} or {"number": 7, "error": "…"}

A process of its own, since SoftHSM reads its configuration once per process (SOFTHSM2_CONF), and
PyKCS11 holds the interpreter's lock while a key works. It ends with its standard input.
"""

import json
import sys
from typing import Final

import PyKCS11

#: DigestInfo up to the digest (RFC 8017 §9.2, note 1).
_PREFIXES: Final = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}


def main(module: str, label: str, pin: str) -> None:
    library = PyKCS11.PyKCS11Lib()
    library.load(module)
    (slot,) = [
        slot
        for slot in library.getSlotList(tokenPresent=True)
        if library.getTokenInfo(slot).label.strip() == label
    ]
    session = library.openSession(slot)
    session.login(pin)
    keys = {
        session.getAttributeValue(key, [PyKCS11.CKA_LABEL])[0]: key
        for key in session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY)])
    }
    mechanism = PyKCS11.Mechanism(PyKCS11.CKM_RSA_PKCS)
    for line in sys.stdin:
        asked = json.loads(line)
        answer = {"number": asked["number"]}
        try:
            told = _PREFIXES[asked["hash"]] + bytes.fromhex(asked["digest"])
            signature = bytes(session.sign(keys[asked["key"]], told, mechanism))
            answer["signature"] = signature.hex()
        except (KeyError, ValueError, PyKCS11.PyKCS11Error) as error:
            answer["error"] = f"{type(error).__name__}: {error}"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
