"""A real `schedule` that owes three months: through kill -9 of all of it in mid-run, the death of
its server and a graceful stop, each month is made, and made once."""

import json
import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from insights_reports.config.file import load_config
from insights_reports.delivery import Ledger, read_manifests
from insights_reports.owed.standing import ENROLLED, Stand
from insights_reports.pipeline.standing import overview
from insights_reports.server import running_server
from tests.flows.prefect_servers import scheduler, server_process, wait_until, write_config

pytestmark = pytest.mark.slow
# Looks come quickly, and so does the attempt after one that died.
BEFORE = (
    "from datetime import timedelta; from insights_reports.owed import standing; "
    "standing.BACK_OFF = (timedelta(0),) * 7; "
    "from insights_reports.commands import schedule; schedule._LOOK = 1.0"
)


def test_what_was_missed_is_made_once_whatever_dies(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    since = (now.replace(day=1) - timedelta(days=70)).replace(day=1).date()
    monthly = {
        "report": "InsightsReports-1",
        "splits": ["Project"],
        "formats": ["html"],
        "deliver_to": ["archive"],
        "since": str(since),
        "schedule": {"cron": "0 4 * * *", "zone": "UTC"},
    }
    path = write_config(tmp_path, None, monthly=monthly)
    config = load_config(path)
    due = [each.period for each in overview(config, now).standings["monthly"]]
    assert len(due) in (2, 3)
    with running_server(as_of=now) as octopus:
        secrets = {"OCTOPUS_URL": octopus.url, "OCTOPUS_API_KEY": octopus.api_key}
        with scheduler(path, before=BEFORE, **secrets) as first:
            wait_until(lambda: under_way(tmp_path), "a run that begins", first)
            kill_all(first.process.pid)
            first.process.wait()
        assert len(made(tmp_path)) < len(due)
        with scheduler(path, before=BEFORE, **secrets) as second:
            wait_until(lambda: len(made(tmp_path)) > 0, "the first edition", second, 180)
            os.kill(server_process(second.process.pid), signal.SIGKILL)
            wait_until(lambda: len(made(tmp_path)) > 1, "the second edition", second, 180)
            assert second.end() == 0
        with scheduler(path, before=BEFORE, **secrets) as third:
            done = {stands.stand for stands in overview(config, now).standings["monthly"]}
            while done != {Stand.DONE}:
                assert third.process.poll() is None
                time.sleep(0.5)
                done = {stands.stand for stands in overview(config, now).standings["monthly"]}
            time.sleep(5)  # some more looks
            assert 'state="done",subscription="monthly"} ' in metrics(tmp_path)
            assert third.end() == 0
    assert "database is locked" not in "".join(first.said + second.said + third.said)
    assert sorted(made(tmp_path)) == due
    manifests = read_manifests(tmp_path / "reports")
    assert sorted((each.about.period, each.about.revision) for each in manifests) == [
        (p, 1) for p in due
    ]
    with Ledger(tmp_path / "state" / "ledger.sqlite") as ledger:
        runs = [run for run in ledger.runs.latest("monthly") if run.period != ENROLLED]
    assert {run.trigger for run in runs} == {"schedule", "retry"}
    assert sum(run.outcome == "done" for run in runs) <= len(due)  # one may die when all is done


def metrics(folder: Path) -> str:
    """As a monitor reads them, by the operator's password; nobody does without."""
    door = json.loads((folder / "state" / "prefect" / "door.json").read_text())
    url = f"{door['url']}/metrics"
    assert "insights_reports_" not in requests.get(url, timeout=60).text
    reply = requests.get(url, auth=(door["user"], door["password"]), timeout=60)
    assert reply.headers["content-type"].startswith("application/openmetrics-text")
    assert reply.text == (folder / "state" / "metrics.prom").read_text()
    return reply.text


def under_way(folder: Path) -> bool:
    with Ledger(folder / "state" / "ledger.sqlite") as ledger:
        runs = [run for run in ledger.runs.latest("monthly") if run.period != ENROLLED]
    return any(run.outcome == "running" for run in runs)


def made(folder: Path) -> list[str]:
    with Ledger(folder / "state" / "ledger.sqlite") as ledger:
        return [edition.period for edition in ledger.editions("monthly")]


def kill_all(process: int) -> None:
    """A process and all that descend from it at once, as a power cut would."""
    family = {process}
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(stat[1])
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    for each in family:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)
