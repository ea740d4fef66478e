"""Something the user must know, with nothing to decide."""

from agent.consent.plain import lines, one_line
from agent.consent.text import Texts
from agent.consent.window_messages import Tell
from agent.consent.windows.pieces import Foreign
from agent.consent.windows.pipe import Pipe
from agent.consent.windows.question import QuestionWindow

_TEXT_CHARS = 2000


class NoticeWindow(QuestionWindow):
    def __init__(self, pipe: Pipe, texts: Texts, tell: Tell) -> None:
        title = one_line(tell.title, limit=200)
        super().__init__(
            pipe,
            texts,
            window_title=texts("notice.window"),
            title=title,
            seconds=tell.seconds,
        )
        text = lines(tell.text, limit=_TEXT_CHARS)
        self.setAccessibleDescription(text)
        self.page.addWidget(Foreign(text))
        self.page.addStretch(1)
        self.close_button = self.add_refusal(texts("button.close"))
        self.close_button.setFocus()
