import pytest

from agent.errors import ServiceError, UserError
from agent.hsm.csc import Csc
from tests.agent.hsm.csc.conftest import PASSWORD, login, sign_in
from tests.support.csc_service import CscService, Key
from tests.support.doors import plain_door


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

    async def test_is_not_renewed_with_what_the_service_takes_no_more(self, certificates):
        key = Key(holder=certificates.company)
        async with CscService(key) as service, plain_door(service.url) as door:
            service.refresh = True
            session = await Csc().sign_in(door, login())
            service.tokens.clear()
            service.refreshes.clear()
            with pytest.raises(ServiceError) as caught:
                await session.list_credentials()

        assert caught.value.code == "service_failed"
        assert len(service.asked("auth/login")) == 2

    async def test_that_cannot_be_revoked_ends_by_itself(self):
        async with CscService() as service, plain_door(service.url) as door:
            session = await Csc().sign_in(door, login())
            await service.__aexit__()
            await session.sign_out()


async def test_nobody_signs_in_to_what_is_no_such_service():
    async with CscService(specs="0.1") as service:
        with pytest.raises(UserError) as caught:
            await sign_in(service)

    assert caught.value.code == "service_not_recognised"
    assert PASSWORD not in str(service.requests)
