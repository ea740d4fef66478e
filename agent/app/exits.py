"""With what status `kyso-agent` ends: scripts go by it."""

from enum import IntEnum


class Exit(IntEnum):
    OK = 0  # of `verify`: the signature is valid in every respect
    FAILED = 1
    USAGE = 2  # argparse's own, too: wrong arguments or an unusable configuration file
    NOT_RUNNING = 3
    ALREADY_RUNNING = 4
    NO_PORT = 5
    JOURNAL_ALTERED = 6
    SIGNATURE_INVALID = 7
    SIGNATURE_UNCERTAIN = 8  # right, but not everything about it could be established
    NOT_STAMPED = 9  # signed and saved, but not at the level that was asked for
