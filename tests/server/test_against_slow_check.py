"""/metrics against an independent computation over /deployments and the look-ups, over HTTP."""

import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from insights_reports.server import RunningServer
from tests.server import slow_check
from tests.server.conftest import Api
from tests.server.hand import AS_OF

ZONES = {
    "InsightsReports-1": ZoneInfo("Europe/Berlin"),
    "InsightsReports-2": ZoneInfo("Europe/Kyiv"),
    "InsightsReports-3": ZoneInfo("UTC"),
}
SPLITS = ("None", "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant")
TAG_SETS = ("TagSets-1", "TagSets-2", "TagSets-3")


@cache
def _rows(server: RunningServer, report: str) -> list[dict[str, Any]]:
    with Api(server.url, server.api_key) as api:
        reply = api.get(f"/api/Spaces-1/insights/reports/{report}/deployments").json()
    return slow_check.flat(reply, ZONES[report])


@cache
def _documents(server: RunningServer, path: str) -> Any:
    with Api(server.url, server.api_key) as api:
        return api.get(f"/api/Spaces-1/{path}").json()


def _series_of(
    server: RunningServer, report: str, split: str, tag_set: str
) -> Callable[[dict[str, Any]], Iterator[str]]:
    groups = {g["Id"]: g["Name"] for g in _documents(server, "projectgroups/all")}
    group_of = {p["Id"]: groups[p["ProjectGroupId"]] for p in _documents(server, "projects/all")}
    tags_of = {t["Id"]: t["TenantTags"] for t in _documents(server, "tenants/all")}
    set_name = {s["Id"]: s["Name"] for s in _documents(server, "tagsets/all")}.get(tag_set)
    definition = _documents(server, f"insights/reports/{report}")

    def tagged(row: dict[str, Any]) -> Iterator[str]:
        if row["TenantId"] is None:
            yield "Untenanted"
            return
        found = [tag.split("/") for tag in tags_of[row["TenantId"]]]
        names = [name for owner, name in found if owner == set_name]
        yield from names or ["Untagged"]

    def environment_groups(row: dict[str, Any]) -> Iterator[str]:
        for group in definition["EnvironmentGroups"]:
            if row["EnvironmentId"] in group["Environments"]:
                yield group["Name"]

    return {
        "None": lambda row: iter(["All"]),
        "Project": lambda row: iter([row["ProjectName"]]),
        "ProjectGroup": lambda row: iter([group_of[row["ProjectId"]]]),
        "Environment": lambda row: iter([row["EnvironmentName"]]),
        "EnvironmentGroup": environment_groups,
        "Tenant": lambda row: iter([row["TenantName"] or "Untenanted"]),
        "TenantTagSet": tagged,
    }[split]


CASES = [(split, "") for split in SPLITS] + [("TenantTagSet", tag_set) for tag_set in TAG_SETS]


# Every combination with THOROUGH=1; by default each split with each range and each granularity.
COMBINATIONS = [
    (report, time_range, granularity)
    for report in ("InsightsReports-1", "InsightsReports-2")
    for time_range in ("LastMonth", "LastQuarter", "LastYear")
    for granularity in ("Daily", "Weekly", "Monthly")
    if os.environ.get("THOROUGH") == "1"
    or (report, time_range, granularity)
    in {
        ("InsightsReports-1", "LastMonth", "Daily"),
        ("InsightsReports-1", "LastYear", "Weekly"),
        ("InsightsReports-2", "LastQuarter", "Monthly"),
    }
]


@pytest.mark.parametrize(("report", "time_range", "granularity"), COMBINATIONS)
@pytest.mark.parametrize(("split", "tag_set"), CASES)
def test_every_figure_of_the_server(
    server: RunningServer,
    api: Api,
    report: str,
    split: str,
    tag_set: str,
    time_range: str,
    granularity: str,
) -> None:
    stated = api.get(
        f"/api/Spaces-1/insights/reports/{report}/metrics",
        params={
            "split": split,
            "timeRange": time_range,
            "granularity": granularity,
            "tenantTagSetId": tag_set,
        },
    ).json()
    recomputed = slow_check.metrics(
        _rows(server, report),
        _series_of(server, report, split, tag_set),
        time_range,
        granularity,
        AS_OF.astimezone(ZONES[report]).date(),
    )
    assert {series["Name"]: series["Intervals"] for series in stated["Series"]} == recomputed
    assert recomputed


def test_a_report_without_deployments_has_the_series_all_and_no_other(api: Api) -> None:
    path = "/api/Spaces-1/insights/reports/InsightsReports-3"
    assert api.get(f"{path}/deployments").json()["Streams"] == []
    metrics = {split: _names(api, path, split) for split in SPLITS}
    assert metrics == {split: ["All"] if split == "None" else [] for split in SPLITS}


def _names(api: Api, path: str, split: str) -> list[str]:
    reply = api.get(f"{path}/metrics", params={"split": split, "timeRange": "LastYear"}).json()
    return [series["Name"] for series in reply["Series"]]
