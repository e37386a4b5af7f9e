"""Restating an edition: what moved in Octopus since is named, and nothing else."""

import json
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from insights_reports.delivery import read_manifests
from insights_reports.server import RunningServer, running_server
from tests.conftest import AS_OF, Done, run_command
from tests.pipeline.conftest import Configure

NOW = f"--as-of={AS_OF.isoformat()}"


def call(server: RunningServer, patch: pytest.MonkeyPatch, *arguments: str) -> Done:
    patch.setenv("OCTOPUS_URL", server.url)
    patch.setenv("OCTOPUS_API_KEY", server.api_key)
    return run_command(*arguments)


def test_an_edited_state_a_late_deployment_and_a_renamed_project_are_named(
    configure: Configure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config, today, then = configure(), tmp_path / "today.sqlite", tmp_path / "then.sqlite"
    exported = tmp_path / "deployments.parquet"
    with running_server(as_of=AS_OF, data=today) as server:
        done = call(server, monkeypatch, "deployments", "InsightsReports-1", "-o", str(exported))
        assert done.status == 0, done.err
    rows = pd.read_parquet(exported)
    inside = rows["completed"].dt.strftime("%Y-%m") == "2026-09"
    good = rows[inside & (rows["project_id"] == "Projects-1") & (rows["task_state"] == "Success")]
    late, edited = (int(id.partition("-")[2]) for id in good["deployment_id"].iloc[[0, -1]])
    name = good["project_name"].iloc[0]
    shutil.copyfile(today, then)
    with sqlite3.connect(today) as database:
        database.execute(
            "UPDATE facts SET state = 'Failed', outcome = 1 WHERE deployment_id = ?", (edited,)
        )
        database.execute("UPDATE projects SET name = 'Renamed' WHERE id = 1")
    with sqlite3.connect(then) as database:
        database.execute("DELETE FROM facts WHERE deployment_id = ?", (late,))
    with running_server(as_of=AS_OF, data=then) as server:
        done = call(server, monkeypatch, "run", "monthly", "--config", str(config), NOW)
        assert done.status in (0, 1), done.err  # stream values of its neighbours differ
        same = call(
            server, monkeypatch, *("rerun", "monthly/2026-09", "--restate", NOW),
            *("--config", str(config)),
        )  # fmt: skip
        assert "no revision" in same.out
        port = int(server.url.rpartition(":")[2])
    with running_server(as_of=AS_OF, data=today, port=port) as server:
        done = call(
            server, monkeypatch, *("rerun", "monthly/2026-09/r1", "--restate", NOW, "--json"),
            *("--config", str(config)),
        )  # fmt: skip
        assert done.status in (0, 1), done.err
    changes = json.loads(done.out)["changes"]
    assert changes["replaces"] == 1
    assert changes["late"] == [f"Deployments-{late}"]
    (edit,) = changes["edits"]
    assert edit == {
        "id": f"Deployments-{edited}", "column": "task_state", "before": "Success", "now": "Failed",
    }  # fmt: skip
    assert changes["renamed"] == [{"id": "Projects-1", "before": name, "now": "Renamed"}]
    assert (changes["gone"], changes["redefined"]) == ([], [])
    _, second = read_manifests(config.parent / "reports")
    assert (second.about.revision, second.about.status) == (2, "revised")
    page = next((config.parent / "reports" / second.folder).glob("*-summary.html"))
    said = page.read_text(encoding="utf-8").partition('class="caution"')[2][:900]
    assert f"1 deployment arrived late: Deployments-{late}." in said
    assert f"is now Failed, before Success: Deployments-{edited}." in said
    assert f"Projects-1 is called Renamed, before {name}." in said
