"""What the gateway may be told, and what it will not be told."""

import msgspec
import pytest

from webui.sandbox.gateway.faults import Faults, ReceiptFault, Words, merged, read


def test_what_is_not_named_stays_as_it_is() -> None:
    present = Faults(latency=2.0, drop_answers=3)

    assert merged(present, {"down": True}) == Faults(latency=2.0, drop_answers=3, down=True)


def test_every_field_travels_as_json() -> None:
    faults = Faults(
        latency=1.5,
        down=True,
        drop_answers=2,
        refuse=Words(ma_loi="A", mo_ta="B", at_door=True),
        decide_after=7.0,
        receipt=ReceiptFault.OTHER_DOSSIER,
    )

    assert merged(Faults(), read(msgspec.json.encode(faults))) == faults
    assert merged(faults, {"refuse": None}).refuse is None


@pytest.mark.parametrize(
    "change",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"sleep": 1}',
        b'{"latency": -1}',
        b'{"latency": "1"}',
        b'{"latency": 1e9}',
        b'{"drop_answers": 0.5}',
        b'{"refuse": {"ma_loi": ""}}',
        b'{"refuse": {"ma_loi": "", "mo_ta": "x"}}',
        b'{"receipt": "lost"}',
    ],
)
def test_nonsense_is_refused(change) -> None:
    with pytest.raises(ValueError):
        merged(Faults(), read(change))


def test_a_forms_text_is_read_as_what_the_field_wants() -> None:
    form = {"latency": "5", "down": "true", "drop_answers": "2", "refuse": "null"}

    assert merged(Faults(), form, from_a_form=True) == Faults(latency=5, down=True, drop_answers=2)
