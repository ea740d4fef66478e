"""The use cases: choose a certificate, sign a document, log in."""
