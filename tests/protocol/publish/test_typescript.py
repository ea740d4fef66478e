"""The declarations for TypeScript name what the messages have."""

import re

import msgspec
import pytest

from protocol import messages
from protocol.publish.typescript import declarations

TEXT = declarations()


def declared(name: str) -> dict[str, str]:
    [body] = re.findall(rf"export interface {name} \{{\n(.*?)\}}", TEXT, re.DOTALL)
    return dict(re.findall(r"^  (\w+\??): (.+);$", body, re.MULTILINE))


@pytest.mark.parametrize("name", ["Token", "Certificate", "HelloResult", "Progress", "LoginResult"])
def test_what_the_agent_sends_is_declared_with_every_field(name: str):
    fields = msgspec.structs.fields(getattr(messages, name))

    assert list(declared(name)) == [field.name for field in fields]


def test_what_may_be_left_out_says_so():
    assert declared("CertificateFilter") == {
        "mst?": "string",
        "place?": '"service" | "token"',
        "valid_now?": "boolean",
        "issuer?": "string",
    }


def test_closed_sets_are_listed():
    assert '"valid"' in TEXT.split("type CertificateState = ")[1].split(";")[0]
    assert declared("LoginResult")["algorithm"] == '"ES256" | "ES384" | "RS256"'


def test_what_may_be_null_says_so():
    assert declared("Certificate")["token"] == "Token | null"
    assert declared("SitesListResult")["sites"] == "Site[]"
