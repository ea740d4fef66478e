"""A service with the CSC API, versions 1.0.4.0 and 2.0.0.2 on one host (ETSI TS 119 432).

service        paths, tokens, errors
credentials    what an account holds, as each version describes it
permission     SADs: who may sign what, once
signatures     signHash and signPolling
timestamps     timestamp
"""

from webui.sandbox.hsm.csc.service import CscService

__all__ = ["CscService"]
