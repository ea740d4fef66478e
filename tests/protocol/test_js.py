"""The JavaScript client: its own tests in Node, and what it has in common with this side."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from protocol.errors import ERRORS, Group
from protocol.version import PORTS, PROTOCOL_VERSIONS, SUBPROTOCOL

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "protocol" / "js"
SUITES = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))


def source(name: str) -> str:
    return (LIBRARY / name).read_text("utf-8")


@pytest.mark.parametrize("suite", SUITES, ids=lambda path: path.name)
def test_its_own_suite_passes(suite: Path):
    node = shutil.which("node")
    assert node, "Node.js is needed: installers/bootstrap.py names it"

    run = subprocess.run(
        [node, "--test", str(suite)],
        env=os.environ | {"PYTHON": sys.executable},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"# pass [1-9]", run.stdout)


def test_it_looks_on_the_same_ports():
    [ports] = re.findall(r"PORTS = \[([\d, ]+)\]", source("discovery.js"))

    assert tuple(int(port) for port in ports.split(",")) == PORTS


def test_it_speaks_the_same_versions():
    [versions] = re.findall(r"VERSIONS = \[([\d, ]+)\]", source("openkyso.js"))

    assert tuple(int(version) for version in versions.split(",")) == PROTOCOL_VERSIONS
    assert f'"{SUBPROTOCOL}"' in source("connection.js")


def test_its_own_errors_have_codes_of_their_own_and_known_groups():
    codes = set(re.findall(r"^  (\w+): \{$", source("texts.js"), re.MULTILINE))
    groups = set(re.findall(r'group: "(\w+)"', source("texts.js")))

    assert "agent_not_found" in codes
    assert codes & set(ERRORS) == {"cancelled"}
    assert groups <= set(Group)
    [declared] = re.findall(r"type LocalCode =([^;]+);", source("index.d.ts"))
    assert set(re.findall(r'"(\w+)"', declared)) == codes


def test_it_speaks_to_loopback_alone():
    """T26: a library that fetches an address of somebody's choice works for them."""
    addresses = set()
    for file in LIBRARY.glob("*.js"):
        addresses |= set(re.findall(r"(?:https?|wss?)://[^/`\"' ]+", file.read_text("utf-8")))

    assert addresses == {"http://${address}", "ws://${address}${PATH}", "http://127.0.0.1"}


def test_it_runs_under_a_strict_content_security_policy():
    for file in [*LIBRARY.glob("*.js"), *LIBRARY.glob("*.html")]:
        text = file.read_text("utf-8")
        assert not re.search(r"\beval\(|new Function|innerHTML|\son\w+=|<script>|<style>", text)
