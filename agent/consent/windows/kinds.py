"""Which window asks which question: the one table."""

from agent.consent.text import Texts
from agent.consent.window_messages import AskSelect, AskSign, AskSite, Command, Tell
from agent.consent.windows.notice import NoticeWindow
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow
from agent.consent.windows.select import SelectWindow
from agent.consent.windows.service_sign import ServiceSignWindow
from agent.consent.windows.sign import SignWindow
from agent.consent.windows.site import SiteWindow


def window_for(command: Command, pipe: Pipe) -> QuestionWindow | None:
    """None for what cannot begin a conversation."""
    match command:
        case AskSite():
            return SiteWindow(pipe, Texts(command.question.asker.language), command)
        case AskSelect():
            return SelectWindow(pipe, Texts(command.question.asker.language), command)
        case AskSign(question=question):
            kind = ServiceSignWindow if question.certificate.service else SignWindow
            return kind(pipe, Texts(question.asker.language), command)
        case Tell():
            return NoticeWindow(pipe, Texts(command.language), command)
        case _:
            return None
