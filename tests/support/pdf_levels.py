"""The world around a signature that is to outlive its certificates: a CA, a time-stamping authority
and what they say, for PDFs (and for pyHanko as their judge).

    world = World()
    signed = world.signed(pdf.file())
    archived = world.raised(signed, Level.LTA)
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from asn1crypto import tsp, x509
from pyhanko_certvalidator import ValidationContext

from agent.certificates.revocation import ocsp_request
from agent.documents import Document, Made
from agent.formats.levels import Answer, Evidence, EvidenceNeeded, Level, Need, StampNeeded
from agent.formats.pdf import PdfFormat
from agent.keys import Mechanism
from tests.support import cms
from tests.support.pki import NOW, Authority, Holder, Urls


@dataclass(kw_only=True)
class World:
    root: Authority = field(default_factory=Authority.root)
    at: datetime = NOW

    def __post_init__(self) -> None:
        self.ca = Authority.under(self.root, urls=Urls.at("http://ca.test", "ca"))
        self.unit = self.ca.issue()
        self.tsa = self.ca.stamping()
        self.format = PdfFormat(authorities=(self.ca.der, self.root.der))
        self.asked: list[Need] = []
        self.given: list[Answer] = []

    def signed(self, document: Document, *, by: Holder | None = None, **options: object) -> Made:
        holder = by or self.unit
        prepared = replace(self.format, **options).prepare(
            document, certificate=holder.der, signing_time=self.at
        )
        return prepared.complete(holder.sign_by(prepared.mechanism, prepared.digest))

    def raised(self, signed: Made, level: Level) -> Made:
        raising = self.format.raised(signed, document=b"", level=level)
        answer: Answer | None = None
        while True:
            try:
                need = raising.send(answer)  # type: ignore[arg-type]  # None begins
            except StopIteration as end:
                return end.value
            self.asked.append(need)
            answer = self.answer(need)
            self.given.append(answer)

    def answer(self, need: Need) -> Answer:
        match need:
            case StampNeeded():
                return self.token(need.sha256)
            case EvidenceNeeded():
                return self.evidence(need)

    def token(self, sha256: bytes) -> bytes:
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.3.6.1.4.1.55555.1",
                "message_imprint": {
                    "hash_algorithm": {"algorithm": "sha256"},
                    "hashed_message": sha256,
                },
                "serial_number": int.from_bytes(hashlib.sha256(sha256).digest()[:6]),
                "gen_time": self.at,
            }
        ).dump()
        told = cms.attributes(self.tsa, info, content_type="tst_info")
        del told["signing_time"]
        return cms.build(
            self.tsa,
            info,
            content_type="tst_info",
            signed=told,
            certificates=(self.tsa, self.ca),
            mechanism=Mechanism.RSA_PKCS1_SHA256,
        )

    def evidence(self, need: EvidenceNeeded) -> Evidence:
        """By OCSP for those whom the CA issued, by CRL for the CA itself."""
        issuer = x509.Certificate.load(self.ca.der)
        asked = [x509.Certificate.load(one) for one in need.certificates]
        return Evidence(
            certificates=(*need.certificates, self.ca.der, self.root.der),
            ocsp_responses=tuple(
                self.ca.ocsp_answer(ocsp_request(one, issuer)) for one in dict.fromkeys(asked)
            ),
            crls=(self.root.crl(),),
        )

    def context(self, *, with_answers: bool = True) -> ValidationContext:
        """pyHanko's, which believes the root; without answers it has to find them in the file."""
        need = EvidenceNeeded(certificates=(self.unit.der, self.tsa.der))
        evidence = self.evidence(need) if with_answers else Evidence()
        return ValidationContext(
            trust_roots=[x509.Certificate.load(self.root.der)],
            other_certs=[x509.Certificate.load(self.ca.der)],
            ocsps=list(evidence.ocsp_responses),
            crls=list(evidence.crls),
            allow_fetching=False,
            revocation_mode="require",
            moment=self.at,
        )
