import os
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec

import pytest

from tests.support.backend_process import BackendProcess
from tests.support.desk import Desk


def kyso(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "webui", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_serve_says_where_it_is_and_stops_when_told(tmp_path):
    with BackendProcess(tmp_path) as process:
        assert process.call("/api/session")["version"]
        assert process.stop() == 0
        process.start()
        assert process.call("/api/session")["unit"] is None
        assert process.stop() == 0
    assert (tmp_path / "kyso.db").exists()


class TestApp:
    @pytest.fixture
    def start(self, tmp_path):
        """`kyso app` on a free port, with an agent's folder of its own in which there is none."""
        runtime = tmp_path / "runtime"
        runtime.mkdir(mode=0o700)
        started = []

        def new(**environment):
            outside = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
            own = {"XDG_RUNTIME_DIR": str(runtime), "HOME": str(tmp_path)}
            process = subprocess.Popen(
                [sys.executable, "-m", "webui", "app", "--port", "0", "--data", str(tmp_path)],
                env={**outside, **own, **environment},
                stdout=subprocess.PIPE,
                text=True,
            )
            started.append(process)
            return process

        yield new
        for process in started:
            process.kill()
            process.communicate()

    def test_without_a_display_it_says_where_it_is_and_stops_when_told(self, start):
        process = start()
        said = process.stdout.readline()
        assert said.startswith("OpenKySo: http://127.0.0.1:")
        assert process.stdout.readline().strip() == said.split()[1]

        process.send_signal(signal.SIGINT)

        assert process.wait(20) == 0

    @pytest.mark.skipif(
        find_spec("PySide6.QtWebEngineWidgets") is None, reason="needs the extra `window`"
    )
    def test_it_ends_with_its_window(self, start):
        with Desk() as desk:
            process = start(**desk.environment)
            window = desk.window("^OpenKySo$", seconds=40)

            window.close()

            assert process.wait(20) == 0


def test_migrate_prepares_the_database_and_ends(tmp_path):
    first = kyso("migrate", "--data", tmp_path)
    second = kyso("migrate", "--data", tmp_path)

    assert (first.returncode, second.returncode) == (0, 0)
    assert (tmp_path / "kyso.db").exists()


@pytest.mark.postgresql
def test_migrate_works_on_postgresql_too(database_url):
    for _ in range(2):
        done = kyso("migrate", DATABASE_URL=database_url)
        assert done.returncode == 0, done.stderr


def test_a_mistake_in_the_configuration_is_said_in_one_line(tmp_path):
    path = tmp_path / "kyso.toml"
    path.write_text("prot = 1")

    done = kyso("serve", "--config", path)

    assert done.returncode == 2
    assert "prot" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_said_in_one_line(tmp_path):
    with BackendProcess(tmp_path) as process:
        port = str(process.port)
        done = kyso("serve", "--port", port, "--data", tmp_path / "other")

    assert done.returncode == 1
    assert port in done.stderr
    assert "Traceback" not in done.stderr


def test_app_without_a_display_says_the_address_and_stays_until_told():
    with tempfile.TemporaryDirectory() as folder:
        environment = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
        process = subprocess.Popen(
            [sys.executable, "-m", "webui", "app", "--port", "0", "--data", folder],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        with process, process.stdout as said:
            assert said.readline().startswith("OpenKySo: http://127.0.0.1:")
            assert said.readline().startswith("http://127.0.0.1:")  # the window's whole output
            assert process.poll() is None
            process.terminate()
            assert process.wait(20) == 0
