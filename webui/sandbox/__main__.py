"""`python -m webui.sandbox --data DIR`: the sandbox alone, for tests and for other people's demos.

Prints one line of JSON when it is ready (where everything is), and runs until it is told to stop
(Ctrl-C, SIGTERM) or, with --leash, until its standard input is closed: when the parent is gone.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from webui.sandbox.gateway.faults import Faults
from webui.sandbox.hsm.register import Service
from webui.sandbox.ports import FIRST_PORT, PortTakenError
from webui.sandbox.service import IVAN_PASSWORD, IVAN_USER, Plan, Sandbox, running
from webui.sandbox.softhsm import TokenError


def main() -> int:
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(name)s: %(message)s", stream=sys.stderr)
    plan = Plan(
        data=options.data,
        with_token=not options.no_token,
        with_hsm=not options.no_hsm,
        faults=Faults(decide_after=options.decide_after),
        first_port=0 if options.any_ports else FIRST_PORT,
    )
    try:
        asyncio.run(_run(plan, leash=options.leash))
    except (TokenError, PortTakenError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m webui.sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder, made if missing")
    parser.add_argument("--any-ports", action="store_true", help="let the system choose ports")
    parser.add_argument("--no-token", action="store_true", help="make no SoftHSM token")
    parser.add_argument("--no-hsm", action="store_true", help="play no signing services")
    parser.add_argument("--decide-after", type=float, default=3.0, metavar="SECONDS")
    parser.add_argument("--leash", action="store_true", help="stop when standard input is closed")
    return parser.parse_args()


async def _run(plan: Plan, *, leash: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if leash:
        loop.add_reader(sys.stdin.fileno(), _notice_end, stop)
    async with running(plan) as sandbox:
        print(json.dumps(_whereabouts(sandbox)), flush=True)
        await stop.wait()


def _notice_end(stop: asyncio.Event) -> None:
    if not os.read(sys.stdin.fileno(), 1024):
        stop.set()


def _whereabouts(sandbox: Sandbox) -> dict[str, Any]:
    return {
        "pages_url": sandbox.pages_url,
        "mailbox_url": sandbox.mailbox_url,
        "gateway_url": sandbox.gateway_url,
        "gateway_user": IVAN_USER,
        "gateway_password": IVAN_PASSWORD,
        "smtp_port": sandbox.ports["smtp"],
        "trust": str(sandbox.authority.trust),
        "receipt_signer": str(sandbox.world.bhxh_certificate_path),
        "world": str(sandbox.plan.data / "world"),
        "softhsm2_conf": str(sandbox.token.configuration),
        "hsm": {service.value: sandbox.hsm_url(service) for service in Service},
    }


if __name__ == "__main__":
    sys.exit(main())
