"""The desk of a command: the same parts that the running agent has, for as long as it takes.

It works beside a running agent: tokens keep the login per process, and the journal takes entries of
several programs. The user is asked where the command was typed.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing

from agent.app.options import Options
from agent.app.parts import judge, modules, prompts, raisers, services
from agent.consent.prompts import Asker, Prompts
from agent.consent.terminal import Terminal
from agent.formats.api import Format
from agent.formats.names import PROFILE_NAMES
from agent.journal import Journal
from agent.platforms import directories
from agent.signing.desk import Desk
from agent.tokens.inventory import Inventory


@asynccontextmanager
async def desk(options: Options) -> AsyncIterator[Desk]:
    """With the tokens that are plugged in now already known. Raises ConfigError, OSError."""
    data = options.directories.data
    directories.make_private(data)
    async with AsyncExitStack() as lifetime:
        journal = lifetime.enter_context(closing(Journal(data / "journal")))
        tokens = await lifetime.enter_async_context(Inventory(modules(options.config)))
        await tokens.refresh()
        above = await lifetime.enter_async_context(raisers(options))
        yield Desk(
            tokens=tokens,
            services=await lifetime.enter_async_context(services(options)),
            prompts=_prompts(options),
            judge=await lifetime.enter_async_context(judge(options)),
            formats=lambda: _formats(options),
            profiles=PROFILE_NAMES,
            journal=journal,
            authorities=above.authorities,
            evidence=above.evidence,
        )


def asker(options: Options) -> Asker:
    """The windows and the journal say that the user's own command asked."""
    name = "kyso-agent"
    return Asker(origin=f"native:{name}", client=name, language=options.language)


def _prompts(options: Options) -> Prompts:
    """At the terminal where there is one, else as the running agent would ask."""
    terminal = Terminal.of_this_process() if options.scripted_consent is None else None
    if terminal is None:
        return prompts(options)
    from agent.consent.terminal_prompts import TerminalPrompts

    return TerminalPrompts(terminal)


def _formats(options: Options) -> Mapping[str, Format]:
    """Signatures carry the authorities' certificates that this machine knows."""
    from agent.app.roots import store
    from agent.certificates.trust import Kind
    from agent.formats.registry import formats

    return formats(authorities=tuple(store(options).of_kind(Kind.INTERMEDIATE)))
