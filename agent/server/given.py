"""What a message gives, as the use cases take it: the wire says UNSET for what is absent."""

from typing import Protocol, TypeVar

from msgspec import UnsetType

from agent.keys import CertificateId
from agent.signing.candidates import Place, Wanted

T = TypeVar("T")


class ForSigning(Protocol):
    """The fields in which every request for a signature says with which key."""

    @property
    def certificate(self) -> str | UnsetType: ...
    @property
    def mst(self) -> str | UnsetType: ...
    @property
    def place(self) -> Place | UnsetType: ...


def given(value: T | UnsetType) -> T | None:
    return None if isinstance(value, UnsetType) else value


def for_signing(params: ForSigning) -> Wanted:
    return Wanted(
        id=None if isinstance(params.certificate, UnsetType) else CertificateId(params.certificate),
        mst=given(params.mst),
        place=given(params.place),
    )
