"""`metrics --json` against an independent slow implementation, from the same replies.

The replies are fetched and decoded here with the standard library alone; the figures come from
`tests.metrics.reference`, which shares no code with the package.
"""

import json
import os
import re
import urllib.request
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command
from tests.metrics import reference
from tests.metrics.reference import EPOCH, TICKS, Row, Rules

SPLITS = ("None", "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant")
RANGES = {"LastMonth": 1, "LastQuarter": 3, "LastYear": 12}
GRANULARITIES = ("Daily", "Weekly", "Monthly")
ZONES = {"W. Europe Standard Time": "Europe/Berlin", "FLE Standard Time": "Europe/Kiev"}
MEASURES = {
    "LeadTime": "lead_time",
    "TimeSincePreviousDeployment": "time_since_previous",
    "MeanTimeToRecovery": "time_to_recovery",
    "DeploymentsUntilRecovery": "deployments_until_recovery",
}
STATISTICS = {"Mean": "mean", "Median": "median", "Min": "min", "Max": "max", "NinetyFifth": "p95"}


def ticks(text: str | None) -> int | None:
    """Of a duration as Octopus spells it."""
    if text is None:
        return None
    found = re.fullmatch(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d{1,7}))?", text)
    assert found is not None, text
    sign, hours, minutes, seconds, fraction = found.groups(default="")
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    value = whole * TICKS + int(fraction.ljust(7, "0"))
    return -value if sign else value


def instant(text: str) -> int:
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = (datetime.fromisoformat(whole).replace(tzinfo=UTC) - EPOCH) // timedelta(seconds=1)
    return seconds * TICKS + int(fraction.ljust(7, "0") or 0)


class Replies:
    """What the server says, decoded plainly."""

    def __init__(self, url: str, api_key: str, report: str) -> None:
        def get(path: str) -> Any:
            request = urllib.request.Request(
                f"{url}/api/Spaces-1/{path}", headers={"X-Octopus-ApiKey": api_key}
            )
            with urllib.request.urlopen(request) as reply:
                return json.load(reply)

        definition = get(f"insights/reports/{report}")
        self.zone = ZONES[definition["TimeZone"]]
        self.names: dict[str, str] = {"All": "All", "Untenanted": "Untenanted"}
        self.rows = []
        for stream in get(f"insights/reports/{report}/deployments")["Streams"]:
            for kind in ("Project", "Environment", "Tenant"):
                if stream[f"{kind}Id"]:
                    self.names[stream[f"{kind}Id"]] = stream[f"{kind}Name"]
            self.rows += [self.row(stream, deployment) for deployment in stream["Deployments"]]
        groups = get("projectgroups/all")
        self.tag_sets = {s["Id"]: s["Name"] for s in get("tagsets/all")}
        self.names |= {group["Id"]: group["Name"] for group in groups}
        self.rules = Rules(
            project_groups={p["Id"]: p["ProjectGroupId"] for p in get("projects/all")},
            project_group_names={group["Id"]: group["Name"] for group in groups},
            environment_groups=tuple(
                (group["Name"], tuple(group["Environments"]))
                for group in definition["EnvironmentGroups"]
            ),
            tenant_tags={t["Id"]: tuple(t["TenantTags"]) for t in get("tenants/all")},
            tag_sets=self.tag_sets,
        )

    @staticmethod
    def row(stream: dict[str, Any], deployment: dict[str, Any]) -> Row:
        return Row(
            deployment_id=deployment["Id"],
            completed=instant(deployment["CompletedTime"]),
            project_id=stream["ProjectId"],
            environment_id=stream["EnvironmentId"],
            tenant_id=stream["TenantId"],
            task_state=deployment["TaskState"],
            had_guided_failure=deployment["HadGuidedFailure"],
            lead_time=ticks(deployment["LeadTime"]),
            time_since_previous=ticks(deployment["TimeSincePreviouslySuccessfulDeployment"]),
            time_to_recovery=ticks(deployment["TimeToRecovery"]),
            deployments_until_recovery=deployment["DeploymentsUntilRecovery"],
        )

    def name(self, key: str, tag_set: str | None) -> str:
        if tag_set and key not in ("Untagged", "Untenanted"):
            return key.partition("/")[2]
        return self.names.get(key, key)


