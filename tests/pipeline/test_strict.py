"""Everything that a company does with the strictest known Octopus, and every source on it."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest

from insights_reports.server import RunningServer, running_server
from tests.conftest import AS_OF, Done, run_command
from tests.pipeline.conftest import REPORT

SOURCES = ("insights", "project", "core", "file")
SAID = {
    "insights": "figures agree",
    "project": "figures agree",
    "core": "Octopus stated no figures to compare with",
    "file": "Octopus stated no figures to compare with",
}
KEYS = ["scope", "split", "tag_set", "series_id", "interval", "start", "measure", "statistic"]
NOW = f"--as-of={AS_OF.isoformat()}"


@pytest.fixture(scope="module")
def strict() -> Iterator[RunningServer]:
    with running_server(as_of=AS_OF, strict=True) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTOPUS_URL", server.url)
        patch.setenv("OCTOPUS_API_KEY", server.api_key)
        patch.delenv("OCTOPUS_SPACE", raising=False)
        yield server


@pytest.fixture(scope="module")
def editions(
    strict: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, tuple[Done, pd.DataFrame]]:
    """What `run` said of each source, and the figures of its edition."""
    folder = tmp_path_factory.mktemp("sources")
    assert run_command("deployments", REPORT, "--output", folder / "some.csv").status == 0
    plain = {"report": REPORT, "splits": ["Project", "Environment", "Tenant"], "formats": ["html"]}
    plain |= {"every": "month", "deliver_to": ["archive"]}
    subscriptions = {each: plain | {"source": each} for each in SOURCES}
    subscriptions["file"]["file"] = "some.csv"
    destinations = {"archive": {"type": "folder", "path": "reports"}}
    config = {"state": "state", "destinations": destinations, "subscriptions": subscriptions}
    path = folder / "insights-reports.yaml"
    path.write_text(json.dumps(config), encoding="utf-8")
    found = {}
    for source in SOURCES:
        done = run_command("run", source, "--config", path, NOW)
        (figures,) = (folder / "reports" / source).glob("*/r1/*-figures.parquet")
        found[source] = done, pd.read_parquet(figures).set_index(KEYS).sort_index()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES)
def test_every_source_makes_an_edition_on_the_strict_server(
    editions: Mapping[str, tuple[Done, pd.DataFrame]], source: str
) -> None:
    done, figures = editions[source]
    assert done.status == 0, done.err + done.out
    assert SAID[source] in done.out.splitlines()[0]
    assert set(figures["verdict"]) <= {"agrees", "explained", "not stated"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "seconds"),
    [("project", 0), ("core", 1), ("file", 0)],  # the history's times are exact to the second
)
def test_the_sources_agree_on_the_company(
    editions: Mapping[str, tuple[Done, pd.DataFrame]], source: str, seconds: float
) -> None:
    theirs, ours = editions["insights"][1], editions[source][1]
    assert ours.index.equals(theirs.index)
    assert ours["n"].equals(theirs["n"])
    assert ours["value"].isna().equals(theirs["value"].isna())
    apart = (ours["value"] - theirs["value"]).abs().fillna(0)
    most = (ours["unit"] == "seconds") * seconds
    assert (apart <= most).all(), apart[apart > most]


def test_the_seven_operations_by_command(strict: RunningServer, tmp_path: Path) -> None:
    """Create, read, list, update, deployments, metrics and delete of a report."""
    definition = {
        "Name": "By hand",
        "ProjectIds": ["Projects-3"],
        "EnvironmentGroups": [{"Name": "Production", "Environments": ["Environments-5"]}],
        "AllTenants": True,
    }
    file = tmp_path / "one.json"
    file.write_text(json.dumps(definition))
    made = json.loads(run_command("reports", "create", file, "--json").out)
    assert "By hand" in run_command("reports", "list").out
    file.write_text(json.dumps(definition | {"Description": "changed"}))
    assert run_command("reports", "update", made["Id"], file).status == 0
    read = json.loads(run_command("reports", "get", made["Id"], "--json").out)
    assert (read["Description"], read["AllTenants"]) == ("changed", True)
    table = tmp_path / "some.parquet"
    assert run_command("deployments", made["Id"], "--output", table, NOW).status == 0
    count = len(pd.read_parquet(table))
    assert count > 100
    stated = [
        json.loads(run_command("metrics", made["Id"], "--json", "--source", which, NOW).out)
        for which in ("octopus", "recomputed")
    ]
    assert [len(each["Series"]) for each in stated] == [1, 1]
    assert run_command("reports", "delete", made["Id"], "--yes").status == 0
    assert run_command("reports", "get", made["Id"]).status == 3


def test_definitions_as_code(strict: RunningServer, tmp_path: Path) -> None:
    """After a pull, and an edit by anybody, one `apply` makes the plan clean."""
    assert run_command("reports", "pull", tmp_path).status == 0
    assert run_command("reports", "plan", tmp_path).out.startswith("No changes.")
    (report,) = (json.loads(run_command("reports", "get", REPORT, "--json").out),)
    edit = tmp_path.parent / "edit.json"
    edit.write_text(json.dumps(report | {"Description": "by somebody else", "AllTenants": True}))
    assert run_command("reports", "update", report["Id"], edit).status == 0
    planned = run_command("reports", "plan", tmp_path).out
    assert "by somebody else" in planned
    assert "LastModified" not in planned
    assert run_command("reports", "apply", tmp_path, "--yes").status == 0
    assert run_command("reports", "plan", tmp_path).out.startswith("No changes.")
