"""Which window asks which question: the one table."""

from agent.consent.text import Texts
from agent.consent.window_messages import (
    AskBatch,
    AskDigests,
    AskPick,
    AskSelect,
    AskSign,
    AskSite,
    Command,
    Tell,
)
from agent.consent.windows.batch import BatchWindow
from agent.consent.windows.digests import DigestsWindow
from agent.consent.windows.in_service import InService
from agent.consent.windows.notice import NoticeWindow
from agent.consent.windows.pick import PickWindow
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow
from agent.consent.windows.select import SelectWindow
from agent.consent.windows.sign import SignWindow
from agent.consent.windows.site import SiteWindow


class ServiceSignWindow(InService, SignWindow):
    """One document, with a key in a service."""


class ServiceBatchWindow(InService, BatchWindow):
    """Many documents, with a key in a service."""


class ServiceDigestsWindow(InService, DigestsWindow):
    """Unseen content, with a key in a service."""


def window_for(command: Command, pipe: Pipe) -> QuestionWindow | PickWindow | None:  # noqa: PLR0911 - a table
    """None for what cannot begin a conversation."""
    match command:
        case AskSite():
            return SiteWindow(pipe, Texts(command.question.asker.language), command)
        case AskSelect():
            return SelectWindow(pipe, Texts(command.question.asker.language), command)
        case AskSign(question=question):
            kind = ServiceSignWindow if question.certificate.service else SignWindow
            return kind(pipe, Texts(question.asker.language), command)
        case AskBatch(question=batch):
            many = ServiceBatchWindow if batch.certificate.service else BatchWindow
            return many(pipe, Texts(batch.asker.language), command)
        case AskDigests(question=digests):
            unseen = ServiceDigestsWindow if digests.certificate.service else DigestsWindow
            return unseen(pipe, Texts(digests.asker.language), command)
        case AskPick():
            return PickWindow(pipe, Texts(command.question.asker.language), command)
        case Tell():
            return NoticeWindow(pipe, Texts(command.language), command)
        case _:
            return None
