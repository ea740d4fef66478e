"""A worker process that speaks the pipe wrongly; started by test_host.py, with a mode."""

import sys
import time

from agent.tokens.calls import (
    HEADER,
    MAX_FRAME,
    VERSION,
    Answer,
    LoggedOut,
    Ready,
    frame,
    frame_length,
    read_question,
)


def main(mode: str) -> None:
    out, into = sys.stdout.buffer, sys.stdin.buffer

    def say(data: bytes) -> None:
        out.write(data)
        out.flush()

    if mode == "silent":
        time.sleep(1000)
    if mode == "garbage-first":
        say(b"Loading driver, please wait...\n" * 10)
        time.sleep(1000)
    version = VERSION + 1 if mode == "other-version" else VERSION
    say(frame(Answer(number=0, reply=Ready(version=version))))
    if mode == "speaks-unasked":
        say(frame(Answer(number=1, reply=LoggedOut())))
    question = read_question(into.read(frame_length(into.read(HEADER.size))))
    other = frame(Answer(number=question.number + 1, reply=LoggedOut()))
    wrong = frame(Answer(number=question.number, reply=LoggedOut()))
    answers = {
        "oversized": HEADER.pack(MAX_FRAME + 1) + bytes(100),
        "no-message": HEADER.pack(3) + b"\xc1\xc1\xc1",
        "wrong-number": other,
        "wrong-reply": wrong,
        "half": wrong[:-1],
    }
    say(answers.get(mode, b""))
    if mode != "half":
        time.sleep(1000)


if __name__ == "__main__":
    main(sys.argv[1])
