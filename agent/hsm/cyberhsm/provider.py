"""The provider: recognised by how it refuses, signed in by asking for the account."""

from agent.hsm.cyberhsm.replies import CODES, OK, status_of
from agent.hsm.cyberhsm.requests import Keys
from agent.hsm.cyberhsm.session import CyberHsmSession
from agent.hsm.door import Door
from agent.hsm.provider import Login
from agent.keys import Confirmation, OtpKind

INFO = "/api/account/info"
_OTP = {"sms": OtpKind.SENT, "app": OtpKind.GENERATED}


class CyberHsm:
    id = "cyberhsm"

    async def recognise(self, door: Door) -> bool:
        """By the status code of a request without any signature."""
        answer = await door.get(INFO)
        status = status_of(answer)
        return status is not None and status != OK and status in CODES

    async def sign_in(self, door: Door, login: Login) -> CyberHsmSession:
        """Nothing is opened at the service; it is asked once whether it knows the account."""
        otp = _OTP.get(login.fields.get("otp", "").strip().casefold())
        session = CyberHsmSession(door, Keys.of(login), Confirmation(otp=otp))
        await session.check(INFO)
        return session
