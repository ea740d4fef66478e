"""Real signed files of every kind, made once and small."""

from functools import cache

from agent.formats.cms import timestamped
from agent.formats.registry import format_for
from tests.support import pdf
from tests.support.cms import build, signature_value, stamp
from tests.support.pki import NOW, Authority, Holder, Urls, ec_key

XML = '<?xml version="1.0" encoding="utf-8"?>\n<Hoso a="1"><B>Việt</B><CKy_Dvi/></Hoso>'.encode()


@cache
def authority() -> Authority:
    return Authority.under(Authority.root(), urls=Urls.at("http://127.0.0.1:9", "ca"))


@cache
def unit() -> Holder:
    return authority().issue()


@cache
def unit_on_a_curve() -> Holder:
    return authority().issue(key=ec_key("fuzz"))


def signed(profile: str, document: bytes, holder: Holder | None = None) -> bytes:
    by = holder or unit()
    made = format_for(profile).prepare(document, certificate=by.der, signing_time=NOW)
    return made.complete(by.sign(made.digest))


@cache
def xml() -> dict[str, bytes]:
    return {"unsigned": XML, "signed": signed("bhxh-hoso", XML)}


@cache
def cms() -> dict[str, bytes]:
    plain = signed("cades-attached", b"content", unit_on_a_curve())
    value = signed("cades-detached", b"content")
    tsa = authority().stamping()
    token = stamp(tsa, signature_value(value), certificates=[tsa, authority()])
    return {
        "attached": plain,
        "detached": value,
        "stamped": timestamped(value, token),
        "by-another-program": build(unit(), b"content"),
        "token": token,
    }


@cache
def jws() -> dict[str, bytes]:
    return {
        "compact": signed("jws", b"content"),
        "detached": signed("jws-detached", b"content", unit_on_a_curve()),
    }


@cache
def pdfs() -> dict[str, bytes]:
    one = pdf.file(text="Hop dong")
    return {"unsigned": one, "signed": signed("pades", one)}


@cache
def certificates() -> dict[str, bytes]:
    return {"unit": unit().der, "curve": unit_on_a_curve().der, "authority": authority().der}
