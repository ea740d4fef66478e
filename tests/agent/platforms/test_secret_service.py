"""With the Secret Service that Linux desktops have, in a D-Bus session of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

pytestmark = pytest.mark.skipif(
    not (shutil.which("gnome-keyring-daemon") and shutil.which("dbus-run-session")),
    reason="needs gnome-keyring and dbus",
)

PROGRAM = """
import asyncio, sys
from pathlib import Path
from agent.platforms.secrets import SecretsUnavailable, secret_store

async def main():
    secrets = secret_store("system", folder=Path(sys.argv[1]))
    await secrets.put("a", "mật khẩu 5x9q")
    await secrets.put("a", "mật khẩu 5x9q!")
    assert await secret_store("system", folder=Path(sys.argv[1])).get("a") == "mật khẩu 5x9q!"
    assert await secrets.get("b") is None
    await secrets.remove("a")
    await secrets.remove("a")
    assert await secrets.get("a") is None
    await secrets.put("c", "mật khẩu 5x9q")
    print("all kept")

asyncio.run(main())
"""


def test_secrets_are_kept_there_and_nowhere_else(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    own = {
        "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "XDG_DATA_HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"],
    }  # fmt: skip
    unlocked = (
        "printf 'login\\n' | gnome-keyring-daemon --unlock --components=secrets --daemonize"
        ' > /dev/null && exec "$@"'
    )
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", unlocked, "sh", sys.executable, "-c", PROGRAM, data],
        env=own, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "all kept" in done.stdout, done.stderr
    assert list(data.iterdir()) == [], "no file where there is a keyring"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert b"5x9q" not in path.read_bytes(), path
