"""python -m protocol.conformance ws://127.0.0.1:PORT [--runtime agent.json | --token TOKEN].

Without the native token the cases of programs and of our own window are left out, and named.
Nothing is signed; cases that open a window of the agent, and close it again, are played with
--windows.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from urllib.parse import urlsplit

import websockets

from protocol.conformance.cases import Caller, Case, agent_cases
from protocol.conformance.play import UNKNOWN_ORIGIN, Nonconforming, Target, play
from protocol.discovery import AgentNotFound, read_runtime
from protocol.version import PATH


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m protocol.conformance", description="Does an agent keep to SPEC.md?"
    )
    parser.add_argument("url", help="ws://127.0.0.1:PORT")
    parser.add_argument("--runtime", type=Path, help="the agent's runtime file, for its token")
    parser.add_argument("--token", help="the native token itself")
    parser.add_argument("--origin", default=UNKNOWN_ORIGIN, help="a site the user has not allowed")
    parser.add_argument("--windows", action="store_true", help="also cases that open a window")
    parser.add_argument("-k", dest="only", default="", help="only cases with this in their name")
    options = parser.parse_args()
    try:
        token = options.token or (options.runtime and read_runtime(options.runtime).native_token)
    except (AgentNotFound, ValueError) as error:
        parser.error(str(error))
    url = options.url if urlsplit(options.url).path.strip("/") else options.url.rstrip("/") + PATH
    target = Target(url=url, native_token=token, origin=options.origin)
    chosen = [case for case in agent_cases() if options.only in case.name]
    return asyncio.run(_play_all(chosen, target, windows=options.windows))


async def _play_all(cases: list[Case], target: Target, *, windows: bool) -> int:
    failed = 0
    for case in cases:
        if (why := _left_out(case, target, windows=windows)) is not None:
            print(f"  -     {case.name}: {why}")
            continue
        try:
            await play(case, target)
        except (Nonconforming, OSError, websockets.WebSocketException) as error:
            failed += 1
            print(f"  FAIL  {case.name}: {error}")
        else:
            print(f"  ok    {case.name}")
    print(f"{failed} failed" if failed else "the agent conforms, as far as these cases see")
    return 1 if failed else 0


def _left_out(case: Case, target: Target, *, windows: bool) -> str | None:
    if case.caller is not Caller.PAGE and target.native_token is None:
        return "left out, needs the native token (--runtime)"
    if case.opens_window and not windows:
        return "left out, opens a window (--windows)"
    return None


if __name__ == "__main__":
    sys.exit(main())
