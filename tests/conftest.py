"""What many tests share: one embedded server a session, and the command line in this process."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from insights_reports.cli import main
from insights_reports.server import RunningServer, running_server

# The same examples on each machine, however slow it is; the long tests look for new ones.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize="THOROUGH" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("steady")

# Files that make or start something once for all of their tests, which therefore one worker runs.
_TOGETHER = (
    "tests/flows/test_door.py",
    "tests/formats/test_pdf.py",
    "tests/formats/test_pdf_ua.py",
    "tests/test_read_back.py",
)


class _Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Each test by itself, but those of `_TOGETHER` by their file. (The marks for groups that
    pytest-xdist 3.8 knows have no effect with pytest 9.2.)"""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if file in _TOGETHER else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Scheduling:
    return _Scheduling(config, log)


AS_OF = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def server() -> Iterator[RunningServer]:
    """The embedded server with its made-up company, whose clock stands at `AS_OF`."""
    with running_server(as_of=AS_OF) as running:
        yield running


@dataclass(frozen=True)
class Done:
    """A command that ended: its exit status and what it printed."""

    status: int
    out: str
    err: str


class _Output(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined, no-any-return]


Command = Callable[..., Done]


def run_command(*arguments: str | Path) -> Done:
    """Run one command of insights-reports in this process."""
    out, err = _Output(), _Output()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Done(status, out.text(), err.text())


@pytest.fixture
def command(server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Commands that talk to the embedded server, as of its own clock where they take one."""
    monkeypatch.setenv("OCTOPUS_URL", server.url)
    monkeypatch.setenv("OCTOPUS_API_KEY", server.api_key)
    monkeypatch.delenv("OCTOPUS_SPACE", raising=False)
    return run_command


@pytest.fixture(autouse=True, scope="session")
def _no_prefect_by_accident() -> None:
    """A flow that is called outside its own tests fails loudly instead of starting a server."""
    os.environ["PREFECT_SERVER_EPHEMERAL_ENABLED"] = "false"
    assert "prefect" not in sys.modules
