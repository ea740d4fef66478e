"""What is said and understood in v1.0.4.0."""

from typing import Final

from agent.hsm.csc import messages_v1 as m
from agent.hsm.csc.details import Details, details
from agent.hsm.csc.dialect import Call, Leave, Listed, SignOrder
from agent.hsm.csc.factors import of_v1
from agent.hsm.csc.messages import CredentialRequest, Page
from agent.hsm.csc.service import Service
from agent.hsm.door import Answer

#: Asked for at a time (11.4). A service may give fewer, and says so by a next page.
_PAGE: Final = 50


class V1:
    def __init__(self, _service: Service) -> None:
        """Nothing in `info` changes what is said in this version."""

    def list(self, *, user_id: str | None, page: str | None) -> Call:
        message = m.ListRequest(user_id=user_id, max_results=_PAGE, page_token=page)
        return Call(method="credentials/list", message=message)

    def listed(self, answer: Answer) -> Listed:
        page = answer.read(Page)
        return Listed(ids=page.credential_ids, described={}, next_page=page.next_page_token)

    def info(self, credential_id: str) -> Call:
        message = m.InfoRequest(credential_id=credential_id, certificates="chain", auth_info=True)
        return Call(method="credentials/info", message=message)

    def described(self, credential_id: str, answer: Answer) -> Details:
        said = answer.read(m.Credential)
        return details(
            credential_id,
            key=said.key,
            cert=said.cert,
            factors=of_v1(said.auth_mode, said.pin, said.otp),
            scal=said.scal,
            multisign=said.multisign,
        )

    def send_otp(self, details: Details) -> Call:
        message = CredentialRequest(credential_id=details.credential.id)
        return Call(method="credentials/sendOTP", message=message)

    def otp_sent(self, _answer: Answer) -> bool:
        return True  # 11.8: nothing comes back

    @property
    def answers_early(self) -> bool:
        return False

    def authorise(self, leave: Leave) -> Call:
        message = m.AuthoriseRequest(
            credential_id=leave.details.credential.id,
            num_signatures=len(leave.hashes),
            hash=leave.hashes if leave.details.binds_hashes else None,
            pin=leave.pin,
            otp=leave.otp,
            description=leave.description or None,
        )
        return Call(method="credentials/authorize", message=message)

    def sign(self, order: SignOrder) -> Call:
        message = m.SignRequest(
            credential_id=order.details.credential.id,
            sad=order.sad,
            hash=order.hashes,
            hash_algo=order.algorithm.hash_algo,
            sign_algo=order.algorithm.sign_algo,
            sign_algo_params=order.algorithm.params,
        )
        return Call(method="signatures/signHash", message=message)
