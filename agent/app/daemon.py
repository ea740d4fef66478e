"""The running agent: built here from its parts, one lifetime for all of them."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from typing import Final

from agent import log, platforms
from agent.app.options import Options
from agent.app.parts import judge, modules, prompts, raisers, services, sites
from agent.app.renewals import tell_of_renewals
from agent.app.tray import Tray
from agent.formats.api import Format
from agent.formats.names import PROFILE_NAMES
from agent.hsm.accounts import Pace
from agent.journal import Journal
from agent.platforms import directories, instance, runtime
from agent.server.edge import Edge
from agent.server.events import Events
from agent.server.http import serving
from agent.server.rights import NativeToken
from agent.server.spool import Spool
from agent.signing.desk import Desk
from agent.tokens.inventory import Inventory
from agent.tray.process import TrayProcess

_log: Final = logging.getLogger(__name__)


def run(options: Options) -> None:
    """Serve until told to stop.

    Raises AlreadyRunning, NoFreePort, DirectoryUnsafe, ConfigError, OSError.
    """
    where = options.directories
    directories.make_private(where.runtime)
    directories.make_private(where.data)
    with instance.single_instance(where.runtime):
        redaction = log.start(where.log, verbose=options.verbose, foreground=options.foreground)
        asyncio.run(_serve(options, redaction))


async def _serve(options: Options, redaction: log.Redaction) -> None:
    stop = asyncio.Event()
    where = options.directories
    native_token = NativeToken()
    redaction.hide(native_token.value)
    async with AsyncExitStack() as lifetime:
        lifetime.enter_context(_stopped_by_signals(stop))
        journal = Journal(where.data / "journal")
        lifetime.callback(journal.close)
        tokens = await lifetime.enter_async_context(Inventory(modules(options.config)))
        above = await lifetime.enter_async_context(raisers(options))
        desk = Desk(
            tokens=tokens,
            services=await lifetime.enter_async_context(services(options, pace=Pace())),
            prompts=prompts(options),
            judge=await lifetime.enter_async_context(judge(options)),
            formats=_formats,
            profiles=PROFILE_NAMES,
            journal=journal,
            authorities=above.authorities,
            evidence=above.evidence,
        )
        spool = Spool(where.data / "spool")
        await asyncio.to_thread(spool.clean)
        lifetime.callback(spool.close)
        events = Events(desk.tokens, desk.services)
        watching = asyncio.create_task(events.watch())
        lifetime.push_async_callback(_ended, watching)
        edge = Edge(
            desk=desk,
            sites=sites(options),
            events=events,
            native_token=native_token,
            spool=spool,
            demo=options.scripted_consent is not None,
        )
        telling = asyncio.create_task(tell_of_renewals(edge.desk, language=options.language))
        lifetime.push_async_callback(_ended, telling)
        port = await lifetime.enter_async_context(serving(edge, options.config.server.ports))
        record = runtime.Runtime(port=port, pid=os.getpid(), native_token=native_token.value)
        runtime.write(where.runtime, record)
        lifetime.callback(runtime.remove, where.runtime)
        _log.info("listening on port %s", port)
        if options.config.tray.enabled and platforms.current().display_available():
            icon = asyncio.create_task(_tray(options, edge, stop).run())
            lifetime.push_async_callback(_ended, icon)
        await _stopped(stop, unless_ended=watching)
        _log.info("stopping")


def _formats() -> Mapping[str, Format]:
    # An agent that only waits does without lxml.
    from agent.formats.registry import FORMATS

    return FORMATS


def _tray(options: Options, edge: Edge, stop: asyncio.Event) -> Tray:
    return Tray(
        edge,
        icon=TrayProcess(),
        language=options.language,
        open_command=options.config.tray.open,
        stop=stop.set,
    )


async def _stopped(stop: asyncio.Event, *, unless_ended: asyncio.Task[None]) -> None:
    """Returns when told to stop. An agent that no longer sees its tokens ends with that error."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopping, unless_ended}, return_when=asyncio.FIRST_COMPLETED)
        if unless_ended.done():
            await unless_ended
    finally:
        stopping.cancel()


async def _ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _stopped_by_signals(stop: asyncio.Event) -> ExitStack:
    """SIGINT and SIGTERM stop the agent in good order."""
    loop = asyncio.get_running_loop()
    restored = ExitStack()
    for number in (signal.SIGINT, signal.SIGTERM):
        if sys.platform == "win32":
            before = signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
            restored.callback(signal.signal, number, before)
        else:
            loop.add_signal_handler(number, stop.set)
            restored.callback(loop.remove_signal_handler, number)
    return restored
