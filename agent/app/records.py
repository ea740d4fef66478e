"""What can be read without a running agent: modules, sites. As lines for a terminal."""

from agent.app.options import Options
from agent.app.parts import findings, sites
from agent.app.text import text
from agent.platforms import instance
from agent.tokens.modules import describe


class Running(Exception):  # noqa: N818 - a statement, not a defect
    """The agent runs, and would write over what is changed behind its back."""


def module_lines(options: Options) -> tuple[str, ...]:
    found = describe(findings(options.config), language=options.language)
    return found or (text(options.language, "no_module"),)


def site_lines(options: Options) -> tuple[str, ...]:
    lines = tuple(
        text(
            options.language,
            "site",
            origin=site.origin,
            since=f"{site.granted_at:%Y-%m-%d}",
            until=f"{site.expires_at:%Y-%m-%d}" if site.expires_at is not None else "…",
        )
        for site in sites(options).all()
    )
    return lines or (text(options.language, "no_site"),)


def forget_site(options: Options, origin: str) -> bool:
    """Whether it was allowed. Raises Running."""
    if instance.is_running(options.directories.runtime):
        raise Running
    return sites(options).forget(origin)
