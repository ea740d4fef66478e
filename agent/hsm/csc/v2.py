"""What is said and understood in v2.0.0.2."""

from functools import partial

from agent.hsm.csc import messages_v2 as m
from agent.hsm.csc.details import Details, details
from agent.hsm.csc.dialect import Call, Leave, Listed, SignOrder
from agent.hsm.csc.factors import of_v2
from agent.hsm.csc.messages import CredentialRequest
from agent.hsm.csc.service import Service
from agent.hsm.door import Answer

_NO_CONTENT = 204


class V2:
    def __init__(self, service: Service) -> None:
        self._service = service

    def list(self, *, user_id: str | None, page: str | None) -> Call:
        message = m.ListRequest(
            user_id=user_id,
            credential_info=True,
            certificates="chain",
            auth_info=True,
            page_token=page,
        )
        return Call(method="credentials/list", message=message)

    def listed(self, answer: Answer) -> Listed:
        page = answer.read(m.List)
        infos = page.credential_infos or ()
        return Listed(
            ids=page.credential_ids,
            described={i.credential_id: partial(self._details, i.credential_id, i) for i in infos},
            next_page=page.next_page_token,
        )

    def info(self, credential_id: str) -> Call:
        message = m.InfoRequest(credential_id=credential_id, certificates="chain", auth_info=True)
        return Call(method="credentials/info", message=message)

    def described(self, credential_id: str, answer: Answer) -> Details:
        return self._details(credential_id, answer.read(m.Credential))

    def _details(self, credential_id: str, said: m.Credential) -> Details:
        sends = self._service.offers("credentials/sendOTP")
        return details(
            credential_id,
            key=said.key,
            cert=said.cert,
            factors=of_v2(said.auth, sends=sends),
            scal=said.scal,
            multisign=said.multisign,
        )

    def send_otp(self, details: Details) -> Call:
        """By getChallenge (11.8), unless only sendOTP is offered: the specification lists both
        (table 4) and describes the one.
        """
        id_ = details.credential.id
        if self._service.offers("credentials/sendOTP") and not self._service.offers(
            "credentials/getChallenge"
        ):
            return Call(method="credentials/sendOTP", message=CredentialRequest(credential_id=id_))
        message = m.ChallengeRequest(credential_id=id_, auth_object_id=details.factors.otp_id)
        return Call(method="credentials/getChallenge", message=message)

    def otp_sent(self, answer: Answer) -> bool:
        """A challenge in the answer is a question for the user, and no window of ours shows it."""
        if answer.status == _NO_CONTENT or not answer.body.strip():
            return True
        return not answer.read(m.Challenge).challenge

    @property
    def answers_early(self) -> bool:
        return True

    def authorise(self, leave: Leave) -> Call:
        factors = leave.details.factors
        data = [m.AuthData(id=i) for i in factors.out_of_band]
        if leave.pin is not None:
            data.append(m.AuthData(id=factors.pin_id, value=leave.pin))
        if leave.otp is not None:
            data.append(m.AuthData(id=factors.otp_id, value=leave.otp))
        bound = leave.details.binds_hashes
        message = m.AuthoriseRequest(
            credential_id=leave.details.credential.id,
            num_signatures=len(leave.hashes),
            hashes=leave.hashes if bound else None,
            hash_algorithm_oid=leave.hash_algo if bound else None,
            auth_data=tuple(data),
            description=leave.description or None,
        )
        return Call(method="credentials/authorize", message=message)

    def sign(self, order: SignOrder) -> Call:
        """Asynchronously where the user may yet be asked and the service can: so that no request
        is held open for minutes.
        """
        waits = order.details.factors.confirmation.phone and self._service.asynchronous
        message = m.SignRequest(
            credential_id=order.details.credential.id,
            sad=order.sad,
            hashes=order.hashes,
            hash_algorithm_oid=order.algorithm.hash_algo,
            sign_algo=order.algorithm.sign_algo,
            sign_algo_params=order.algorithm.params,
            operation_mode="A" if waits else None,
        )
        return Call(method="signatures/signHash", message=message)
