"""A backfill of several subscriptions, killed again and again: each edition is made, and made once.

With THOROUGH=1 it is twelve months of three subscriptions.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from insights_reports.config.file import load_config
from insights_reports.delivery import read_manifests
from insights_reports.pipeline.state import open_ledger
from insights_reports.server import RunningServer
from tests.conftest import AS_OF

KNOWN = [f"2025-{month}" for month in (10, 11, 12)] + [f"2026-0{month}" for month in range(1, 10)]
PERIODS = KNOWN if os.environ.get("THOROUGH") else KNOWN[1:3]
NAMES = ("one", "two", "three") if os.environ.get("THOROUGH") else ("one", "two")


def editions(config: Path) -> list[tuple[str, str, int]]:
    with open_ledger(load_config(config)) as ledger:
        found = [(name, each) for name in NAMES for each in ledger.editions(name)]
    return sorted((name, each.period, each.revision) for name, each in found)


def backfilled(config: Path) -> list[tuple[str, str]]:
    """Which runs of the backfill ended well."""
    with open_ledger(load_config(config)) as ledger:
        runs = [(name, run) for name in NAMES for run in ledger.runs.latest(name, limit=100)]
    assert {run.trigger for _, run in runs} == {"backfill"}
    return sorted((name, run.period) for name, run in runs if run.outcome == "done")


@pytest.mark.slow
def test_each_edition_is_made_once_however_often_it_is_killed(
    tmp_path: Path, server: RunningServer
) -> None:
    one = {
        "report": "InsightsReports-2",
        "splits": [],
        "formats": ["html"],
        "deliver_to": ["archive"],
        "cross_check": {"limit": 1_000_000},
    }
    config = tmp_path / "insights-reports.yaml"
    archive = {"archive": {"type": "folder", "path": "reports"}}
    config.write_text(
        json.dumps({"destinations": archive, "subscriptions": dict.fromkeys(NAMES, one)})
    )
    asked = f"{PERIODS[0]}..{PERIODS[-1]}"
    command = [sys.executable, "-m", "insights_reports", "run", *NAMES, "--period", asked]
    command += ["--config", str(config), "--as-of", AS_OF.isoformat()]
    secrets = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key}
    kills = 0
    for goal in range(1, len(PERIODS) * len(NAMES), 2):
        with (tmp_path / "said").open("w") as said:
            process = subprocess.Popen(command, env={**os.environ, **secrets}, stdout=said)
            while process.poll() is None and len(editions(config)) < goal:
                time.sleep(0.2)
            process.send_signal(signal.SIGKILL)
            kills += process.wait() == -signal.SIGKILL
    assert kills
    done = subprocess.run(
        command, env={**os.environ, **secrets}, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert "--again makes it again" in done.stdout
    each = sorted((name, period) for name in NAMES for period in PERIODS)
    assert editions(config) == [(*one, 1) for one in each]
    made = backfilled(config)
    assert len(made) == len(set(made))
    found = [(m.about.subscription, m.about.period) for m in read_manifests(tmp_path / "reports")]
    assert sorted(found) == each
    again = subprocess.run(
        command, env={**os.environ, **secrets}, capture_output=True, text=True, timeout=600
    )
    assert again.returncode == 0, again.stderr
    assert backfilled(config) == made
