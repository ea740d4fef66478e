import asyncio
import io
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.consent.picking import MAX_PATH_BYTES
from agent.consent.prompts import Grant
from agent.consent.states import Event
from agent.consent.window_messages import (
    MAX_ANSWER_BYTES,
    Approved,
    Chosen,
    Granted,
    Moved,
    OtpGiven,
    Picked,
    Refused,
    Tell,
    bits,
    encode,
    positions,
)
from agent.consent.window_process import AnswerReader, WindowProcess
from agent.keys import CertificateId
from protocol.limits import MAX_DOCUMENTS_IN_BATCH

NOTICE = Tell(title="t", text="x", language="vi", seconds=1.0)


class Trickle(io.RawIOBase):
    """Bytes that arrive in pieces, as over a pipe."""

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def readinto(self, buffer):
        if not self.pieces:
            return 0
        piece = self.pieces.pop(0)
        count = min(len(piece), len(buffer))
        buffer[:count] = piece[:count]
        if piece[count:]:
            self.pieces.insert(0, piece[count:])
        return count


def approved(pin):
    return encode(Approved(pin_bytes=len(pin))) + pin


class TestReadingAnswers:
    def test_a_pin_follows_its_line_raw(self):
        reader = AnswerReader(Trickle(approved(b"12\n{}"), encode(Refused())))

        answer, pin = reader.next()

        assert answer == Approved(pin_bytes=5)
        assert pin.consume() == b"12\n{}"
        assert reader.next() == (Refused(), None)
        assert reader.next() is None

    def test_a_one_time_password_follows_its_line_raw(self):
        reader = AnswerReader(Trickle(encode(OtpGiven(pin_bytes=6)), b"246810", encode(Refused())))

        answer, otp = reader.next()

        assert answer == OtpGiven(pin_bytes=6)
        assert otp.consume() == b"246810"
        assert reader.next() == (Refused(), None)
        assert b"246810" not in reader._buffer

    def test_nothing_of_a_pin_stays_in_the_buffer(self):
        reader = AnswerReader(Trickle(approved(b"SECRETPIN"), encode(Moved(event=Event.VISIBLE))))
        reader.next()
        reader.next()

        assert b"SECRET" not in reader._buffer

    @given(st.binary(min_size=1, max_size=255), st.lists(st.integers(1, 40), max_size=30))
    def test_it_does_not_matter_how_the_bytes_arrive(self, secret, cuts):
        messages = [Moved(event=Event.RESTED), Granted(grant=Grant.ONCE), Refused()]
        stream = encode(messages[0]) + approved(secret) + b"".join(map(encode, messages[1:]))
        pieces, at = [], 0
        for cut in cuts:
            pieces.append(stream[at : at + cut])
            at += cut
        reader = AnswerReader(Trickle(*filter(None, pieces), stream[at:] or b"\n"))

        first, approval, *others = (reader.next() for _ in range(4))

        assert first == (messages[0], None)
        assert approval[1].consume() == secret
        assert [answer for answer, _ in others] == messages[1:]

    @pytest.mark.parametrize(
        "stream",
        [
            b"\n",
            b"nonsense\n",
            b"[]\n",
            b'{"type":"Approved"}\n',
            b'{"type":"Approved","pin_bytes":0}\n',
            b'{"type":"Approved","pin_bytes":-1}\n',
            b'{"type":"Approved","pin_bytes":256}\n' + b"x" * 256,
            b'{"type":"OtpGiven"}\n',
            b'{"type":"OtpGiven","pin_bytes":null}\n',
            b'{"type":"OtpGiven","pin_bytes":0}\n',
            b'{"type":"OtpGiven","pin_bytes":65}\n' + b"1" * 65,
            b'{"type":"Granted","grant":"forever"}\n',
            b'{"type":"Refused","more":1}\n',
            b"x" * (MAX_ANSWER_BYTES + 1),
            b"\xff\xfe\n",
        ],
    )
    def test_nonsense_is_an_error(self, stream):
        with pytest.raises((ValueError, msgspec.MsgspecError)):
            AnswerReader(Trickle(stream)).next()

    @pytest.mark.parametrize("stream", [b"", b'{"type":"Ref', approved(b"12345678")[:-1]])
    def test_an_early_end_is_the_end(self, stream):
        assert AnswerReader(Trickle(stream)).next() is None

    @given(st.binary(max_size=600))
    def test_any_bytes_end_in_an_answer_an_error_or_the_end(self, stream):
        reader = AnswerReader(Trickle(stream))
        try:
            while reader.next() is not None:
                pass
        except (ValueError, msgspec.MsgspecError):
            pass


