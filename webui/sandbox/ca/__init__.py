"""A certification authority as Vietnamese ones are: it issues, revokes, and answers OCSP and CRL.

The certificates, CRLs and OCSP answers are made by certomancer; this package decides what stands in
them, keeps the keys and remembers what was issued.
"""

from webui.sandbox.ca.authority import Authority
from webui.sandbox.ca.subject import Order

__all__ = ["Authority", "Order"]
