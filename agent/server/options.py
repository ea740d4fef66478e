"""What a request chooses of a signature, as formats take it."""

from msgspec import UnsetType

from agent.formats.levels import Level
from agent.formats.options import Options, Stamp
from agent.server.given import given
from agent.server.xml_shape import shape
from protocol import documents as d


def options(chosen: d.SignOptions) -> Options:
    return Options(
        level=Level(chosen.level),
        hash=given(chosen.hash),
        padding=given(chosen.padding),
        stamp=None if isinstance(chosen.stamp, UnsetType) else _stamp(chosen.stamp),
        xml=None if isinstance(chosen.xml, UnsetType) else shape(chosen.xml),
    )


def _stamp(chosen: d.Stamp) -> Stamp:
    return Stamp(
        page=chosen.page,
        box=chosen.box,
        image=given(chosen.image),
        reason=chosen.reason,
    )
