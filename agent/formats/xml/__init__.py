"""XML signatures (XMLDSig), by profiles that are data."""

from agent.formats.xml.profiles import PROFILES, Profile
from agent.formats.xml.sign import PreparedXml, XmlFormat
from agent.formats.xml.verify import Reason, Verified, verify

__all__ = ["PROFILES", "PreparedXml", "Profile", "Reason", "Verified", "XmlFormat", "verify"]
