"""Real processes for the tests of the door: a Prefect server of ours, and `schedule` beside it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from insights_reports.scheduling.own_server import Address

CRON = {"cron": "15 6 1 1 *", "zone": "Europe/Vilnius"}  # not during a test


@dataclass(frozen=True)
class Prefect:
    """A server that runs, and what it was started with."""

    address: Address
    home: Path

    @property
    def url(self) -> str:
        return self.address.url

    @property
    def operator(self) -> tuple[str, str]:
        stored = json.loads(self.address.door.read_text())
        return stored["user"], stored["password"]

    @property
    def inner(self) -> tuple[str, str]:
        user, _, password = self.address.inner.partition(":")
        return user, password

    def ask(
        self, method: str, path: str, *, auth: tuple[str, str] | None = None, **more: Any
    ) -> requests.Response:
        """One request; by the operator, unless ``auth`` says otherwise."""
        return requests.request(
            method, self.url + path, auth=auth or self.operator, timeout=90, **more
        )

    def start(self, deployment: str, asked: Any, auth: tuple[str, str] | None = None) -> str:
        """Start a run of the deployment with this path in the API; its id."""
        path = f"{deployment}/create_flow_run"
        reply = self.ask("POST", path, json=asked, auth=auth)
        while reply.status_code == 503:  # SQLite was busy; Prefect's own client tries again too
            reply = self.ask("POST", path, json=asked, auth=auth)
        assert reply.status_code == 201, reply.text
        return str(reply.json()["id"])

    def deployment(self, name: str) -> dict[str, Any] | None:
        reply = self.ask("GET", f"/api/deployments/name/insights-edition/{name}", auth=self.inner)
        return reply.json() if reply.status_code == 200 else None

    def ended(self, run: str) -> dict[str, Any]:
        """The state in which a flow run ended."""
        found: dict[str, Any] = {}

        def has_ended() -> bool:
            found.update(self.ask("GET", f"/api/flow_runs/{run}").json()["state"])
            return found["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")

        wait_until(has_ended, f"flow run {run}")
        return found


def write_config(
    folder: Path,
    name: str | None,
    *subscriptions: str,
    top: dict[str, Any] | None = None,
    **more: Any,
) -> Path:
    """A configuration with these subscriptions, each due on the first of January, ``more`` of them,
    and what else stands at its ``top``."""
    folder.mkdir(exist_ok=True)
    path = folder / "insights-reports.yaml"
    one = {"report": "InsightsReports-1", "splits": ["Project"], "formats": ["html"],
           "deliver_to": ["archive"], "schedule": CRON}  # fmt: skip
    config = {
        "destinations": {"archive": {"type": "folder", "path": "reports"}},
        "subscriptions": dict.fromkeys(subscriptions, one) | more,
        **({"name": name} if name else {}),
        **(top or {}),
    }
    path.write_text(json.dumps(config))
    return path


@dataclass(frozen=True)
class Scheduler:
    """A process of `schedule`, and what it said so far."""

    process: "subprocess.Popen[str]"
    said: list[str]

    def wait_for(self, text: str) -> None:
        wait_until(lambda: any(text in line for line in self.said), text, self)

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(60)


@contextmanager
def scheduler(
    config: Path, *options: str, before: str = "", **environment: str
) -> Iterator[Scheduler]:
    """`insights-reports schedule` for as long as the block runs; ``before`` is run before it."""
    code = (
        "import sys; from insights_reports.cli import main\n"
        f"from insights_reports.scheduling import own_server; {before}\nsys.exit(main())"
    )
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, "schedule", "--config", str(config), *options],
        env={**kept, **environment},
        cwd=config.parent,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
    reader.start()
    try:
        yield Scheduler(process, said)
    finally:
        process.kill()
        process.wait()
        reader.join(10)


def wait_until(
    done: Callable[[], bool], what: str, by: Scheduler | None = None, seconds: float = 120
) -> None:
    """Wait for what another process does; fail when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not done():
        ended = by is not None and by.process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise AssertionError(f"in vain: {what}\n{''.join(by.said) if by else ''}")
        time.sleep(0.1)


def server_process(of: int = os.getpid()) -> int:
    """The child of a process that serves."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == of and b"server_child" in (folder / "cmdline").read_bytes():
                return int(folder.name)
    raise AssertionError("no server")
