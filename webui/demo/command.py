"""`kyso demo`'s options and exit status."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from webui.demo.plan import DemoPlan, usual_folder
from webui.demo.say import DemoError, say


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=usual_folder(), metavar="DIR")
    parser.add_argument(
        "--headless",
        action="store_true",
        help="no window; the agent's questions are answered by script, for demo keys alone",
    )
    parser.add_argument("--no-window", action="store_true", help="print the URL, open nothing")
    parser.add_argument("--port", type=int, help="of the page, this time; 0: any free one")
    parser.add_argument("--any-ports", action="store_true", help=argparse.SUPPRESS)  # for tests
    parser.add_argument("--agent-ports", type=int, nargs="+", help=argparse.SUPPRESS)  # for tests


def plan(given: argparse.Namespace) -> DemoPlan:
    whole = DemoPlan(
        data=given.data.absolute(),
        headless=given.headless,
        window=not given.no_window,
        port=given.port,
        any_ports=given.any_ports,
    )
    if given.agent_ports is None:
        return whole
    from dataclasses import replace

    return replace(whole, agent_ports=tuple(given.agent_ports))


async def demo(given: argparse.Namespace, stop: asyncio.Event) -> int:
    """The exit status: 0 stopped, 1 something is missing, taken or broken."""
    chosen = plan(given)
    _log_to(chosen.log_folder / "kyso.log", verbose=given.verbose)
    say("start", data=chosen.data)
    # Late, so that `kyso --help` is quick and `kyso serve` needs no sandbox.
    from webui.demo.run import until_stopped
    from webui.sandbox.ports import PortTakenError
    from webui.sandbox.softhsm import TokenError

    try:
        await until_stopped(chosen, stop)
    except* (DemoError, TokenError, PortTakenError) as trouble:
        for error in _each(trouble):
            print(f"kyso demo: {error}", file=sys.stderr)  # noqa: T201 - the command line's voice
        return_status = 1
    else:
        return_status = 0
    return return_status


def _each(trouble: BaseExceptionGroup) -> list[BaseException]:
    found: list[BaseException] = []
    for error in trouble.exceptions:
        found += _each(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _log_to(path: Path, *, verbose: bool) -> None:
    """The terminal is for the person; what happened is for the file."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    logging.basicConfig(
        filename=path,
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        force=True,
    )
    # Each certificate it asks about is ten lines.
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.WARNING)