@cache
def replies(url: str, api_key: str, report: str) -> Replies:
    return Replies(url, api_key, report)


def range_of(name: str, zone: str) -> tuple[date, date]:
    today = AS_OF.astimezone(ZoneInfo(zone)).date()
    year, month = divmod(today.year * 12 + today.month - 1 - RANGES[name], 12)
    return date(year, month + 1, today.day), today + timedelta(days=1)


def comparable(interval: dict[str, Any]) -> dict[str, object]:
    """One interval of the command's reply in the reference's own terms; null stays None."""
    rate = interval["DeploymentFailureRate"]
    found: dict[str, object] = {
        "successful": rate["Successful"],
        "frequency": interval["NumberOfSuccessfulDeployments"],
        "deployment_failure": rate["DeploymentFailure"],
        "guided": rate["SuccessfulButHadGuidedFailure"],
        "total": rate["Total"],
        "failed": rate["Failed"],
        "rate": rate["Rate"],
    }
    for theirs, ours in MEASURES.items():
        found[f"{ours}_count"] = interval[theirs]["Count"]
        for statistic, name in STATISTICS.items():
            value = interval[theirs][statistic]
            exact = ours == "deployments_until_recovery"
            found[f"{ours}_{name}"] = value if exact else ticks(value)
    return found


def expected(figures: dict[str, Any]) -> dict[str, object]:
    rate = figures["rate"]
    found = {
        key: figures[key]
        for key in ("successful", "deployment_failure", "guided", "total", "failed")
    }
    found["frequency"] = figures["successful"]
    found["rate"] = None if rate is None else float(round(rate, 5))
    for name in MEASURES.values():
        found[f"{name}_count"] = figures[f"{name}_count"]
        for statistic in STATISTICS.values():
            value = figures[f"{name}_{statistic}"]
            exact = name == "deployments_until_recovery" and value is not None
            found[f"{name}_{statistic}"] = float(Fraction(value)) if exact else value
    return found


def compare(command: Command, truth: Replies, report: str, *shape: str) -> int:
    """Compare one reply in every figure; returns how many intervals had deployments."""
    split, tag_set, time_range, granularity = shape
    options = ["--split", split, "--time-range", time_range, "--granularity", granularity]
    if tag_set:
        options += ["--tenant-tag-set", tag_set]
    done = command("metrics", report, *options, "--json", "--as-of", AS_OF.isoformat())
    assert done.status == 0, done.err
    ours = {
        (series["Name"], interval["StartOfInterval"]): comparable(interval)
        for series in json.loads(done.out)["Series"]
        for interval in series["Intervals"]
    }
    start, end = range_of(time_range, truth.zone)
    slow = reference.figures(
        truth.rows,
        truth.rules,
        split=split,
        zone=truth.zone,
        start=start,
        end=end,
        granularity=granularity,
        tag_set=tag_set or None,
    )
    for (key, at), figures in slow.items():
        assert ours.pop((truth.name(key, tag_set or None), at.isoformat())) == expected(figures)
    for empty in ours.values():
        assert set(empty.values()) <= {0, None}
    return len(slow)


SHAPES = [
    (split, tag_set, time_range, granularity)
    for split, tag_set in [*((split, "") for split in SPLITS), ("TenantTagSet", "TagSets-1")]
    for time_range, granularity in product(RANGES, GRANULARITIES)
]
THOROUGH = bool(os.environ.get("THOROUGH"))


@pytest.mark.parametrize("shape", SHAPES, ids="-".join)
def test_every_figure_equals_the_slow_one(
    command: Command, server: RunningServer, shape: tuple[str, str, str, str]
) -> None:
    """Of the tenanted report with overlapping groups; the main report in `THOROUGH` runs."""
    report = "InsightsReports-1" if THOROUGH else "InsightsReports-2"
    truth = replies(server.url, server.api_key, report)
    assert compare(command, truth, report, *shape) > 0


@pytest.mark.parametrize("tag_set", ["TagSets-1", "TagSets-2", "TagSets-3"])
def test_every_tag_set_of_the_main_report(
    command: Command, server: RunningServer, tag_set: str
) -> None:
    truth = replies(server.url, server.api_key, "InsightsReports-1")
    shape = ("TenantTagSet", tag_set, "LastYear", "Monthly")
    assert compare(command, truth, "InsightsReports-1", *shape) > 0
