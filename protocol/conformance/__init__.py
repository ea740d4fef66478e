"""Plays `vectors/agent` against any running agent: `python -m protocol.conformance`."""
