"""The append-only, hash-chained record of signatures."""
