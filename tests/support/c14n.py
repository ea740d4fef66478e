"""Inclusive Canonical XML 1.0 of a whole document, written for tests alone.

Every other judge here (lxml, xmlsec1, signxml) canonicalises by libxml2. This one stands on expat
and on the recommendation's own words, so that a mistake of libxml2's does not pass as the truth.
"""

from xml.parsers import expat

_XML = "http://www.w3.org/XML/1998/namespace"


def canonical(document: bytes, *, without: tuple[str, ...] = ()) -> bytes:
    """The octets for URI="": no comments. Elements named in `without` are left out with their
    content, as the enveloped-signature transform leaves out the signature.
    """
    writer = _Writer(without)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.ProcessingInstructionHandler = writer.instruction
    parser.Parse(document, True)
    return "".join(writer.out).encode()


class _Writer:
    def __init__(self, without: tuple[str, ...]) -> None:
        self.out: list[str] = []
        self._without = without
        self._skipping = 0
        self._scopes: list[dict[str, str]] = [{"": "", "xml": _XML}]
        self._root_ended = False

    def start(self, name: str, attributes: list[str]) -> None:
        if self._skipping or name in self._without:
            self._skipping += 1
            return
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        outer = self._scopes[-1]
        scope = dict(outer)
        rest = []
        for key, value in pairs:
            if key == "xmlns":
                scope[""] = value
            elif key.startswith("xmlns:"):
                scope[key[6:]] = value
            else:
                prefix, colon, local = key.rpartition(":")
                rest.append((scope[prefix] if colon else "", local, key, value))
        self._scopes.append(scope)
        changed = sorted(p for p in scope if scope[p] != outer.get(p) and p != "xml")
        self.out.append(f"<{name}")
        for prefix in changed:
            self.out.append(f' xmlns{prefix and ":"}{prefix}="{_attribute(scope[prefix])}"')
        for _, _, key, value in sorted(rest):
            self.out.append(f' {key}="{_attribute(value)}"')
        self.out.append(">")

    def end(self, name: str) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        self._scopes.pop()
        self.out.append(f"</{name}>")
        self._root_ended = len(self._scopes) == 1

    def text(self, text: str) -> None:
        if not self._skipping:
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
            self.out.append(text.replace("\r", "&#xD;"))

    def instruction(self, target: str, data: str) -> None:
        if self._skipping:
            return
        written = f"<?{target}{data and ' '}{data}?>".replace("\r", "&#xD;")
        if len(self._scopes) > 1:
            self.out.append(written)
        else:
            self.out.append(f"\n{written}" if self._root_ended else f"{written}\n")


def _attribute(value: str) -> str:
    for char, written in (
        ("&", "&amp;"),
        ("<", "&lt;"),
        ('"', "&quot;"),
        ("\t", "&#x9;"),
        ("\n", "&#xA;"),
        ("\r", "&#xD;"),
    ):
        value = value.replace(char, written)
    return value
