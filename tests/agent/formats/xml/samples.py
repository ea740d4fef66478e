"""One small document for each profile that refers to its content by Id, and what it is made of."""

from dataclasses import dataclass

from agent.formats.xml import PROFILES, Profile, XmlFormat
from tests.support.pki import NOW, Holder

TAX = "http://kekhaithue.gdt.gov.vn/TKhaiThue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    name: str
    text: str
    element: str  # what is signed, as lxml names it
    beside: str  # an element of the document that is not signed

    @property
    def profile(self) -> Profile:
        return PROFILES[self.name]


FILING = (
    f'<HSoThueDTu xmlns="{TAX}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<HSoKhaiThue id="ID1"><TTinChung><SoTien>1000</SoTien></TTinChung></HSoKhaiThue>'
    "<CKyDTu></CKyDTu></HSoThueDTu>"
)
INVOICE = (
    '<HDon><DLHDon Id="HD-1"><TTChung><SHDon>7</SHDon></TTChung><SoTien>1000</SoTien></DLHDon>'
    "<DSCKS><NBan></NBan><NMua></NMua><CQT/></DSCKS></HDon>"
)
SAMPLES = (
    Sample(name="etax", text=FILING, element=f"{{{TAX}}}HSoKhaiThue", beside=f"{{{TAX}}}CKyDTu"),
    Sample(name="einvoice", text=INVOICE, element="DLHDon", beside="DSCKS"),
    Sample(name="einvoice-buyer", text=INVOICE, element="DLHDon", beside="DSCKS"),
)


def signed(document: str | bytes, profile: Profile, holder: Holder) -> bytes:
    octets = document.encode() if isinstance(document, str) else document
    made = XmlFormat(profile).prepare(octets, certificate=holder.der, signing_time=NOW)
    return made.complete(holder.sign(made.digest))
