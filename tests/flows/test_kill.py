"""kill -9 of the web backend at random moments of 200 submissions: none lost, none doubled.

BHXH is the sandbox's gateway in a process of its own, which is not killed: it counts. The units,
their certificates, drafts and sessions are prepared beforehand, and the drafts signed with software
keys, so that all that happens during the killing is what is being tested.
"""

import asyncio
import random
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, replace

import aiohttp
import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.backend_process import BackendProcess
from tests.support.sandbox import SandboxProgram, nth_mst, public_key
from tests.support.waiting import eventually
from tests.support.xmldsig import sign
from tests.webui.world import CONTACT, EMAIL, PROFILE, StagedJudge
from webui.app import open_office
from webui.config import Settings
from webui.filing import add_certificate, adjust, passwords, register, sessions

SUBMISSIONS = 200
FIRST = 1000  # of the MSTs nobody has; the other tests' are below
KILLS = 15
KILLS_AFTER = 3  # while the last of them are delivered
LOST_ANSWERS = 15


@dataclass(frozen=True)
class Submission:
    mst: str
    session: str
    draft: str
    document: str  # signed, base64
    certificate: str


@dataclass(frozen=True)
class Holder:
    """One key for all: making two hundred would take longer than the test."""

    der: bytes
    key: rsa.RSAPrivateKey

    def sign(self, digest: bytes) -> bytes:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, utils

        return self.key.sign(digest, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


@pytest.mark.timeout(300)
async def test_two_hundred_submissions_survive_fifteen_kills(tmp_path, sandbox, monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64))
    seed = random.randrange(2**32)
    print(f"random seed {seed}")
    settings = Settings(data_dir=tmp_path)
    submissions = await prepared(settings, sandbox)
    sandbox.set_faults(drop_answers=LOST_ANSWERS)
    with BackendProcess(tmp_path, sandbox) as backend:
        kills = await submitted_under_fire(backend, submissions, random.Random(seed))
        await eventually(
            lambda: all_decided(backend, submissions), "all answers of BHXH", seconds=120
        )
        assert backend.stop() == 0
    kept = await filed(settings, submissions)
    held = [d for d in sandbox.dossiers() if d["mst"] in {s.mst for s in submissions}]
    print(f"{kills} kills")

    assert kills >= KILLS
    # At BHXH: one dossier of each unit.
    assert Counter(d["mst"] for d in held) == Counter(s.mst for s in submissions)
    assert {d["key"] for d in held} == {s.draft for s in submissions}
    # Here: the same ones, each decided once.
    assert kept == {s.draft: ["created", "signed", "accepted"] for s in submissions}


async def prepared(settings: Settings, sandbox: SandboxProgram) -> list[Submission]:
    key = rsa.generate_private_key(65537, 2048)
    spki = b64encode(public_key(key)).decode()
    async with open_office(settings) as real:
        # The sandbox judges every certificate itself when it decides; here that may be skipped.
        office = replace(real, judge=StagedJudge())
        turns = asyncio.Semaphore(8)

        async def make(number: int) -> Submission:
            mst = nth_mst(FIRST + number)
            wish = {"name": PROFILE.ten_don_vi, "uids": [f"MST:{mst}"], "public_key": spki}
            async with turns:
                answer = await asyncio.to_thread(sandbox.call, "/sandbox/ca/certificates", wish)
                return await submission(office, mst, answer["certificate"], key)

        return await asyncio.gather(*map(make, range(SUBMISSIONS)))


async def submission(office, mst, certificate, key) -> Submission:
    from base64 import b64decode

    der = b64decode(certificate)
    unit = await register.register(
        office, mst=mst, profile=PROFILE, email_again=EMAIL, password="mật khẩu dài", proof=None
    )
    row = await add_certificate.add(office, unit.id, der, source="{}")
    draft = await adjust.prepare(office, unit.id, row.sha256, CONTACT, email_again=CONTACT.email)
    signed = sign(draft.document, Holder(der=der, key=key))
    return Submission(
        mst=mst,
        session=await sessions.begin(office, unit.id),
        draft=draft.id,
        document=b64encode(signed).decode(),
        certificate=row.sha256,
    )


async def submitted_under_fire(
    backend: BackendProcess, submissions: list[Submission], chance: random.Random
) -> int:
    """Six pages press "Ký và Gửi BH" until they have an answer; the killing goes on beside them,
    and for some time after, while the courier delivers. The number of kills.

    Each kill waits for its share of answers and not only for the clock: where a start takes longer
    than the life that follows, a clock alone would kill for ever.
    """
    waiting = list(submissions)
    chance.shuffle(waiting)
    answered = 0
    kills = 0

    async def pages() -> None:
        nonlocal answered
        async with aiohttp.ClientSession() as browser:
            while waiting:
                each = waiting.pop()
                while not await sent(browser, backend, each):
                    await asyncio.sleep(0.05)
                answered += 1
                # A clerk is slower than a script; the kills must fall between submissions too.
                await asyncio.sleep(chance.uniform(0, 0.4))

    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(pages())
        moments = sorted(chance.sample(range(SUBMISSIONS), KILLS)) + [SUBMISSIONS] * KILLS_AFTER
        for moment in moments:
            while answered < moment:
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 0.4))
            backend.kill()
            kills += 1
            await asyncio.to_thread(backend.start)
    return kills


async def sent(browser: aiohttp.ClientSession, backend: BackendProcess, each: Submission) -> bool:
    """True when the backend has answered for it. A page whose answer was lost sends it again."""
    url = backend.url
    try:
        async with browser.post(
            f"{url}/api/adjustments/{each.draft}/signed",
            json={"document": each.document},
            headers={"Origin": url, "Cookie": f"kyso={each.session}"},
        ) as response:
            answer = await response.json()
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False
    assert response.status == 200, answer
    assert answer["id"] == each.draft
    return True


async def all_decided(backend: BackendProcess, submissions: list[Submission]) -> bool:
    async with aiohttp.ClientSession() as browser:
        for each in submissions:
            async with browser.get(
                f"{backend.url}/api/dossiers", headers={"Cookie": f"kyso={each.session}"}
            ) as response:
                answer = await response.json()
            assert answer["total"] == 1, answer
            if answer["dossiers"][0]["state"] != "chap-nhan":
                return False
    return True


async def filed(settings: Settings, submissions: list[Submission]) -> dict[str, list[str]]:
    """For each dossier in the database, the events that may happen only once."""
    from webui.store import dossiers, history, units

    found = {}
    async with open_office(settings) as office, office.database.reading() as tx:
        for each in submissions:
            unit = await units.by_mst(tx, each.mst)
            for row in (await dossiers.search(tx, unit.id))[0]:
                events = [e.event for e in await history.of_dossier(tx, row.id)]
                once = {"created", "signed", "accepted", "refused", "refused_at_the_door"}
                found[row.id] = [event for event in events if event in once]
    return found
