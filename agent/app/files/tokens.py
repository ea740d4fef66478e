"""The tokens plugged in now, and the state of their PINs: what support asks for first."""

from agent.app.options import Options
from agent.app.parts import modules
from agent.app.text import text
from agent.consent.plain import one_line
from agent.keys import PinState, TokenInfo
from agent.tokens.inventory import Inventory

_MOST_CHARS = 80


async def plugged_in(options: Options) -> tuple[TokenInfo, ...]:
    """Nobody logs in. Raises ConfigError, OSError."""
    async with Inventory(modules(options.config)) as inventory:
        await inventory.refresh()
        return inventory.tokens()


def lines(tokens: tuple[TokenInfo, ...], *, language: str) -> tuple[str, ...]:
    return tuple(_line(one, language) for one in tokens) or (text(language, "no_token"),)


def _line(token: TokenInfo, language: str) -> str:
    told = {
        name: one_line(getattr(token, name), limit=_MOST_CHARS)
        for name in ("label", "manufacturer", "model", "serial", "reader", "module")
    }
    return text(language, "token_in_full", pin=text(language, _pin(token.pin)), **told)


def _pin(state: PinState) -> str:
    if state.locked:
        return "pin_locked"
    if state.final_try:
        return "pin_final_try"
    return "pin_low" if state.low else "pin_good"
