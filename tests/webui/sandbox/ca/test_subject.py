"""Names as Vietnamese CAs write them."""

import unicodedata

from asn1crypto import x509

from protocol.identity import identifiers, msts
from tests.support.sandbox import subscriber
from webui.sandbox.ca import Authority
from webui.sandbox.ca.subject import name


def test_uids_repeat_and_keep_their_order(tmp_path) -> None:
    authority = Authority.open(tmp_path / "ca", url="http://127.0.0.1:1")
    uids = ("CCCD:001099000001", "MST:9900000016-001")

    made = x509.Certificate.load(subscriber(authority, uids=uids).certificate)

    assert identifiers(made) == {"CCCD": ("001099000001",), "MST": ("9900000016-001",)}
    assert msts(made) == ("9900000016001",)


def test_decomposed_vietnamese_is_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "CÔNG TY ĐIỆN LỰC")

    built = name(common_name=decomposed)

    assert built.native["common_name"] == "CÔNG TY ĐIỆN LỰC"
