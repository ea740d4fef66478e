"""Files chosen in a terminal, by their full paths; what is wrong is said and asked again."""

import asyncio
from pathlib import Path

from agent.consent.picking import is_file, most
from agent.consent.plain import one_line
from agent.consent.prompts import PickQuestion
from agent.consent.terminal_talk import Talk
from agent.consent.wording import NAME_CHARS


async def picked(talk: Talk, question: PickQuestion) -> tuple[Path, ...]:
    """Raises UserError user_refused, prompt_timeout."""
    chosen: dict[Path, None] = {}
    texts = talk.texts
    while len(chosen) < most(question):
        wanted = texts("terminal.path_next" if chosen else "terminal.path")
        typed = await talk.in_time(talk.terminal.line(wanted))
        if not typed:
            break
        path = _path(typed)
        if path is not None and await asyncio.to_thread(is_file, path):
            chosen[path] = None
        else:
            talk.say(texts("pick.not_a_file", name=one_line(typed, limit=NAME_CHARS)))
    if not chosen:
        talk.refuse()
    return tuple(chosen)


def _path(typed: str) -> Path | None:
    """None for a home of somebody unknown."""
    try:
        return Path(typed).expanduser()
    except RuntimeError:
        return None
