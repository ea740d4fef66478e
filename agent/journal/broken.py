"""What is said of a journal that is not what was written."""


class JournalBroken(Exception):  # noqa: N818 - a statement about the journal
    """The journal was altered. `number` is the first entry that does not fit."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"entry {number}: {why}")
        self.number = number
        self.why = why
