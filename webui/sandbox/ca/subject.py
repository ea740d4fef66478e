"""Whom a certificate names, in the shapes that Vietnamese CAs use (facts/vn-signing B.1)."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from asn1crypto import x509

#: A subscriber's certificate lives three years at most (NĐ 23/2025); CAs stay a little below.
SUBSCRIBER_LIFE: Final = timedelta(days=3 * 365 - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a subscriber asks for. `uids` are whole values: ``MST:0101234567``, ``CCCD:…``."""

    name: str
    public_key: bytes  # SubjectPublicKeyInfo, DER
    uids: tuple[str, ...] = ()
    province: str = "Hà Nội"
    locality: str = "Quận Cầu Giấy"
    not_before: datetime | None = None  # None: an hour ago
    not_after: datetime | None = None  # None: three years less a day after not_before
    key_usage: frozenset[str] = frozenset({"digital_signature", "non_repudiation"})

    @property
    def validity(self) -> tuple[datetime, datetime]:
        # An hour, so that a verifier whose clock is a little slow does not call it premature.
        first = self.not_before or datetime.now(UTC) - timedelta(hours=1)
        last = self.not_after or first + SUBSCRIBER_LIFE
        return first.replace(microsecond=0), last.replace(microsecond=0)

    @property
    def subject(self) -> x509.Name:
        return name(
            country_name="VN",
            state_or_province_name=self.province,
            locality_name=self.locality,
            organization_name=self.name,
            common_name=self.name,
            uids=self.uids,
        )


def name(*, uids: tuple[str, ...] = (), **attributes: str) -> x509.Name:
    """A distinguished name in UTF-8 and NFC; `uids` become UID attributes at its end, in order."""
    composed = {key: unicodedata.normalize("NFC", value) for key, value in attributes.items()}
    built = x509.Name.build(composed)
    for uid in uids:
        one = x509.Name.build({"user_id": unicodedata.normalize("NFC", uid)})
        built.chosen.append(one.chosen[0])
    return built
