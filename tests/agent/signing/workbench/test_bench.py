"""From question to answer, in this process."""

from datetime import UTC, datetime

from agent.formats.registry import FORMATS
from agent.signing.workbench.bench import Bench
from agent.signing.workbench.questions import Complete, Held, Prepare, Refused, Waiting
from tests.support.pki import Authority

XML = b"<Hoso><NoiDung>x</NoiDung><CKy_Dvi/></Hoso>"


def prepare(unit, document: bytes = XML, number: int = 1) -> Prepare:
    return Prepare(
        number=number,
        format=FORMATS["bhxh-hoso"],
        document=document,
        certificate=unit.der,
        signing_time=datetime(2026, 11, 23, tzinfo=UTC),
    )


def test_what_is_prepared_is_completed_once() -> None:
    unit, bench = Authority.root().issue(), Bench()
    waiting = bench.answer(prepare(unit))
    assert isinstance(waiting, Waiting)
    signature = unit.sign(waiting.digest)

    first = bench.answer(Complete(number=1, signature=signature))
    second = bench.answer(Complete(number=1, signature=signature))

    assert isinstance(first, Held)
    assert second == Refused(kind="InternalError", code="internal_error")


def test_a_defect_says_nothing_of_the_document() -> None:
    class Broken:
        def prepare(self, *_: object, **__: object) -> None:
            raise RuntimeError("bí mật")

    question = prepare(Authority.root().issue())
    answer = Bench().answer(
        Prepare(
            number=1,
            format=Broken(),
            document=b"",
            certificate=question.certificate,
            signing_time=question.signing_time,
        )
    )

    assert answer == Refused(kind="InternalError", code="internal_error")
