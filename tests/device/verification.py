"""An independent look at a signature made by a card, and ways to a card's certificates."""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding

from agent.keys import TokenCertificate
from agent.pin import Pin
from agent.tokens.inventory import Inventory
from tests.support.card import KeySlot, Person


def verify(certificate: TokenCertificate, signature: bytes, digest: bytes) -> None:
    """RSASSA-PKCS1-v1_5 with SHA-256. Raises InvalidSignature."""
    public = x509.load_der_x509_certificate(certificate.der).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, digest, padding.PKCS1v15(), Prehashed(hashes.SHA256()))


def certificate_of(
    inventory: Inventory, person: Person, slot: KeySlot = KeySlot.AUTHENTICATION
) -> TokenCertificate | None:
    """What the inventory shows of one of the person's certificates."""
    der = person.certificates[slot].public_bytes(Encoding.DER)
    identity = hashlib.sha256(der).hexdigest()
    return next((c for c in inventory.certificates() if c.id == identity), None)


def the_pin(value: str = "123456") -> Pin:
    return Pin(bytearray(value.encode()))
