"""profiles.toml is read strictly."""

from importlib import resources

import msgspec
import pytest

from agent.formats.xml.profiles import PROFILES, KeyInfoPart, read_profiles

TEXT = resources.files("agent.formats.xml").joinpath("profiles.toml").read_text("utf-8")


def test_bhxh_hoso_is_there() -> None:
    profile = PROFILES["bhxh-hoso"]

    assert profile.container == ("Hoso", "CKy_Dvi")
    assert profile.key_info[0] is KeyInfoPart.RSA_KEY_VALUE
    assert profile.signing_time.time_namespace == "http://example.org/#signatureProperties"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('digest = "sha256"', 'digest = "sha1"'),
        ('digest = "sha256"', 'digst = "sha256"'),
        ('container = ["Hoso", "CKy_Dvi"]', "container = []"),
        ('signature = ["rsa-sha256"]', "signature = []"),
        ('signature_id = "sigid"', ""),
        ('placement = "unsigned-object"', 'placement = "somewhere"'),
        ('"x509-certificate"]', '"x509-certificate", "key-name"]'),
    ],
)
def test_what_cannot_be_honoured_is_an_error(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(msgspec.ValidationError):
        read_profiles(TEXT.replace(old, new))
