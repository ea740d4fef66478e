"""A door without a network: answers that a property test makes up, read as the real door does."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from agent.hsm.door import WHOLE_SECONDS, Answer
from agent.hsm.https import _Answer

HOST = "hsm.example.vn"


def answer(
    value: Any, *, status: int = 200, content_type: str = "application/json", date: str = ""
) -> Answer:
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return _Answer(status, {"Content-Type": content_type, "Date": date}, body, HOST)


class CannedDoor:
    host = HOST
    base = f"https://{HOST}"

    def __init__(self, answers: Callable[[str], Answer]) -> None:
        self._answers = answers

    async def get(
        self,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        seconds: float = WHOLE_SECONDS,
    ) -> Answer:
        return self._answers(path)

    async def post(
        self,
        path: str,
        body: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        seconds: float = WHOLE_SECONDS,
    ) -> Answer:
        return self._answers(path)
