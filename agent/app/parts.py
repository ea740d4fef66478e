"""Which implementation stands behind each port, by what this machine and its user offer."""

import logging
from typing import Final

from agent import platforms
from agent.app.options import Options
from agent.config import Config, ConfigError
from agent.consent.grants import Grants
from agent.consent.nobody import NobodyToAsk
from agent.consent.prompts import Prompts
from agent.hsm.accounts import Accounts, Pace
from agent.hsm.asking import Asker
from agent.hsm.https import Doors
from agent.hsm.passwords import Passwords
from agent.hsm.providers import Kinds
from agent.hsm.records import Records
from agent.platforms.secrets import secret_store
from agent.tokens.modules import Finding, Module, Policy, find_modules

_log: Final = logging.getLogger(__name__)


def findings(config: Config) -> tuple[Finding, ...]:
    """The PKCS#11 modules of this machine, and whether each may be loaded."""
    chosen = config.modules
    return find_modules(
        Policy(paths=chosen.paths, discover=chosen.discover, allowed=chosen.allowed)
    )


def modules(config: Config) -> tuple[Module, ...]:
    """Those that are loaded, the administrator's first."""
    found = findings(config)
    for finding in found:
        if finding.module is None:
            _log.warning("module %s is not loaded: %s", finding.path, finding.verdict)
    return tuple(finding.module for finding in found if finding.module is not None)


def prompts(options: Options) -> Prompts:
    """How the user is asked here. Raises ConfigError for a script that cannot be used."""
    if options.scripted_consent is not None:
        from agent.consent.script import Script
        from agent.consent.scripted import ScriptedPrompts

        try:
            script = Script.read(options.scripted_consent)
        except (OSError, ValueError) as error:
            raise ConfigError(f"scripted consent: {error}") from error
        _log.warning("consent is answered by script, for the tokens and services named in it alone")
        return ScriptedPrompts(script, unattended=True)
    if platforms.current().display_available():
        from agent.consent.window_prompts import WindowPrompts

        return WindowPrompts()
    from agent.consent.terminal import Terminal

    terminal = Terminal.of_this_process()
    if terminal is not None:
        from agent.consent.terminal_prompts import TerminalPrompts

        return TerminalPrompts(terminal)
    _log.warning("there is neither a display nor a terminal: questions to the user will fail")
    return NobodyToAsk()


def services(options: Options, *, pace: Pace | None = None) -> Accounts:
    """The accounts at signing services; without `pace` nothing is asked by itself."""
    chosen, data = options.config.services, options.directories.data
    return Accounts(
        asker=Asker(
            kinds=Kinds.known(), doors=Doors(ca=chosen.ca, loopback_http=chosen.loopback_http)
        ),
        records=Records(data / "accounts.json"),
        passwords=Passwords(secret_store(chosen.secrets, folder=data)),
        pace=pace,
    )


def sites(options: Options) -> Grants:
    return Grants(options.directories.data / "sites.json")