def python(script):
    return (sys.executable, "-c", "import sys, os, time\nsys.stdin.readline()\n" + script)


class TestWhatIsTakenOut:
    @given(st.sets(st.integers(0, 9_999), max_size=300))
    def test_a_set_of_documents_travels_as_bits(self, taken_out):
        assert positions(bits(taken_out)) == taken_out

    def test_every_second_of_ten_thousand_fits_an_answer(self):
        answer = Approved(pin_bytes=8, excluded=bits(range(1, MAX_DOCUMENTS_IN_BATCH, 2)))
        reader = AnswerReader(Trickle(encode(answer), b"12345678"))

        read, pin = reader.next()

        assert len(encode(answer)) < MAX_ANSWER_BYTES
        assert read == answer
        assert pin.consume() == b"12345678"

    def test_the_longest_path_fits_an_answer(self):
        longest = "/" + "ễ" * (MAX_PATH_BYTES // 3)

        assert AnswerReader(Trickle(encode(Picked(path=longest)))).next()[0].path == longest


class TestTheProcess:
    async def test_one_that_ignores_its_end_is_killed(self):
        stubborn = python("while True: time.sleep(1)")
        async with asyncio.timeout(10), await WindowProcess.start(NOTICE, command=stubborn) as it:
            process = it._process

        assert process.returncode not in (None, 0)

    async def test_one_that_floods_is_cut_off(self):
        flood = python("sys.stdout.write('x' * 10_000_000)")
        async with asyncio.timeout(10), await WindowProcess.start(NOTICE, command=flood) as it:
            assert await it.receive() is None
            assert await it.receive() is None

    async def test_what_it_prints_after_a_surprise_is_not_heard(self):
        chosen = encode(Chosen(certificate=CertificateId("a"))).decode()
        liar = python(f"print('oops'); print({chosen!r}, end='')")
        async with await WindowProcess.start(NOTICE, command=liar) as it:
            assert await it.receive() is None

    async def test_a_pin_nobody_collects_is_erased(self):
        line = approved(b"12345678")
        teller = python(f"sys.stdout.buffer.write({line!r}); sys.stdout.flush(); sys.stdin.read()")
        async with await WindowProcess.start(NOTICE, command=teller) as it:
            async with asyncio.timeout(10):
                while it._inbox.empty():
                    await asyncio.sleep(0.01)
            _, pin = it._inbox._queue[0]

        with pytest.raises(ValueError, match="used once"):
            pin.consume()

    async def test_a_strangers_folder_is_not_where_it_starts(self, tmp_path, monkeypatch):
        """`python -m` puts the working directory first on the path."""
        (tmp_path / "msgspec.py").write_text("raise SystemExit('owned')")
        monkeypatch.chdir(tmp_path)
        refused = encode(Refused()).decode().strip()
        look = python(f"print({refused!r} if os.getcwd() != {str(tmp_path)!r} else 'x')")
        async with await WindowProcess.start(NOTICE, command=look) as it:
            assert await it.receive() == (Refused(), None)

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    async def test_nothing_of_the_question_is_in_its_arguments_or_environment(self):
        look = python(
            "mine = ' '.join(open('/proc/self/cmdline').read().split('\\0'))\n"
            "mine += open('/proc/self/environ').read()\n"
            "print('{\"type\":\"Refused\"}' if 'QUESTION' + '-TEXT' not in mine else 'x')"
        )
        secret = Tell(title="QUESTION" + "-TEXT", text="x", language="vi", seconds=1.0)
        async with await WindowProcess.start(secret, command=look) as it:
            assert await it.receive() == (Refused(), None)
