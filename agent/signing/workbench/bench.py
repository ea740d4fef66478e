"""From question to answer, without pipes: what a test can call in its own process."""

from typing import assert_never

from agent.documents import Made
from agent.errors import AgentError, InternalError
from agent.formats.api import Prepared
from agent.signing.workbench.questions import (
    Answer,
    Complete,
    Held,
    InFile,
    Prepare,
    Question,
    Refused,
    Waiting,
)


class Bench:
    """Answers questions; what is prepared waits here."""

    def __init__(self) -> None:
        self._prepared: dict[int, Prepared] = {}

    def answer(self, question: Question) -> Answer:
        try:
            match question:
                case Prepare():
                    return self._prepare(question)
                case Complete(number=number, signature=signature):
                    return _made(self._prepared.pop(number).complete(signature))
                case _:
                    assert_never(question)
        except AgentError as error:
            return Refused(kind=type(error).__name__, code=error.code, details=_plain(error))
        except Exception:  # noqa: BLE001 - whatever it is, it may quote the document
            return Refused(kind=InternalError.__name__, code="internal_error")

    def _prepare(self, question: Prepare) -> Waiting:
        prepared = question.format.prepare(
            question.document,
            certificate=question.certificate,
            signing_time=question.signing_time,
        )
        self._prepared[question.number] = prepared
        return Waiting(
            mechanism=prepared.mechanism, digest=prepared.digest, message=prepared.message
        )


def _made(made: Made) -> Answer:
    if isinstance(made, bytes):
        return Held(document=made)
    return InFile(
        path=str(made.path),
        size=made.size,
        digests=dict(made.digests),
        head=made.head,
        scratch=str(made.scratch),
    )


def _plain(error: AgentError) -> dict[str, str | int | bool | None]:
    return {
        name: value if isinstance(value, str | int | bool | None) else str(value)
        for name, value in error.details.items()
    }
