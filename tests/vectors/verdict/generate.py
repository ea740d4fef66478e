"""Write the cases of this directory, from the repository: python -m tests.vectors.verdict.generate

`CASES` is the whole list; adding a case is adding an entry.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from agent.formats.cms import timestamped
from agent.formats.registry import format_for
from tests.support.cms import signature_value, stamp
from tests.support.pki import DAY, NOW, Authority, Holder, Urls

HERE = Path(__file__).parent
CONTENT = b"<Hoso><CKy_Dvi/></Hoso>"
AT = NOW - 5 * DAY


class World:
    """New for each case: what one revokes, the others do not."""

    def __init__(self) -> None:
        self.root = Authority.root("Vector Root")
        self.root.urls = Urls(crl="http://crl.test/root.crl")
        self.ca = Authority.under(self.root, "Vector CA", urls=Urls(crl="http://crl.test/ca.crl"))
        self.believed = self.root.pem + self.ca.pem
        self.crls = ["ca", "root"]

    def revoked(self, holder: Holder) -> Holder:
        """As of a day before NOW (tests.support.pki)."""
        self.ca.revoked[holder.certificate.serial_number] = x509.ReasonFlags.key_compromise
        return holder


def signed(holder: Holder, *, at: datetime = AT, profile: str = "cades-detached") -> bytes:
    made = format_for(profile).prepare(CONTENT, certificate=holder.der, signing_time=at)
    value = made.complete(holder.sign(made.digest))
    assert isinstance(value, bytes)
    return value


def proved(world: World, value: bytes, *, at: datetime, tsa: Holder | None = None) -> bytes:
    by = tsa or world.ca.stamping()
    token = stamp(by, signature_value(value), at=at, certificates=[by, world.ca])
    return timestamped(value, token)


@dataclass(frozen=True, kw_only=True)
class Case:
    why: str
    file: Callable[[World], bytes]
    verdict: str
    problem: str = ""
    warnings: tuple[str, ...] = ()
    then: str = "valid"
    now: str = "valid"
    detached: bool = True
    required: bool = False
    looked_at: datetime = NOW


def expired(world: World) -> Holder:
    return world.ca.issue(not_before=NOW - 400 * DAY, not_after=NOW - 2 * DAY)


def without_crls(world: World) -> bytes:
    world.crls = []
    return signed(world.ca.issue())


def by_a_stranger(world: World) -> bytes:
    stranger = Authority.under(Authority.root("Stranger Root"), "Stranger CA", urls=Urls())
    del world
    return signed(stranger.issue())


def without_roots(world: World) -> bytes:
    world.believed = b""
    return signed(world.ca.issue())


def by_an_authority(world: World) -> bytes:
    authority = world.ca.issue(
        extensions=((x509.BasicConstraints(ca=True, path_length=None), True),)
    )
    return signed(authority)


def stamped_by_a_stranger(world: World) -> bytes:
    stranger = Authority.under(Authority.root("Stranger Root"), "Stranger CA", urls=Urls())
    value = signed(expired(world))
    tsa = stranger.stamping()
    token = stamp(tsa, signature_value(value), at=AT, certificates=[tsa, stranger])
    return timestamped(value, token)


CASES: dict[str, Case] = {
    "good": Case(
        why="All holds.", file=lambda w: signed(w.ca.issue()), verdict="valid"
    ),
    "good-xml": Case(
        why="All holds, by another format.",
        file=lambda w: signed(w.ca.issue(), profile="bhxh-hoso"),
        verdict="valid",
        detached=False,
    ),
    "expired-when-it-signed": Case(
        why="The signing time is after the certificate's end.",
        file=lambda w: signed(expired(w), at=NOW - DAY),
        verdict="invalid", problem="certificate_expired", then="expired", now="expired",
    ),
    "expired-since": Case(
        why="Only the signer says that it was earlier: not invalid, and not proved.",
        file=lambda w: signed(expired(w)),
        verdict="uncertain", warnings=("signing_time_unproved",), now="expired",
    ),
    "expired-since-with-a-time-stamp": Case(
        why="A time stamp proves that it was earlier.",
        file=lambda w: proved(w, signed(expired(w)), at=AT),
        verdict="valid", now="expired",
    ),
    "expired-since-stamped-by-a-stranger": Case(
        why="A time stamp by an authority that nobody believes proves nothing.",
        file=stamped_by_a_stranger,
        verdict="uncertain",
        warnings=("signing_time_unproved", "timestamp_not_relied_on"),
        now="expired",
    ),
    "not-yet-valid-when-it-signed": Case(
        why="The signing time is before the certificate's beginning.",
        file=lambda w: signed(w.ca.issue(not_before=NOW - DAY)),
        verdict="invalid", problem="certificate_not_yet_valid", then="not-yet-valid",
    ),
    "revoked-before-it-signed": Case(
        why="Revoked a day ago, signed an hour ago.",
        file=lambda w: signed(w.revoked(w.ca.issue()), at=NOW - timedelta(hours=1)),
        verdict="invalid", problem="certificate_revoked", then="revoked", now="revoked",
    ),
    "revoked-since": Case(
        why="Whoever has the stolen key can write any time: not proved.",
        file=lambda w: signed(w.revoked(w.ca.issue())),
        verdict="uncertain", warnings=("signing_time_unproved",), now="revoked",
    ),
    "revoked-since-with-a-time-stamp": Case(
        why="A time stamp proves that it was before the key was lost.",
        file=lambda w: proved(w, signed(w.revoked(w.ca.issue())), at=AT),
        verdict="valid", now="revoked",
    ),
    "revoked-and-backdated": Case(
        why="The time stamp is younger than the revocation; the claimed time is not.",
        file=lambda w: proved(w, signed(w.revoked(w.ca.issue())), at=NOW - timedelta(hours=1)),
        verdict="invalid", problem="certificate_revoked", then="revoked", now="revoked",
    ),
    "revocation-unknown": Case(
        why="Nobody answers; the usual policy warns.",
        file=without_crls,
        verdict="uncertain", warnings=("revocation_unknown",), then="unchecked", now="unchecked",
    ),
    "revocation-unknown-by-a-strict-policy": Case(
        why="Nobody answers; the administrator wants to know.",
        file=without_crls,
        verdict="invalid", problem="revocation_unknown", then="unchecked", now="unchecked",
        required=True,
    ),
    "untrusted": Case(
        why="An authority under a root that nobody believes.",
        file=by_a_stranger,
        verdict="invalid", problem="certificate_untrusted", then="untrusted", now="untrusted",
    ),
    "no-roots": Case(
        why="Who believes nobody yet can find nothing valid, and nothing invalid.",
        file=without_roots,
        verdict="uncertain", warnings=("no_trusted_roots",), then="unchecked", now="unchecked",
    ),
    "by-an-authority": Case(
        why="A key that issues certificates does not sign documents.",
        file=by_an_authority,
        verdict="invalid", problem="certificate_unsuitable",
    ),
    "wrong-usage": Case(
        why="A key for encryption does not sign documents.",
        file=lambda w: signed(w.ca.issue(usage=("key_encipherment",))),
        verdict="invalid", problem="certificate_unsuitable",
    ),
    "from-the-future": Case(
        why="Signed tomorrow, says the signer.",
        file=lambda w: signed(w.ca.issue(), at=NOW + DAY),
        verdict="uncertain", warnings=("signing_time_later_than_possible",),
    ),
}  # fmt: skip


def _expect(case: Case) -> str:
    facts = {
        "looked_at": case.looked_at.isoformat(),
        **{
            name: json.dumps(getattr(case, name))
            for name in ("required", "verdict", "problem", "warnings", "then", "now")
        },
    }
    return "".join(f"{name} = {value}\n" for name, value in facts.items())


def main() -> None:
    for folder in HERE.iterdir():
        if folder.is_dir() and folder.name != "__pycache__":
            shutil.rmtree(folder)
    for name, case in CASES.items():
        world = World()
        folder = HERE / name
        folder.mkdir()
        (folder / "signed").write_bytes(case.file(world))
        if case.detached:
            (folder / "content").write_bytes(CONTENT)
        (folder / "roots.pem").write_bytes(world.believed)
        for one in world.crls:
            (folder / f"{one}.crl").write_bytes(getattr(world, one).crl())
        (folder / "expect.toml").write_text(_expect(case), "utf-8")
        (folder / "README.md").write_text(f"{case.why}\n", "utf-8")


if __name__ == "__main__":
    main()
