"""The names are those of the table."""

from agent.formats.names import PROFILE_NAMES, XML_PROFILE_NAMES
from agent.formats.registry import FORMATS
from agent.formats.xml import PROFILES


def test_the_names_are_the_tables_keys() -> None:
    assert tuple(FORMATS) == PROFILE_NAMES
    assert tuple(PROFILES) == XML_PROFILE_NAMES
