"""A configuration that runs on the embedded server within seconds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AS_OF, Command, Done

REPORT = "Nordlicht delivery performance"
SMALL: dict[str, Any] = {"report": REPORT, "splits": ["Project"], "formats": ["html"]}

Configure = Callable[..., Path]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    """Write a configuration with the subscription ``monthly``; settings replace the small ones."""

    def write(
        *, mail_port: int | None = None, more: dict[str, Any] | None = None, **subscription: Any
    ) -> Path:
        destinations: dict[str, Any] = {"archive": {"type": "folder", "path": "reports"}}
        config: dict[str, Any] = {"destinations": destinations, "state": "state", **(more or {})}
        if mail_port is not None:
            destinations["board"] = {"type": "mail", "to": ["a@example.com", "b@example.com"]}
            config["mail"] = {
                "host": "127.0.0.1",
                "port": mail_port,
                "security": "none",
                "sender": "reports@example.com",
            }
        deliver_to = {"deliver_to": list(destinations)}
        config["subscriptions"] = {"monthly": {**SMALL, **deliver_to, **subscription}}
        path = tmp_path / "insights-reports.yaml"
        path.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        return path

    return write


@pytest.fixture
def run(command: Command) -> Callable[..., Done]:
    """``run monthly`` with a configuration, as of the embedded server's clock."""

    def run_monthly(config: Path, *options: str) -> Done:
        now = f"--as-of={AS_OF.isoformat()}"
        return command("run", "monthly", "--config", config, now, *options)

    return run_monthly
