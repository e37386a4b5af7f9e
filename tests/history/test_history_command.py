"""``history`` as its users call it."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from insights_reports.history.deployments import LocalFolder
from tests.conftest import AS_OF, Command, run_command

NOW = f"--as-of={AS_OF.isoformat()}"
REPORT = "InsightsReports-1"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory, server) -> Path:  # type: ignore[no-untyped-def]
    """A configuration whose state holds the history of one report."""
    path = tmp_path_factory.mktemp("history") / "insights-reports.yaml"
    said = {"subscriptions": {"monthly": {"report": REPORT}}, "octopus": {"url": server.url}}
    path.write_text(json.dumps(said), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTOPUS_API_KEY", server.api_key)
        done = run_command("history", "import", REPORT, "--config", str(path), NOW)
    assert done.status == 0, done.err
    assert " added, 0 edited, 0 vanished, 0 returned; 13 months written." in done.err
    return path


def listed(config: Path) -> list[dict[str, object]]:
    return list(json.loads(run_command("history", "list", "--config", str(config), "--json").out))


def test_the_same_report_again_changes_nothing(command: Command, config: Path) -> None:
    before = listed(config)
    done = command("history", "import", REPORT, "--config", config, "--as-of=2026-10-14T09:31Z")
    assert "0 added, 0 edited, 0 vanished, 0 returned; 0 months" in done.err
    (after,) = listed(config)
    assert after == before[0] | {"pulls": int(str(before[0]["pulls"])) + 1}


def test_a_query_sees_what_the_export_has(config: Path, tmp_path: Path) -> None:
    sql = "SELECT task_state, count(*) AS n FROM deployments GROUP BY ALL ORDER BY 1"
    asked = run_command("history", "query", sql, "--config", str(config), "--json")
    assert asked.status == 0, asked.err
    counted = {row["task_state"]: row["n"] for row in json.loads(asked.out)}
    for name in ("all.parquet", "all.csv"):
        done = run_command("history", "export", str(tmp_path / name), "--config", str(config))
        assert done.status == 0, done.err
        read = pd.read_parquet if name.endswith("parquet") else pd.read_csv
        assert read(tmp_path / name)["task_state"].value_counts().to_dict() == counted
    years = "SELECT DISTINCT year(completed) AS y FROM deployments ORDER BY 1"
    asked = run_command("history", "query", years, "--config", str(config), "--json")
    assert json.loads(asked.out) == [{"y": 2025}, {"y": 2026}]
    assert sum(counted.values()) == listed(config)[0]["deployments"]


def test_our_own_export_and_octopus_s_csv_add_what_is_missing(
    command: Command, config: Path, tmp_path: Path
) -> None:
    csv = tmp_path / "deployments.csv"
    assert command("deployments", REPORT, "-o", csv).status == 0
    other = tmp_path / "other.yaml"
    other.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    done = command("history", "import", csv, "--report", REPORT, "--config", other, NOW)
    assert done.status == 0, done.err
    assert listed(other)[0]["deployments"] == listed(config)[0]["deployments"]
    refused = command("history", "import", csv, "--config", other, NOW)
    assert refused.status == 2
    assert "Whose deployments are these?" in refused.err


def test_damage_is_found_and_repair_does_not_hide_it(config: Path, tmp_path: Path) -> None:
    for verb in ("verify", "repair"):
        assert run_command("history", verb, "--config", str(config)).status == 0
    store = LocalFolder(Path(str(listed(config)[0]["folder"])))
    (store.path / "current" / "2026-09.parquet").unlink()
    assert run_command("history", "verify", "--config", str(config)).status == 1
    assert run_command("history", "repair", "--config", str(config)).status == 0
    assert run_command("history", "verify", "--config", str(config)).status == 0
    (data,) = (store.path / "data" / "2026-09").iterdir()
    content = data.read_bytes()
    data.unlink()
    lost = run_command("history", "repair", "--config", str(config))
    assert lost.status == 3
    assert "is damaged" in lost.err
    assert (store.path / "current" / "2026-09.parquet").exists()
    data.write_bytes(content)
    assert run_command("history", "repair", "--config", str(config)).status == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("query", "SELECT nonsense"), "cannot be answered"),
        (("query", "SELECT 1", "--report", "InsightsReports-9"), "There is no such history."),
        (("export", "all.xlsx"), "There is no such format."),
        (("import", "missing.csv"), "There is no such file."),
    ],
)
def test_what_cannot_be_done_is_said_in_three_lines(
    config: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run_command("history", *arguments, "--config", str(config))
    assert done.status == 2
    assert said in done.err
    assert len(done.err.splitlines()) <= 3


def test_without_duckdb_the_extra_is_named(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    done = run_command("history", "query", "SELECT 1", "--config", str(config))
    assert done.status == 2
    assert "pip install 'insights-reports[query]'" in done.err


def test_every_action_prints_json(config: Path, command: Command, tmp_path: Path) -> None:
    def said(*arguments: object) -> object:
        done = command("history", *arguments, "--config", config, "--json")
        assert (done.status, done.err) == (0, "")
        return json.loads(done.out)

    file = tmp_path / "all.parquet"
    count = listed(config)[0]["deployments"]
    assert said("verify") == {"ok": True, "problems": []}
    assert said("repair") == {"removed": []}
    assert said("export", file) == {"file": str(file), "deployments": count}
    again = said("import", REPORT, "--as-of=2026-10-14T09:32Z")
    assert again == {
        **dict.fromkeys(("added", "edited", "vanished", "returned"), 0),
        "months": [],
        "known": False,
    }


def test_what_is_older_than_kept_is_named_and_goes(
    config: Path, command: Command, tmp_path: Path
) -> None:
    own = tmp_path / "c.yaml"
    own.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    assert command("history", "import", REPORT, "--config", own, NOW).status == 0
    refused = command("history", "prune", "--config", own)
    assert (refused.status, len(refused.err.splitlines())) == (2, 3)
    assert "history.keep is not set" in refused.err
    kept = json.loads(own.read_text(encoding="utf-8")) | {"history": {"keep": "14m"}}
    own.write_text(json.dumps(kept), encoding="utf-8")
    store = LocalFolder(Path(str(listed(own)[0]["folder"])))
    manifest = store.path / "manifest.json"
    # Two months that a much older pull would have left.
    said = json.loads(manifest.read_bytes())
    said["months"] = {"2020-01": said["months"]["2025-10"], **said["months"]}
    manifest.write_text(json.dumps(said), encoding="utf-8")
    would = command("history", "prune", "--config", own, "--dry-run")
    assert "would be: the history keeps 14 months: 2020-01 forgotten, " in would.out
    assert "2020-01" in manifest.read_text()
    done = command("history", "prune", "--config", own, "--json")
    assert json.loads(done.out)["histories"][0]["months"] == ["2020-01"]
    assert "2020-01" not in manifest.read_text()
    assert "nothing is older" in command("history", "prune", "--config", own).out
