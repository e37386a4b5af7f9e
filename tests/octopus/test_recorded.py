"""`source: core` on replies in the shape of Octopus 2024.2. Figures worked by hand."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from insights_reports.octopus import Connection
from insights_reports.pipeline.load import Pulled, load
from insights_reports.pipeline.pull import Wanted, pull
from tests.octopus.fake_octopus import fake_octopus
from tests.octopus.recorded import BASE, LISTS, NOT_LICENSED, SINGLE, feed

NOW = datetime(2024, 10, 2, 9, tzinfo=UTC)
DEFINITION: dict[str, Any] = {
    "ProjectGroupIds": ["ProjectGroups-1"],
    "EnvironmentGroups": [{"Name": "Staging", "Environments": ["Environments-2"]}],
    "AllTenants": True,
    "TimeZone": "UTC",
}


@dataclass
class Recorded:
    """Answers what was recorded, a whole list at a time; ``with_feed``: it offers the XML feed."""

    with_feed: bool
    url: str = ""
    asked: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def reply(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        if path == f"{BASE}/reporting/deployments/xml" and self.with_feed:
            return 200, "application/xml", feed().encode()
        found = LISTS.get(path) or SINGLE.get(path)
        if found is None:
            self.unknown.append(path)
            return 404, "application/json", json.dumps(NOT_LICENSED).encode()
        if "ids" in query:
            wanted = query["ids"].split(",")
            items = [item for item in found["Items"] if item["Id"] in wanted]
            found = found | {"Items": items, "TotalResults": len(items)}
        elif int(query.get("skip", 0)) and "Items" in found:
            found = found | {"Items": []}
        return 200, "application/json", json.dumps(found).encode()


def pulled(recorded: Recorded, folder: Path) -> Pulled:
    with fake_octopus(recorded) as octopus:
        where = Connection.from_environment(octopus.url, environ={"OCTOPUS_API_KEY": "API-FAKE"})
        wanted = Wanted("Own", source="core", definition=DEFINITION)
        pull(where, wanted, folder, as_of=NOW, progress=lambda what: None)
    return load(folder)


def texts(values: "pd.Series[Any]") -> list[str | None]:
    return [None if pd.isna(value) else str(value).removeprefix("0 days ") for value in values]


@pytest.mark.parametrize("with_feed", [True, False])
def test_the_figures_of_recorded_replies(tmp_path: Path, with_feed: bool) -> None:
    """0.0.1, assembled at 10, came at 11:00:14; 0.0.2, of 12, failed at 13:00:10; 0.1.0-rc.1
    succeeded at 15 with somebody's help, which is a failure, and at 16:00:20 without: it brings
    0.0.2, too, and ends what began at 13:00:10. The feed has seconds, tasks have milliseconds."""
    recorded = Recorded(with_feed)
    found = pulled(recorded, tmp_path / "pull")
    table = found.deployments.table.set_index("deployment_id")
    cut = "" if with_feed else ".123000"
    assert table.index.tolist() == [f"Deployments-{n}" for n in (16, 17, 18, 19)]
    assert table["had_guided_failure"].tolist() == [False, False, True, False]
    assert table["release_version"].tolist() == ["0.0.1", "0.0.2", "0.1.0-rc.1", "0.1.0-rc.1"]
    assert texts(table["lead_time"]) == [f"01:00:14{cut}", None, None, f"04:00:20{cut}"]
    assert texts(table["lead_time_from_version"]) == ["0.0.1", None, None, "0.0.2"]
    assert texts(table["time_to_recovery"]) == [None, None, None, "03:00:10"]
    assert texts(table["time_since_previous"])[3] == "05:00:06"
    assert table["deployments_until_recovery"].tolist()[3] == 2
    assert table["recovered_from_id"].tolist()[3] == "Deployments-17"
    assert set(table["project_name"]) == {"payments"}
    assert set(table["environment_name"]) == {"staging"}
    assert table["tenant_id"].isna().all()
    assert found.deployments.dropped == {}
    assert found.lookups.project_group_names == {"ProjectGroups-1": "Default Project Group"}


def test_nothing_is_asked_that_such_a_server_does_not_have(tmp_path: Path) -> None:
    recorded = Recorded(with_feed=True)
    pulled(recorded, tmp_path / "pull")
    assert recorded.unknown == []
    without = Recorded(with_feed=False)
    pulled(without, tmp_path / "other")
    assert set(without.unknown) == {f"{BASE}/reporting/deployments/xml"}
    asked = {path.partition("?")[0] for path in (*recorded.asked, *without.asked)}
    core = {f"{BASE}/{kind}" for kind in ("tasks", "deployments", "releases", "interruptions")}
    assert core | {f"{BASE}/channels", f"{BASE}/environments", f"{BASE}/projects"} <= asked
