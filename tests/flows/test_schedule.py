"""`schedule` with a server of its own, as it is started and as it dies."""

import json
import os
import signal
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from insights_reports.delivery import Ledger
from insights_reports.owed.standing import ENROLLED
from insights_reports.server import RunningServer, running_server
from tests.flows.prefect_servers import scheduler, server_process, wait_until, write_config

pytestmark = pytest.mark.slow


def test_schedule_opens_its_own_door_alone_and_leaves_nothing_behind(
    server: RunningServer, tmp_path: Path
) -> None:
    config = write_config(tmp_path, None, "monthly")
    secrets = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    with scheduler(config, **secrets) as first:
        first.wait_for("Prefect's page: http://127.0.0.1:")
        with scheduler(config, **secrets) as second:
            assert second.process.wait(60) == 2
        assert "Another `schedule` serves" in "".join(second.said)
        first.wait_for("insights-edition/")
        door = json.loads((tmp_path / "state" / "prefect" / "door.json").read_text())
        assert door["password"] not in "".join(first.said)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
    port = int(door["url"].rpartition(":")[2])
    wait_until(lambda: is_free(port), "the end of the server whose parent was killed")


def test_schedule_ends_with_a_clear_line_when_its_server_is_gone_for_good(
    server: RunningServer, tmp_path: Path
) -> None:
    """Here after the first death instead of the fourth."""
    config = write_config(tmp_path, None, "monthly")
    secrets = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    with scheduler(config, before="own_server._AGAIN = 0", **secrets) as running:
        running.wait_for("insights-edition/")
        os.kill(server_process(running.process.pid), signal.SIGKILL)
        assert running.process.wait(60) == 5
    assert "insights-reports: Prefect's server is gone.\n" in running.said


def test_mistakes_of_one_subscription_stop_no_other_and_those_of_the_file_cost_no_attempt(
    tmp_path: Path,
) -> None:
    now = datetime.now(UTC)
    config = write_config(tmp_path, None, "monthly")
    wrong = {"report": "InsightsReports-1", "splits": ["Projekt"]}
    given = json.loads(config.read_text())["subscriptions"]["monthly"]
    owed = given | {
        "since": str((now - timedelta(days=40)).date().replace(day=1)),
        "schedule": {"cron": "0 4 * * *", "zone": "UTC"},
    }
    write_config(tmp_path, None, monthly=given, wrong=wrong)
    quick = "from insights_reports.commands import schedule; schedule._LOOK = 1.0"
    with (
        running_server(as_of=now) as octopus,
        scheduler(
            config, before=quick, OCTOPUS_URL=octopus.url, OCTOPUS_API_KEY=octopus.api_key
        ) as running,
    ):
        running.wait_for("wrong: NOT SCHEDULED: subscriptions.wrong.splits[0]: ")
        whole = json.loads(config.read_text())
        config.write_text(json.dumps(whole | {"state": [1]}))
        running.wait_for(f"{config}: state: ")
        begun = [line for line in running.said if ": begins; due since" in line]
        assert begun == []
        write_config(tmp_path, None, monthly=owed, wrong=wrong, new=owed)
        running.wait_for(": NOT BEGUN: it is not served (is it new?); start `schedule` again")
        wait_until(lambda: any((tmp_path / "reports").rglob("*.html")), "the edition", running, 180)
        assert running.end() == 0
    with Ledger(tmp_path / "state" / "ledger.sqlite") as ledger:
        runs = [run for run in ledger.runs.latest("monthly") if run.period != ENROLLED]
        assert {run.trigger for run in runs} == {"schedule"}
        assert not ledger.runs.latest("new")


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
