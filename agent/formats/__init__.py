"""Signature formats: pure, prepare → sign elsewhere → complete."""
