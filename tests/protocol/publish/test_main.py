"""What is derived from the code is committed as the code would give it."""

from protocol.publish.__main__ import HOME, derived, stale


def test_it_is_up_to_date():
    """If this fails: python -m protocol.publish."""
    assert stale() == []


def test_there_is_a_file_for_every_message():
    names = {str(path.relative_to(HOME)) for path in derived()}

    assert {"schema/requests/sign.xml.json", "schema/replies/error.json"} <= names
