import pytest

from agent.errors import ServiceError, UserError
from agent.hsm.csc import Csc
from agent.hsm.provider import Login
from agent.secret import Secret
from tests.agent.hsm.csc.conftest import NAME, PASSWORD
from tests.support.csc_service import CscService, Key
from tests.support.doors import plain_door


def login(name=NAME, password=PASSWORD, **fields):
    return Login(name=name, password=Secret(password), fields=fields)


async def sign_in(service, order=None):
    async with plain_door(service.url) as door:
        return await Csc().sign_in(door, order or login())


@pytest.fixture(params=["v1", "v2"])
def version(request):
    return request.param


class TestBasic:
    async def test_a_password_becomes_a_token(self, version):
        async with CscService(version=version) as service:
            await sign_in(service)

        assert len(service.tokens) == 1
        assert service.asked("auth/login") == [{}]

    async def test_a_wrong_password_is_refused_once(self, version):
        async with CscService(version=version) as service:
            with pytest.raises(UserError) as caught:
                await sign_in(service, login(password="sai"))

        assert caught.value.code == "account_refused"
        assert len(service.asked("auth/login")) == 1

    async def test_names_and_passwords_are_unicode(self):
        async with CscService(name="công ty", password="mật:khẩu") as service:
            await sign_in(service, login("công ty", "mật:khẩu"))

        assert service.tokens

    async def test_a_name_that_basic_cannot_carry_goes_nowhere(self):
        async with CscService() as service:
            with pytest.raises(UserError) as caught:
                await sign_in(service, login(name="minh:hoa"))

        assert caught.value.code == "account_refused"
        assert not service.asked("auth/login")

    async def test_what_is_no_token_is_no_answer(self):
        async with CscService() as service:
            service._token = lambda: {"access_token": "a\r\nX-Injected: 1"}
            with pytest.raises(ServiceError) as caught:
                await sign_in(service)

        assert caught.value.code == "service_malformed"


class TestClientCredentials:
    async def test_a_client_secret_becomes_a_token(self, version):
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

    async def test_a_wrong_secret_is_refused(self):
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
    async def test_the_secret_goes_to_no_other_host_than_the_one_that_was_typed(self, address):
        async with CscService(auth_types=("oauth2client",)) as service:
            service.oauth2 = address.format(port=service.url.rpartition(":")[2])
            with pytest.raises(ServiceError) as caught:
                await sign_in(service)

        assert caught.value.code in ("service_redirected", "service_malformed")
        assert all(PASSWORD not in str(request) for request in service.requests)

    async def test_the_server_may_be_below_a_path_of_the_same_host(self):
        async with CscService(auth_types=("oauth2client",)) as service:
            service.oauth2 = f"{service.url}/nested/as/"
            with pytest.raises(ServiceError):
                await sign_in(service)

        assert service.requests[-1][0] == "/nested/as/oauth2/token"

    async def test_a_user_may_be_named_for_a_client(self, certificates):
        key = Key(holder=certificates.company)
        async with (
            CscService(key, auth_types=("oauth2client",)) as service,
            plain_door(service.url) as door,
        ):
            session = await Csc().sign_in(door, login(user_id="MST_0101300842"))
            await session.list_credentials()

        assert service.asked("credentials/list")[0]["userID"] == "MST_0101300842"


@pytest.mark.parametrize("ways", [("oauth2code",), ("TLS", "digest"), ("external",), ()])
async def test_ways_that_we_do_not_have_are_refused_in_words(ways):
    async with CscService(auth_types=ways) as service:
        with pytest.raises(UserError) as caught:
            await sign_in(service)

    assert caught.value.code == "service_sign_in"
    assert PASSWORD not in str(service.requests)


async def test_a_refused_password_is_not_tried_in_another_way():
    async with CscService(auth_types=("basic", "oauth2client")) as service:
        with pytest.raises(UserError):
            await sign_in(service, login(password="sai"))

    assert [path for path, _ in service.requests][-1] == "/csc/v1/auth/login"


class TestATokenThatIsOver:
    async def test_is_renewed_once_with_what_the_service_gave_for_it(self, certificates):
        key = Key(holder=certificates.company)
        async with CscService(key) as service, plain_door(service.url) as door:
            service.refresh = True
            session = await Csc().sign_in(door, login())
            service.tokens.clear()

            assert len(await session.list_credentials()) == 1

        assert len(service.asked("auth/login")) == 2
        assert "refresh_token" in service.asked("auth/login")[1]

    async def test_ends_the_session_where_there_is_nothing_to_renew_it_with(self, certificates):
        key = Key(holder=certificates.company)
        async with CscService(key) as service, plain_door(service.url) as door:
            session = await Csc().sign_in(door, login())
            service.tokens.clear()
            with pytest.raises(ServiceError) as caught:
                await session.list_credentials()

        assert caught.value.code == "service_failed"
        assert len(service.asked("auth/login")) == 1

    async def test_is_revoked_when_the_session_ends(self):
        async with CscService() as service, plain_door(service.url) as door:
            session = await Csc().sign_in(door, login())
            await session.sign_out()

        assert not service.tokens

    async def test_may_stay_where_the_service_does_not_revoke(self):
        async with CscService() as service, plain_door(service.url) as door:
            service.methods.remove("auth/revoke")
            session = await Csc().sign_in(door, login())
            await session.sign_out()

        assert not service.asked("auth/revoke")
