from dataclasses import replace

import aiohttp
import pytest

from tests.webui.world import bhxh, unit_holder
from webui.app import open_office, receipt_rules, running
from webui.bhxh.gateway import NoGateway, NotDelivered
from webui.bhxh.http_gateway import HttpGateway
from webui.bhxh.trust import Chain
from webui.config import ConfigError, Gateway, Receipts, Settings, Trust


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", port=0)


async def test_it_listens_on_loopback_and_says_where(settings):
    async with running(settings) as url, aiohttp.ClientSession() as browser:
        assert url.startswith("http://127.0.0.1:")
        async with browser.get(f"{url}/api/session") as response:
            assert (await response.json())["unit"] is None
        async with browser.get(f"{url}/") as response:
            assert response.content_type == "text/html"
    with pytest.raises(aiohttp.ClientConnectorError):
        async with aiohttp.ClientSession() as browser:
            await browser.get(url)


async def test_a_taken_port_is_said_and_nothing_stays_open(settings):
    async with running(settings) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(OSError, match=str(port)):
            async with running(replace(settings, port=port)):
                pass


async def test_the_data_folder_is_the_users_alone(settings):
    async with open_office(settings):
        assert settings.data_dir.stat().st_mode & 0o077 == 0
        assert [p.name for p in settings.data_dir.iterdir() if p.stat().st_mode & 0o077] == []


async def test_without_a_gateway_dossiers_wait(settings):
    async with open_office(settings) as office:
        assert isinstance(office.gateway, NoGateway)
        assert isinstance(await office.gateway.send(b"", "k"), NotDelivered)
    url = replace(settings, gateway=Gateway(url="https://bhxh.example"))
    async with open_office(url) as office:
        assert isinstance(office.gateway, HttpGateway)


async def test_run_centrally_registration_needs_the_token(settings):
    async with open_office(replace(settings, public_origin="https://ivan.example")) as office:
        assert not office.open_registration


async def test_nothing_is_trusted_until_somebody_says_whom(settings):
    async with open_office(settings) as office:
        verdict = await office.judge.judge(unit_holder().der, now=office.clock())

    assert verdict.chain is Chain.UNKNOWN


def test_the_receipts_signers_are_known_by_their_own_certificates(tmp_path):
    (tmp_path / "bhxh.pem").write_bytes(bhxh().pem + unit_holder().pem)

    rules = receipt_rules(Receipts(signers=(tmp_path / "bhxh.pem",)))

    assert rules.signers == {bhxh().id, unit_holder().id}


@pytest.mark.parametrize("part", ["trust", "receipts"])
async def test_a_missing_file_is_a_configuration_error(settings, tmp_path, part):
    missing = (tmp_path / "missing.pem",)
    wrong = {"trust": Trust(roots=missing), "receipts": Receipts(signers=missing)}[part]
    with pytest.raises(ConfigError, match=r"missing\.pem"):
        async with open_office(replace(settings, **{part: wrong})):
            pass
