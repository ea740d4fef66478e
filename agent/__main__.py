"""`kyso-agent`: the command line.

    kyso-agent [run]            listen until stopped
    kyso-agent status | stop    of this user's running agent
    kyso-agent modules          PKCS#11 modules: what is found, and why each is used or not
    kyso-agent journal verify   has the record of signatures been altered?
    kyso-agent journal list
    kyso-agent sites [--forget ORIGIN]
    kyso-agent roots list | add FILE | remove FINGERPRINT    root certificates believed
    kyso-agent accounts list | add HOST ACCOUNT | refresh [ID] | remove ID    signing services
    kyso-agent certificates     that can sign here now
    kyso-agent tokens           that are plugged in
    kyso-agent sign FILE --profile PROFILE [--out FILE] [--level B-T] [--hash …] [--padding …]
    kyso-agent verify FILE [--content FILE]
    kyso-agent autostart on | off | status

Exit status: see agent/app/exits.py.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from agent.app.exits import Exit
from agent.app.files import command as files
from agent.app.options import Options
from agent.app.text import text
from agent.config import Config, ConfigError, load
from agent.journal import JournalBroken
from agent.platforms import directories as places
from protocol.version import PRODUCT_VERSION


def main(arguments: Sequence[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    parsed = _parser().parse_args(_with_default(given))
    try:
        return int(_COMMANDS[parsed.command](parsed, _options(parsed)))
    except ConfigError as error:
        return _failed(Exit.USAGE, parsed, "config", why=error)
    except JournalBroken as error:
        return _failed(
            Exit.JOURNAL_ALTERED, parsed, "journal_altered", number=error.number, why=error.why
        )
    except (OSError, places.DirectoryUnsafe) as error:
        return _failed(Exit.FAILED, parsed, "failed", why=error)


def _run(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.daemon import run
    from agent.platforms.instance import AlreadyRunning
    from agent.server.sockets import NoFreePort

    try:
        run(options)
    except AlreadyRunning:
        return _failed(Exit.ALREADY_RUNNING, parsed, "already_running")
    except NoFreePort as error:
        return _failed(Exit.NO_PORT, parsed, "no_port", ports=error)
    return Exit.OK


def _status(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.control import NotAnswering, NotRunning, status

    try:
        found = status(options.directories)
    except NotRunning:
        return _failed(Exit.NOT_RUNNING, parsed, "not_running")
    except NotAnswering as error:
        return _failed(Exit.FAILED, parsed, "not_answering", why=error)
    if parsed.json:
        print(msgspec.json.encode(found).decode())
        return Exit.OK
    _say(parsed, "running", port=found.port, pid=found.pid, version=found.version)
    if found.demo:
        _say(parsed, "demo")
    for token in found.tokens:
        _say(parsed, "token", **msgspec.structs.asdict(token))
    if not found.tokens:
        _say(parsed, "no_token")
    return Exit.OK


def _stop(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.control import NotAnswering, NotRunning, stop

    try:
        stop(options.directories)
    except NotRunning:
        return _failed(Exit.NOT_RUNNING, parsed, "not_running")
    except NotAnswering as error:
        return _failed(Exit.FAILED, parsed, "not_answering", why=error)
    return Exit.OK


def _modules(parsed: argparse.Namespace, options: Options) -> Exit:
    del parsed
    from agent.app.records import module_lines

    print(*module_lines(options), sep="\n")
    return Exit.OK


def _journal(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.records import journal_lines, verified_journal

    if parsed.what == "list":
        for line in journal_lines(options, limit=parsed.limit):
            print(line)
        return Exit.OK
    _say(parsed, "journal_good", count=verified_journal(options))
    return Exit.OK


def _sites(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.records import Running, forget_site, site_lines

    if parsed.forget is None:
        print(*site_lines(options), sep="\n")
        return Exit.OK
    try:
        known = forget_site(options, parsed.forget)
    except Running:
        return _failed(Exit.ALREADY_RUNNING, parsed, "site_needs_stop")
    return Exit.OK if known else _failed(Exit.FAILED, parsed, "site_unknown", origin=parsed.forget)


def _roots(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app.roots import added, removed, root_lines
    from agent.errors import UserError

    try:
        match parsed.what:
            case "list":
                print(*root_lines(options), sep="\n")
                return Exit.OK
            case "add":
                done = added(options, parsed.certificate)
            case _:
                done = removed(options, parsed.certificate)
    except UserError as error:
        return _failed(Exit.FAILED, parsed, f"root_{error.details.get('reason', 'unknown')}")
    print(*done, sep="\n")
    _say(parsed, "root_from_next_start")
    return Exit.OK


def _accounts(parsed: argparse.Namespace, options: Options) -> Exit:
    from agent.app import accounts
    from agent.errors import AgentError, UserError

    try:
        match parsed.what:
            case "list":
                lines = accounts.account_lines(options)
            case "add":
                wanted = accounts.ToAdd(
                    host=parsed.host,
                    name=parsed.account,
                    provider=parsed.provider,
                    fields=parsed.field,
                )
                asking = accounts.on_standard_input if parsed.password_stdin else None
                lines = accounts.added(options, wanted, asking or accounts.on_terminal)
            case "refresh":
                lines = accounts.refreshed(options, parsed.id)
            case _:
                if not accounts.removed(options, parsed.id):
                    raise UserError("account_unknown")
                lines = (text(parsed.language, "account_removed"),)
    except accounts.NobodyTypes:
        return _failed(Exit.FAILED, parsed, "account_no_terminal")
    except accounts.FieldsWrong as error:
        return _failed(Exit.USAGE, parsed, "account_fields", fields=error)
    except AgentError as error:
        why = accounts.problem_words(parsed.language, error.code, error.details)
        return _failed(Exit.FAILED, parsed, "failed", why=why)
    print(*lines, sep="\n")
    return Exit.OK


def _autostart(parsed: argparse.Namespace, options: Options) -> Exit:
    del options
    from agent import platforms

    platform = platforms.current()
    match parsed.what:
        case "on":
            command = [sys.executable, "-m", "agent", "run"]
            _say(parsed, "autostart_on", place=platform.enable_autostart(command))
        case "off":
            platform.disable_autostart()
            _say(parsed, "autostart_off")
        case _:
            place = platform.autostart_place()
            _say(parsed, "autostart_on" if place else "autostart_off", place=place)
    return Exit.OK


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace, Options], Exit]]] = {
    "run": _run,
    "status": _status,
    "stop": _stop,
    "modules": _modules,
    "journal": _journal,
    "sites": _sites,
    "roots": _roots,
    "accounts": _accounts,
    "autostart": _autostart,
    **files.COMMANDS,
}


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", type=Path, metavar="FILE", help="TOML; see agent/config.py")
    common.add_argument("--data-dir", type=Path, metavar="DIR", help="journal and allowed sites")
    common.add_argument("--runtime-dir", type=Path, metavar="DIR", help="lock and agent.json")
    common.add_argument("--log-dir", type=Path, metavar="DIR")
    common.add_argument("--language", choices=("vi", "en"), default="vi")

    parser = argparse.ArgumentParser(prog="kyso-agent", description="OpenKySo signing agent")
    parser.add_argument("--version", action="version", version=PRODUCT_VERSION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", parents=[common], help="listen until stopped (the default)")
    run.add_argument("--foreground", action="store_true", help="log to this terminal too")
    run.add_argument("--verbose", action="store_true")
    run.add_argument(
        "--scripted-consent",
        type=Path,
        metavar="FILE",
        help="for tests and the demo: answer for the tokens named in FILE, without asking anybody",
    )
    status = commands.add_parser("status", parents=[common], help="is it running, and how is it")
    status.add_argument("--json", action="store_true")
    commands.add_parser("stop", parents=[common], help="stop the running agent")
    commands.add_parser("modules", parents=[common], help="PKCS#11 modules, and why")
    journal = commands.add_parser("journal", parents=[common], help="the record of signatures")
    journal.add_argument("what", choices=("verify", "list"))
    journal.add_argument("--limit", type=int, default=50, metavar="N")
    sites = commands.add_parser("sites", parents=[common], help="sites allowed for good")
    sites.add_argument("--forget", metavar="ORIGIN", help="ask again next time")
    roots = commands.add_parser("roots", help="root certificates believed")
    what = roots.add_subparsers(dest="what", required=True, metavar="list | add | remove")
    what.add_parser("list", parents=[common])
    add = what.add_parser("add", parents=[common])
    add.add_argument("certificate", metavar="FILE", help="PEM, DER or PKCS#7")
    remove = what.add_parser("remove", parents=[common])
    remove.add_argument("certificate", metavar="FINGERPRINT", help="SHA-256")
    _add_accounts(commands.add_parser("accounts", help="accounts at signing services"), common)
    files.add_parsers(commands, common)
    autostart = commands.add_parser("autostart", parents=[common], help="start with the session")
    autostart.add_argument("what", choices=("on", "off", "status"))
    return parser


def _add_accounts(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    what = parser.add_subparsers(
        dest="what", required=True, metavar="list | add | refresh | remove"
    )
    what.add_parser("list", parents=[common])
    add = what.add_parser("add", parents=[common], help="the password is asked for")
    add.add_argument("host", metavar="HOST", help="as in https://api.cyberhsm.vn")
    add.add_argument("account", metavar="ACCOUNT")
    add.add_argument("--provider", metavar="ID", help="its kind; without it, it is recognised")
    add.add_argument("--field", action="append", default=[], metavar="NAME=VALUE")
    add.add_argument("--password-stdin", action="store_true", help="a line for each secret")
    refresh = what.add_parser("refresh", parents=[common], help="ask the services now")
    refresh.add_argument("id", nargs="?", metavar="ID")
    what.add_parser("remove", parents=[common]).add_argument("id", metavar="ID")


def _with_default(arguments: Sequence[str]) -> Sequence[str]:
    """`run` is the default command, with or without options."""
    first = arguments[0] if arguments else ""
    if first in _COMMANDS or first in {"-h", "--help", "--version"}:
        return arguments
    return ["run", *arguments]


def _options(parsed: argparse.Namespace) -> Options:
    """Raises ConfigError."""
    default = places.default()
    chosen = places.Directories(
        data=parsed.data_dir or default.data,
        config=default.config,
        runtime=parsed.runtime_dir or default.runtime,
        log=parsed.log_dir or default.log,
    )
    usual = default.config / "agent.toml"
    config = load(parsed.config) if parsed.config else load(usual) if usual.exists() else Config()
    return Options(
        config=config,
        directories=chosen,
        language=parsed.language,
        foreground=getattr(parsed, "foreground", False),
        verbose=getattr(parsed, "verbose", False),
        scripted_consent=getattr(parsed, "scripted_consent", None),
    )


def _say(parsed: argparse.Namespace, key: str, **values: object) -> None:
    print(text(parsed.language, key, **values))


def _failed(status: Exit, parsed: argparse.Namespace, key: str, **values: object) -> Exit:
    print(f"kyso-agent: {text(parsed.language, key, **values)}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
