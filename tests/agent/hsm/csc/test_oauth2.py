import pytest
from aiohttp import web

from agent.errors import ServiceError, UserError
from agent.hsm.csc import Csc
from tests.agent.hsm.csc.conftest import NAME, PASSWORD, login, sign_in
from tests.support.csc_service import CscService, Key
from tests.support.doors import plain_door


@pytest.fixture(params=["v1", "v2"])
def version(request):
    return request.param


def metadata(**said):
    async def answer(_):
        return web.json_response(said)

    return answer


async def test_a_client_secret_becomes_a_token(version):
    async with CscService(version=version, auth_types=("oauth2client",)) as service:
        await sign_in(service)

    assert service.requests[-1] == (
        "/oauth2/token",
        {
            "grant_type": "client_credentials",
            "scope": "service",
            "client_id": NAME,
            "client_secret": PASSWORD,
        },
    )
    assert service.tokens


async def test_a_wrong_secret_is_refused():
    async with CscService(auth_types=("oauth2client",)) as service:
        with pytest.raises(UserError) as caught:
            await sign_in(service, login(password="sai"))

    assert caught.value.code == "account_refused"


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "https://127.0.0.1:1/",
        "http://user@127.0.0.1:{port}/",
        "http://127.0.0.1:{port}/?a=b",
        "ftp://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "/oauth2",
        "http://127.0.0.1:99999/",
        "http://[127.0.0.1/",
        "http://127.0.0.1:{port}/../admin",
        "http://127.0.0.1:{port}/a\x01b",
        "http://127.0.0.1:{port}/a%2e%2e",
        "http://127.0.0.1:{port}//elsewhere.example",
        "",
    ],
)
async def test_the_secret_goes_to_no_other_host_than_the_one_that_was_typed(address):
    async with CscService(auth_types=("oauth2client",)) as service:
        service.oauth2 = address.format(port=service.url.rpartition(":")[2])
        with pytest.raises(ServiceError) as caught:
            await sign_in(service)

    assert caught.value.code in ("service_redirected", "service_malformed")
    assert all(PASSWORD not in str(request) for request in service.requests)


async def test_the_server_may_be_below_a_path_of_the_same_host():
    async with CscService(auth_types=("oauth2client",)) as service:
        service.oauth2 = f"{service.url}/nested/as/"
        with pytest.raises(ServiceError):
            await sign_in(service)

    assert service.requests[-1][0] == "/nested/as/oauth2/token"


async def test_the_server_may_be_named_by_its_issuer():
    async with CscService(version="v2", auth_types=("oauth2client",)) as service:
        service.oauth2_issuer = f"{service.url}/as"
        service.override["/.well-known/oauth-authorization-server/as"] = metadata(
            issuer=f"{service.url}/as", token_endpoint=f"{service.url}/oauth2/token"
        )
        await sign_in(service)

    assert service.tokens


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://elsewhere.example", "token_endpoint": "{url}/oauth2/token"},
        {"issuer": "{url}/as", "token_endpoint": "https://elsewhere.example/oauth2/token"},
        {"issuer": "{url}/as"},
        {"token_endpoint": "{url}/oauth2/token"},
    ],
)
async def test_an_issuers_metadata_lead_nowhere_else(said):
    async with CscService(version="v2", auth_types=("oauth2client",)) as service:
        service.oauth2_issuer = f"{service.url}/as"
        service.override["/.well-known/oauth-authorization-server/as"] = metadata(
            **{name: value.format(url=service.url) for name, value in said.items()}
        )
        with pytest.raises(ServiceError) as caught:
            await sign_in(service)

    assert caught.value.code in ("service_redirected", "service_malformed")
    assert PASSWORD not in str(service.requests)


async def test_an_issuer_without_metadata_is_a_failure_of_the_service():
    async with CscService(version="v2", auth_types=("oauth2client",)) as service:
        service.oauth2_issuer = service.url
        with pytest.raises(ServiceError) as caught:
            await sign_in(service)

    assert caught.value.code == "service_failed"


async def test_a_user_may_be_named_for_a_client(certificates):
    key = Key(holder=certificates.company)
    async with (
        CscService(key, auth_types=("oauth2client",)) as service,
        plain_door(service.url) as door,
    ):
        session = await Csc().sign_in(door, login(user_id="MST_0101300842"))
        await session.list_credentials()

    assert service.asked("credentials/list")[0]["userID"] == "MST_0101300842"
