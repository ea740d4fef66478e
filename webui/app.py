"""Composition root: from settings to a running backend. It alone knows the concrete classes."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256

from aiohttp import web

from webui.backend.app import make_app
from webui.bhxh.gateway import Gateway, NoGateway
from webui.bhxh.http_gateway import HttpGateway
from webui.bhxh.receipt import ReceiptRules
from webui.bhxh.trust import PathJudge, load_certificates
from webui.config import Receipts, Settings
from webui.filing import courier
from webui.filing.notify import Bell
from webui.filing.office import Office
from webui.store.database import open_database

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_office(settings: Settings) -> AsyncIterator[Office]:
    """The use cases on an open, migrated database; closed at the end. Raises ConfigError."""
    judge = PathJudge(settings.trust)
    rules = receipt_rules(settings.receipts)
    gateway: Gateway = NoGateway()
    if settings.gateway.url is not None:
        gateway = HttpGateway(settings.gateway, ivan_code=settings.ivan.code)
    database = open_database(settings.database)
    try:
        await database.migrate()
        yield Office(
            database=database,
            judge=judge,
            gateway=gateway,
            ivan=settings.ivan,
            receipt_rules=rules,
            delivery=settings.delivery,
            bell=Bell(),
            open_registration=settings.public_origin is None,
        )
    finally:
        await gateway.close()
        await database.close()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[str]:
    """The backend, listening, with its courier at work. Yields the URL to open.

    Raises ConfigError, OSError if the port is taken.
    """
    async with open_office(settings) as office:
        runner = web.AppRunner(make_app(office, settings), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.host, settings.port)
            await site.start()
            port = runner.addresses[0][1]
            async with asyncio.TaskGroup() as tasks:
                work = tasks.create_task(courier.run(office))
                try:
                    yield settings.public_origin or f"http://{settings.host}:{port}"
                finally:
                    work.cancel()
        finally:
            await runner.cleanup()


def receipt_rules(receipts: Receipts) -> ReceiptRules:
    signers = [c for path in receipts.signers for c in load_certificates(path)]
    return ReceiptRules(
        signers=frozenset(sha256(certificate.dump()).hexdigest() for certificate in signers),
        accepted_codes=receipts.accepted_codes,
        refused_codes=receipts.refused_codes,
    )
