"""The two kinds of `Prompts` that ask nobody: one refuses, one says that it cannot ask."""

import pytest

from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Grant, RefusingPrompts
from agent.consent.windows import samples
from agent.errors import InternalError, UserError


async def nobody_looks(index):
    raise AssertionError(index)


def questions(prompts):
    """Every question that is about a signature, as something that raises when it is asked."""
    return (
        lambda: prompts.select(samples.SELECT),
        lambda: prompts.sign(samples.SIGN),
        lambda: prompts.sign_batch(samples.batch(2), nobody_looks),
        lambda: prompts.open_digests(samples.DIGESTS),
    )


async def test_the_default_refuses_everything():
    prompts = RefusingPrompts()

    assert await prompts.ask_site(samples.SITE) is Grant.REFUSED
    for ask in questions(prompts):
        with pytest.raises(UserError, match="user_refused"):
            ask()
    with pytest.raises(UserError, match="user_refused"):
        await prompts.pick(samples.PICK)


async def test_without_screen_and_terminal_everything_is_an_error_and_no_refusal():
    prompts = NobodyToAsk()

    for ask in questions(prompts):
        with pytest.raises(InternalError, match="prompt_unavailable"):
            ask()
    for asking in (prompts.ask_site(samples.SITE), prompts.pick(samples.PICK)):
        with pytest.raises(InternalError, match="prompt_unavailable"):
            await asking
