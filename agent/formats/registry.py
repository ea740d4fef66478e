"""The one table from a profile's wire name to the format that honours it."""

from typing import Final

from agent.errors import DocumentError
from agent.formats.api import Format
from agent.formats.asic import AsicFormat
from agent.formats.cms import CmsFormat
from agent.formats.jws import JwsFormat
from agent.formats.pdf import PdfFormat
from agent.formats.xml import PROFILES, XmlFormat
from agent.formats.xml.labels import labels


def formats(authorities: tuple[bytes, ...] = ()) -> dict[str, Format]:
    """By name. Of `authorities` (certificates, DER) those above a signer's are put beside its
    signature where the format has a place for them, so that others need not look for them.
    """
    return {
        **{name: XmlFormat(profile, labels(name)) for name, profile in PROFILES.items()},
        "cades-attached": CmsFormat(attached=True, authorities=authorities),
        "cades-detached": CmsFormat(attached=False, authorities=authorities),
        "pades": PdfFormat(authorities=authorities),
        "jws": JwsFormat(detached=False, authorities=authorities),
        "jws-detached": JwsFormat(detached=True, authorities=authorities),
        "asic-e": AsicFormat(signature=CmsFormat(attached=False, authorities=authorities)),
    }


FORMATS: Final = formats()


def format_for(profile: str) -> Format:
    """Raises DocumentError profile_unknown."""
    try:
        return FORMATS[profile]
    except KeyError:
        raise DocumentError("profile_unknown", profile=profile) from None
