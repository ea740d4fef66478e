"""Reading certificates: description, chain, trust, revocation."""
