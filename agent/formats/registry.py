"""The one table from a profile's wire name to the format that honours it."""

from typing import Final

from agent.errors import DocumentError
from agent.formats.api import Format
from agent.formats.xml import PROFILES, XmlFormat
from agent.formats.xml.labels import labels

FORMATS: Final[dict[str, Format]] = {
    name: XmlFormat(profile, labels(name)) for name, profile in PROFILES.items()
}


def format_for(profile: str) -> Format:
    """Raises DocumentError profile_unknown."""
    try:
        return FORMATS[profile]
    except KeyError:
        raise DocumentError("profile_unknown", profile=profile) from None
