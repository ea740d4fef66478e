"""Điều chỉnh IVAN, from the dialog to a durable dossier.

dialog      what is shown: the registered certificate beside the new ones
draft       check, build the XML, keep it; the page asks the agent to sign it
submission  verify what came back; from its commit on the dossier will be sent
"""

from webui.filing.adjust.dialog import Contact, Prospects, prospects
from webui.filing.adjust.draft import cancel, prepare
from webui.filing.adjust.submission import accept

__all__ = ["Contact", "Prospects", "accept", "cancel", "prepare", "prospects"]
