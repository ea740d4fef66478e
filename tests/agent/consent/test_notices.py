import pytest

from agent.consent.notices import tell_of_new_certificate
from agent.consent.windows import samples
from tests.support.prompts import ScriptedUser


async def test_a_new_certificate_is_told_with_where_it_is_and_what_to_do():
    user = ScriptedUser()

    await tell_of_new_certificate(user, samples.EVERYWHERE[1])

    ((title, text, language),) = user.saw("tell")
    assert title == "Dịch vụ HSM có chứng thư số mới"
    assert "Sao Mai Remote Signing, kyso.saomai.vn:9444" in text
    assert "MST: 0101234567" in text
    assert "Điều chỉnh IVAN" in text
    assert language == "vi"


async def test_the_account_is_nobodys_business():
    user = ScriptedUser()

    await tell_of_new_certificate(user, samples.EVERYWHERE[1], language="en")

    ((_, text, _),) = user.saw("tell")
    assert samples.SERVICE.name not in text


async def test_one_on_a_token_is_no_news_of_a_service():
    with pytest.raises(ValueError, match="no service"):
        await tell_of_new_certificate(ScriptedUser(), samples.CERTIFICATES[0])
