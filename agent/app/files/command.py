"""The commands `sign`, `verify`, `certificates` and `tokens`: arguments, words, exit status.

Results go to standard output, questions and errors to standard error, so that scripts can read the
former. What takes long to load is imported when a command runs.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from agent.app.exits import Exit
from agent.app.options import Options
from agent.app.text import text
from agent.errors import AgentError, DocumentError
from agent.formats.levels import Level
from agent.formats.names import PROFILE_NAMES
from agent.formats.options import Options as Choice
from agent.formats.options import Stamp

Subparsers = Any  # argparse names its type privately


def add_parsers(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    log = argparse.ArgumentParser(add_help=False)
    log.add_argument("--verbose", action="store_true", help="log to this terminal")

    sign = commands.add_parser("sign", parents=[common, log], help="sign a file")
    sign.add_argument("file", type=Path, metavar="FILE")
    sign.add_argument("--profile", required=True, choices=PROFILE_NAMES)
    sign.add_argument("--out", type=Path, metavar="FILE", help="the signed file")
    sign.add_argument("--overwrite", action="store_true", help="even if it is there")
    sign.add_argument("--certificate", metavar="ID", help="see: kyso-agent certificates")
    sign.add_argument("--mst", type=_mst, metavar="MST", help="of the certificate's holder")
    _add_choices(sign)
    sign.add_argument("--scripted-consent", type=Path, metavar="FILE", help=argparse.SUPPRESS)

    verify = commands.add_parser("verify", parents=[common, log], help="verify a signed file")
    verify.add_argument("file", type=Path, metavar="FILE", help="PDF, CMS, JWS, XML or ASiC")
    verify.add_argument("--content", type=Path, metavar="FILE", help="of a detached signature")
    verify.add_argument("--json", action="store_true")

    certificates = commands.add_parser(
        "certificates", parents=[common, log], help="with which one can sign now"
    )
    certificates.add_argument("--json", action="store_true")
    tokens = commands.add_parser(
        "tokens", parents=[common, log], help="which are plugged in, and their PINs' states"
    )
    tokens.add_argument("--json", action="store_true")


def _add_choices(sign: argparse.ArgumentParser) -> None:
    """What `agent.formats.options` has; a profile refuses what it lacks."""
    sign.add_argument("--level", choices=[one.value for one in Level], help="of the signature")
    sign.add_argument("--timestamp", action="store_true", help="the same as --level B-T")
    sign.add_argument("--hash", choices=("sha256", "sha384", "sha512"))
    sign.add_argument("--padding", choices=("pkcs1", "pss"), help="of RSA keys")
    stamp = sign.add_argument_group("a stamp on a page of a PDF")
    stamp.add_argument("--stamp-page", type=int, metavar="N", help="from 1, or from the end: -1")
    stamp.add_argument("--stamp-box", type=_box, metavar="LEFT,BOTTOM,RIGHT,TOP", help="in points")
    stamp.add_argument("--stamp-image", type=Path, metavar="FILE", help="PNG or JPEG")
    stamp.add_argument("--reason", metavar="TEXT")


def _box(text: str) -> tuple[int, int, int, int]:
    try:
        left, bottom, right, top = (int(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"not four numbers: {text!r}") from None
    return left, bottom, right, top


def _choice(parsed: argparse.Namespace) -> Choice:
    """Raises OSError for an image that cannot be read."""
    told = {
        "page": parsed.stamp_page,
        "box": parsed.stamp_box,
        "image": parsed.stamp_image and parsed.stamp_image.read_bytes(),
        "reason": parsed.reason,
    }
    stamp = {name: value for name, value in told.items() if value is not None}
    level = Level(parsed.level) if parsed.level else Level.T if parsed.timestamp else Level.B
    return Choice(
        level=level,
        hash=parsed.hash,
        padding=parsed.padding,
        stamp=Stamp(**stamp) if stamp else None,
    )


def _mst(text: str) -> str:
    from protocol.identity import canonical_mst

    found = canonical_mst(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"not a tax code: {text!r}")
    return found


def sign(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.files.output import OutputExists
    from agent.app.files.sign import NoTimestamp, ToSign, signed_file
    from agent.consent.text import Texts
    from protocol.messages import Stage

    async def progress(stage: Stage) -> None:
        if stage in (Stage.WAITING_FOR_TOKEN, Stage.TIMESTAMPING):
            print(Texts(options.language)(f"stage.{stage}"), file=sys.stderr)

    asked = ToSign(
        file=parsed.file,
        profile=parsed.profile,
        out=parsed.out,
        certificate=parsed.certificate,
        mst=parsed.mst,
        overwrite=parsed.overwrite,
        choice=_choice(parsed),
    )
    try:
        done = asyncio.run(signed_file(options, asked, progress=progress))
    except OutputExists as error:
        return _failed(Exit.USAGE, options, "output_exists", path=error.path)
    except NoTimestamp:
        return _failed(Exit.USAGE, options, "no_timestamp_authority")
    except DocumentError as error:
        if error.code != "option_unsupported":
            raise
        option = str(error.details.get("option", ""))
        return _failed(
            Exit.USAGE, options, "option_unsupported", profile=asked.profile, option=option
        )
    signed = done.signed
    holder, sha256 = signed.candidate.summary.holder, signed.sha256
    print(text(options.language, "signed", path=done.path, holder=_plain(holder), sha256=sha256))
    if signed.level_problem:
        key = "not_stamped" if signed.level is Level.B else "level_not_reached"
        why = Texts(options.language).error(signed.level_problem)
        return _failed(
            Exit.NOT_STAMPED, options, key, path=done.path, level=signed.level.value, why=why
        )
    return Exit.OK


def verify(parsed: argparse.Namespace, options: Options) -> Exit:
    import msgspec

    from agent.app.files.verify import report_on
    from agent.verifying.report import Verdict
    from agent.verifying.words import lines

    report = asyncio.run(report_on(options, parsed.file, content=parsed.content))
    if parsed.json:
        print(msgspec.json.encode(report).decode())
    else:
        print(*lines(report, language=options.language), sep="\n")
    return {
        Verdict.VALID: Exit.OK,
        Verdict.UNCERTAIN: Exit.SIGNATURE_UNCERTAIN,
        Verdict.INVALID: Exit.SIGNATURE_INVALID,
    }[report.verdict]


def certificates(parsed: argparse.Namespace, options: Options) -> Exit:
    import msgspec

    from agent.app.files.certificates import found, lines
    from agent.server import wire

    candidates = asyncio.run(found(options))
    if parsed.json:
        print(msgspec.json.encode([wire.certificate(one) for one in candidates]).decode())
    else:
        print(*lines(candidates, language=options.language), sep="\n")
    return Exit.OK


def tokens(parsed: argparse.Namespace, options: Options) -> Exit:
    import msgspec

    from agent.app.files.tokens import lines, plugged_in
    from agent.server import wire

    found = asyncio.run(plugged_in(options))
    if parsed.json:
        print(msgspec.json.encode(wire.tokens(found)).decode())
    else:
        print(*lines(found, language=options.language), sep="\n")
    return Exit.OK


def _said(
    command: Callable[[argparse.Namespace, Options], Exit],
) -> Callable[[argparse.Namespace, Options], Exit]:
    """The command, whose errors are told in the user's words."""

    def run(parsed: argparse.Namespace, options: Options) -> Exit:
        if parsed.verbose:
            logging.basicConfig(level=logging.INFO)
        else:
            logging.getLogger().addHandler(logging.NullHandler())  # else warnings are printed
        try:
            return command(parsed, options)
        except AgentError as error:
            return _failed(Exit.FAILED, options, "failed", why=_words(options, error))
        except KeyboardInterrupt:
            return _failed(Exit.FAILED, options, "interrupted")

    return run


COMMANDS: Final[dict[str, Callable[[argparse.Namespace, Options], Exit]]] = {
    "sign": _said(sign),
    "verify": _said(verify),
    "certificates": _said(certificates),
    "tokens": _said(tokens),
}


def _words(options: Options, error: AgentError) -> str:
    from agent.consent.text import Texts

    details = {name: _plain(str(value)) for name, value in error.details.items()}
    return Texts(options.language).error(error.code, **details)


def _plain(stranger: str) -> str:
    """Who wrote a certificate or a service's answer moves no cursor of the reader's terminal."""
    from agent.consent.plain import one_line

    return one_line(stranger, limit=200)


def _failed(status: Exit, options: Options, key: str, **values: object) -> Exit:
    print(f"kyso-agent: {text(options.language, key, **values)}", file=sys.stderr)
    return status
