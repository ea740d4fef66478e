"""One request on its way to its handler."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from msgspec import Struct

from agent.server.client import Client
from agent.signing.desk import Errand
from protocol.messages import RequestId, Stage

P = TypeVar("P", bound=Struct)


class Tell(Protocol):
    async def __call__(self, stage: Stage, done: int = 0, total: int = 1) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[P]):
    """Its parameters, who sent it, and how to say where it stands."""

    id: RequestId
    params: P
    client: Client
    progress: Tell

    @property
    def errand(self) -> Errand:
        return Errand(asker=self.client.asker, progress=self.progress)
