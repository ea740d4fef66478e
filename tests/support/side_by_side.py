"""Which tests may run beside which, when `pytest -n` shares them among processes.

Everything a test touches is its process's own: folders, ports that the system chooses, displays,
pcscd in namespaces, PostgreSQL on a socket. What several processes cannot have at once is kept in
one of them by TOGETHER. Otherwise a file is what one process takes, so that fixtures of a module
are made once; the longest come first, so that no process is left alone with one at the end.
"""

from typing import Any

from xdist.scheduler import LoadScopeScheduling

#: By the beginning of their path; why.
TOGETHER = (
    "tests/flows",  # agents on the ports where pages look for one: a page takes the first it meets
)
#: Those that take longest, on a calm machine with two cores from about half a minute on.
LONG = (
    "tests/flows",
    "tests/webui/static/test_screens.py",
    "tests/agent/consent/test_window_prompts.py",
    "tests/webui/static/test_use.py",
    "tests/device",
    "tests/webui/static",
    "tests/webui/demo/test_run.py",
    "tests/agent/app",
    "tests/agent/hsm/test_strangers.py",
    "tests/webui/sandbox",
    "tests/interop",
    "tests/agent/consent/windows",
    "tests/agent/tokens",
)


def unit(node: str) -> str:
    """What is run by one process, one test after the other."""
    file = node.split("::", 1)[0]
    return next((folder for folder in TOGETHER if _is_in(file, folder)), file)


def rank(name: str) -> int:
    """Of a unit: the lower, the sooner."""
    return next((at for at, long in enumerate(LONG) if _is_in(name, long)), len(LONG))


def _is_in(path: str, place: str) -> bool:
    return path == place or path.startswith(f"{place}/")


class Scheduler(LoadScopeScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        queue = self.workqueue
        queue.move_to_end(min(queue, key=lambda name: (rank(name), -len(queue[name]))), last=False)
        super()._assign_work_unit(node)
