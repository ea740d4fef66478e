"""What the user is told without having asked."""

from agent.consent.prompts import CertificateFacts, Prompts
from agent.consent.service_wording import service_words
from agent.consent.text import Texts
from agent.consent.wording import certificate_words


async def tell_of_new_certificate(
    prompts: Prompts, certificate: CertificateFacts, *, language: str = "vi"
) -> None:
    """An account at a signing service holds `certificate`, which it did not before.

    Returns when the user has read it, or not wanted to.
    """
    if certificate.service is None:
        raise ValueError("its key is in no service")
    texts = Texts(language)
    words = certificate_words(certificate, texts)
    text = texts(
        "notice.new_text",
        service=service_words(certificate.service, texts),
        holder=words.holder,
        mst=words.mst,
        validity=words.validity,
    )
    await prompts.tell(texts("notice.new_title"), text, language)
