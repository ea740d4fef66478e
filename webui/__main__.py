"""`kyso`: the e-filing app's command line.

kyso demo      everything, with the outside world played on this machine
kyso app       the backend and its window
kyso serve     the backend alone
kyso migrate   bring the database to this version (serve and app do it themselves)
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from webui.config import ConfigError, Settings, load
from webui.demo.command import add_options


def main(arguments: list[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.DEBUG if given.verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # The one tells every step it did not need to take, the other every statement with its values.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)
    try:
        status: int = asyncio.run(given.command(given))
    except ConfigError as error:
        print(f"kyso: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"kyso: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return status


async def serve(given: argparse.Namespace) -> int:
    from webui.app import running

    settings = _settings(given)
    stop = _until_told_to_stop()
    async with running(settings) as url:
        print(f"OpenKySo: {url}", flush=True)
        await stop.wait()
    return 0


async def app(given: argparse.Namespace) -> int:
    """Ends with its window; without one (the browser shows the page) when told to."""
    from webui import window
    from webui.app import running
    from webui.ticket import usual_runtime_file, with_ticket

    settings = _settings(given)
    stop = _until_told_to_stop()
    async with running(settings) as url:
        print(f"OpenKySo: {url}", flush=True)
        address = await with_ticket(url, usual_runtime_file())
        shown = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webui.window"), env={**os.environ, window.URL: address}
        )
        stopping = asyncio.create_task(stop.wait())
        closing = asyncio.create_task(shown.wait())
        await asyncio.wait({stopping, closing}, return_when=asyncio.FIRST_COMPLETED)
        has_window = window.display_available() and window.toolkit_available()
        if closing.done() and not has_window:
            await stopping
        stopping.cancel()
        if shown.returncode is None:
            shown.terminate()
        await closing
    return 0


async def migrate(given: argparse.Namespace) -> int:
    from webui.store.database import migrate

    await migrate(_settings(given).database)
    print("The database is up to date.")
    return 0


async def demo(given: argparse.Namespace) -> int:
    from webui.demo import command

    return await command.demo(given, _until_told_to_stop())


def _until_told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C arrives as KeyboardInterrupt
            continue
    return stop


def _settings(given: argparse.Namespace) -> Settings:
    settings = load(given.config)
    if getattr(given, "port", None) is not None:
        settings = replace(settings, port=given.port)
    if given.data is not None:
        settings = replace(settings, data_dir=given.data)
    return settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kyso", description="OpenKySo: e-filing with BHXH")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="settings, TOML")
    common.add_argument("--data", type=Path, metavar="DIR", help="folder of the SQLite database")
    common.add_argument("--verbose", action="store_true")
    commands = parser.add_subparsers(required=True)
    listening = argparse.ArgumentParser(add_help=False)
    listening.add_argument("--port", type=int, help="0: any free one")
    command = commands.add_parser("app", parents=[common, listening], help="page and window")
    command.set_defaults(command=app)
    command = commands.add_parser("serve", parents=[common, listening], help="the backend alone")
    command.set_defaults(command=serve)
    command = commands.add_parser("migrate", parents=[common], help="update the database")
    command.set_defaults(command=migrate)
    command = commands.add_parser("demo", help="try everything on this machine")
    add_options(command)
    command.add_argument("--verbose", action="store_true")
    command.set_defaults(command=demo)
    return parser


if __name__ == "__main__":
    sys.exit(main())
