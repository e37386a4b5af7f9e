"""Two `schedule` processes with two configurations on one machine, each with a server of its own:
subscriptions of the same name stay apart."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
import requests

from insights_reports.server import RunningServer
from tests.flows.prefect_servers import scheduler, wait_until, write_config

pytestmark = pytest.mark.slow


class Door:
    """The door of a scheduler's server, by its operator's password."""

    def __init__(self, folder: Path) -> None:
        door = json.loads((folder / "state" / "prefect" / "door.json").read_text())
        self.url, self.auth = door["url"], (door["user"], door["password"])

    def ask(self, path: str, sent: Any, auth: tuple[str, str] | None = None) -> requests.Response:
        return requests.post(self.url + path, json=sent, auth=auth or self.auth, timeout=90)

    def deployments(self) -> dict[str, str]:
        """The ids of the editions' deployments, by their names."""
        found = self.ask("/api/deployments/filter", {}).json()
        return {each["name"]: each["id"] for each in found if "monthly" in each["name"]}

    def made(self) -> list[str]:
        """The states of the runs that ended."""
        states = [each["state"] for each in self.ask("/api/flow_runs/filter", {}).json()]
        return [each["name"] for each in states if each["type"] in ("COMPLETED", "FAILED")]


def test_two_configurations_on_one_machine_keep_their_own(
    server: RunningServer, tmp_path: Path
) -> None:
    secrets = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    north, south = tmp_path / "north", tmp_path / "south"
    configs = [write_config(each, each.name, "monthly") for each in (north, south)]
    with scheduler(configs[0], **secrets) as first, scheduler(configs[1], **secrets) as second:
        for each in (first, second):
            each.wait_for("insights-edition/")
        here, there = Door(north), Door(south)
        assert here.url != there.url
        assert here.ask("/api/deployments/filter", {}, auth=there.auth).status_code == 401
        assert list(here.deployments()) == ["north-monthly"]
        assert list(there.deployments()) == ["south-monthly"]

        (deployment,) = here.deployments().values()
        asked = {"parameters": {"request": {"subscription": "monthly", "period": "2026-09"}}}
        create = f"/api/deployments/{deployment}/create_flow_run"
        wait_until(lambda: here.ask(create, asked).status_code == 201, "the run", first)
        wait_until(lambda: bool(here.made()), "the edition of the first", first, seconds=400)
        assert here.made() == ["Delivered"]
        assert there.made() == []
        assert list((north / "reports").rglob("*.html"))
        assert not (south / "reports").exists()

        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        assert list(there.deployments()) == ["south-monthly"]
        assert second.process.poll() is None
        assert second.end() == 0
