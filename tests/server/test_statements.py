"""Every statement of the public pages on Insights reports, one row each, held against the server.

https://octopus.com/docs/octopus-rest-api (Insights Reports API), and the page "Insights" of the
reference that is generated from the server. What they say of the client stands in
tests/octopus/test_statements.py.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pytest

from tests.server.conftest import MAIN, Api
from tests.server.test_strictness import COMPLETE

REPORTS = "/api/Spaces-1/insights/reports"
PROJECT = "/api/Spaces-1/projects/Projects-3/insights"
ASKED = {"channelId": "Channels-3", "environmentId": "Environments-5"}
SPLITS = ("None", "Project", "ProjectGroup", "Environment", "EnvironmentGroup", "Tenant")
STATISTICS = {"Count", "Mean", "Median", "Min", "Max", "NinetyFifth"}
DURATION = re.compile(r"-?\d+:\d\d:\d\d\.\d{1,7}")
OPTIONAL = ("Description", "ProjectGroupIds", "ProjectIds", "TenantIds", "TenantTags",
            "TenantMode", "EnvironmentGroups", "TimeZone")  # fmt: skip


class Doors:
    """The lax server, the strict one, the lax one for a restricted account, and for nobody."""

    def __init__(self, api: Api, strict: Api, restricted: Api, nobody: Api) -> None:
        self.api, self.strict, self.restricted, self.nobody = api, strict, restricted, nobody
        self._made: list[tuple[Api, str]] = []

    def get(self, path: str, door: Api | None = None, **params: str) -> Any:
        reply = (door or self.api).get(path, params=params)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def status(self, path: str, door: Api | None = None, **params: str) -> int:
        return (door or self.api).get(path, params=params).status_code

    def made(self, door: Api | None = None, **fields: Any) -> dict[str, Any]:
        """A new report, which is deleted afterwards."""
        at = door or self.api
        base = COMPLETE if at is self.strict else {"SpaceId": "Spaces-1"}
        reply = at.post(REPORTS, json=base | {"Name": f"Row {len(self._made)}"} | fields)
        assert reply.status_code in (200, 201), reply.text
        self._made.append((at, reply.json()["Links"]["Self"]))
        found: dict[str, Any] = reply.json()
        return found

    def refused(self, fields: dict[str, Any]) -> str:
        reply = self.api.post(REPORTS, json={"SpaceId": "Spaces-1", "Name": "Refused"} | fields)
        assert reply.status_code == 400, reply.text
        return str(reply.json()["Errors"])

    @cached_property
    def streams(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"{MAIN}/deployments")["Streams"]
        return found

    def rows(self) -> list[dict[str, Any]]:
        return [row for stream in self.streams for row in stream["Deployments"]]

    def interval(self) -> dict[str, Any]:
        """The stated interval of the most deployments."""
        (series,) = self.get(f"{MAIN}/metrics", split="None", timeRange="LastYear")["Series"]
        found: dict[str, Any] = max(
            series["Intervals"], key=lambda each: each["NumberOfSuccessfulDeployments"]
        )
        return found

    def close(self) -> None:
        for door, link in self._made:
            door.delete(link)


@pytest.fixture
def doors(api: Api, strict: Api, restricted: Api, nobody: Api) -> Iterator[Doors]:
    found = Doors(api, strict, restricted, nobody)
    yield found
    found.close()


def two(values: Any) -> bool:
    return len(values) == 2


Row = tuple[str, Callable[[Doors], Any]]
LIST: list[Row] = [
    ("a paginated list of the reports", lambda d: len(d.get(REPORTS)["Items"]) == 3),
    ("skip: number of items to skip", lambda d: two(d.get(REPORTS, skip="1")["Items"])),
    ("skip defaults to zero", lambda d: d.get(REPORTS) == d.get(REPORTS, skip="0")),
    ("take: number of items to take", lambda d: two(d.get(REPORTS, take="2")["Items"])),
    ("take defaults to 30", lambda d: d.get(REPORTS)["ItemsPerPage"] == 30),
    ("ItemType is InsightsReport", lambda d: d.get(REPORTS)["ItemType"] == "InsightsReport"),
    ("TotalResults", lambda d: d.get(REPORTS, take="1")["TotalResults"] == 3),
    ("ItemsPerPage", lambda d: d.get(REPORTS, take="2")["ItemsPerPage"] == 2),
    ("NumberOfPages", lambda d: d.get(REPORTS, take="2")["NumberOfPages"] == 2),
    ("LastPageNumber counts from zero", lambda d: d.get(REPORTS, take="2")["LastPageNumber"] == 1),
    ("Items as a specific report", lambda d: d.get(MAIN) in d.get(REPORTS)["Items"]),
    ("Links.Self", lambda d: d.get(REPORTS)["Links"]["Self"] == f"{REPORTS}?skip=0&take=30"),
    ("Links.Template", lambda d: d.get(REPORTS)["Links"]["Template"] == REPORTS + "{?skip,take}"),
    ("Links.Page.All", lambda d: d.get(REPORTS)["Links"]["Page.All"].endswith("take=2147483647")),
    ("Links.Page.Current", lambda d: "skip=0" in d.get(REPORTS)["Links"]["Page.Current"]),
    ("Links.Page.Last", lambda d: "skip=2" in d.get(REPORTS, take="1")["Links"]["Page.Last"]),
]  # fmt: skip
CHANGES: list[Row] = [
    ("Name is required", lambda d: "Name" in d.refused({"Name": None})),
    ("SpaceId is required by the strict server",
     lambda d: d.strict.post(REPORTS, json=COMPLETE | {"SpaceId": None}).status_code == 400),
    *((f"{name} is optional", lambda d, name=name: name in d.made(**{name: None}))
      for name in OPTIONAL),
    *((f"{name} is optional on the lax server, absent", lambda d, name=name: name in d.made())
      for name in OPTIONAL),
    *((f"TenantMode may be {mode}",
       lambda d, mode=mode: d.made(TenantMode=mode)["TenantMode"] == mode)
      for mode in ("TenantedAndUntenanted", "Tenanted", "Untenanted")),
    ("TenantMode may be nothing else", lambda d: "TenantMode" in d.refused({"TenantMode": "Some"})),
    ("TimeZone may be an IANA zone",
     lambda d: d.made(TimeZone="Europe/Vilnius")["TimeZone"] == "FLE Standard Time"),
    ("TimeZone may be a Windows zone",
     lambda d: d.made(TimeZone="FLE Standard Time")["TimeZone"] == "FLE Standard Time"),
    ("TimeZone must be one of them", lambda d: "TimeZone" in d.refused({"TimeZone": "Mars"})),
    ("an environment group needs a Name",
     lambda d: "Name" in d.refused({"EnvironmentGroups": [{"Environments": []}]})),
    ("an environment group needs Environments",
     lambda d: "Environments" in d.refused({"EnvironmentGroups": [{"Name": "A"}]})),
    ("names of environment groups are unique in a report",
     lambda d: "unique" in d.refused(
         {"EnvironmentGroups": [{"Name": "A", "Environments": []}] * 2})),
    ("PUT updates an existing report",
     lambda d: d.api.put((made := d.made())["Links"]["Self"], json=made | {"Description": "x"})
     .json()["Description"] == "x"),
    *((f"PUT: {name} is required by the strict server",
       lambda d, name=name: d.strict.put((made := d.made(d.strict))["Links"]["Self"],
                                         json=made | {name: None}).status_code == 400)
      for name in ("SpaceId", "Id", "Name")),
    ("DELETE deletes an existing report",
     lambda d: d.api.delete(d.made()["Links"]["Self"]).status_code == 200),
]  # fmt: skip
REPORT: list[Row] = [
    ("Id", lambda d: d.get(MAIN)["Id"] == "InsightsReports-1"),
    ("SpaceId", lambda d: d.get(MAIN)["SpaceId"] == "Spaces-1"),
    ("Name", lambda d: d.get(MAIN)["Name"].startswith("Nordlicht")),
    ("Description", lambda d: d.get(MAIN)["Description"]),
    *((f"{name} is an array", lambda d, name=name: isinstance(d.get(MAIN)[name], list))
      for name in ("ProjectGroupIds", "ProjectIds", "TenantIds", "TenantTags")),
    ("TenantMode", lambda d: d.get(MAIN)["TenantMode"] == "TenantedAndUntenanted"),
    ("EnvironmentGroups have a name and environments",
     lambda d: all(group["Name"] and group["Environments"]
                   for group in d.get(MAIN)["EnvironmentGroups"])),
    ("TimeZone in Windows format", lambda d: d.get(MAIN)["TimeZone"] == "W. Europe Standard Time"),
    ("IconId", lambda d: d.get(MAIN)["IconId"] == "chart-line"),
    ("IconColor in hex format", lambda d: re.fullmatch("#[0-9A-F]{6}", d.get(MAIN)["IconColor"])),
    ("IconId and IconColor may be null",
     lambda d: (made := d.made())["IconId"] is made["IconColor"] is None),
    ("Links.Self and Links.Logo",
     lambda d: d.get(MAIN)["Links"] == {"Self": MAIN, "Logo": f"{MAIN}/logo"}),
    ("the Logo is an image",
     lambda d: d.api.get(f"{MAIN}/logo").headers["Content-Type"].startswith("image/")),
]  # fmt: skip
THINGS = ("Project", "Channel", "Environment", "Tenant")
DURATIONS = ("LeadTime", "TimeSincePreviouslySuccessfulDeployment", "TimeToRecovery")


def hidden(doors: Doors, thing: str) -> bool:
    streams = doors.get(f"{MAIN}/deployments", doors.restricted)["Streams"]
    return any(each[f"{thing}Id"] and each[f"{thing}Name"] is None for each in streams)


def streams_apart(doors: Doors) -> bool:
    streams = doors.get(f"{MAIN}/deployments")["Streams"]
    keys = [tuple(stream[f"{thing}Id"] for thing in THINGS) for stream in streams]
    return len(keys) == len(set(keys)) > 1


def of_each(doors: Doors, name: str, holds: Callable[[Any], Any]) -> bool:
    """Whether it holds of every value that is not null, of which there are some."""
    found = [row[name] for row in doors.rows() if row[name] is not None]
    return bool(found) and all(holds(value) for value in found)


def recovered_from_failures(doors: Doors) -> bool:
    rows = {row["Id"]: row for row in doors.rows()}
    named = {row["RecoveredFromFailedDeploymentId"] for row in rows.values()} & rows.keys()
    return bool(named) and all(
        rows[id]["TaskState"] == "Failed" or rows[id]["HadGuidedFailure"] for id in named
    )


def text(value: Any) -> bool:
    return isinstance(value, str)


DEPLOYMENTS: list[Row] = [
    ("ReportName", lambda d: d.get(f"{MAIN}/deployments")["ReportName"] == d.get(MAIN)["Name"]),
    ("Streams is an array", lambda d: len(d.get(f"{MAIN}/deployments")["Streams"]) > 10),
    ("one stream has one project, channel, environment and tenant", streams_apart),
    *((f"{thing}Name is null without access", lambda d, thing=thing: hidden(d, thing))
      for thing in THINGS),
    ("for the last 12 whole months and this one",
     lambda d: min(row["CompletedTime"] for row in d.rows())[:7] in ("2025-10", "2025-11")),
    ("Id", lambda d: of_each(d, "Id", re.compile(r"Deployments-\d+").fullmatch)),
    ("ReleaseVersion", lambda d: of_each(d, "ReleaseVersion", text)),
    ("TaskState", lambda d: {row["TaskState"] for row in d.rows()} >= {"Success", "Failed"}),
    ("CompletedTime has seven digits and Z",
     lambda d: of_each(d, "CompletedTime", re.compile(r"[-\d]{10}T[:\d]{8}\.\d{7}Z").fullmatch)),
    ("HadGuidedFailure is true or false",
     lambda d: {row["HadGuidedFailure"] for row in d.rows()} == {True, False}),
    *((f"{name} is a duration", lambda d, name=name: of_each(d, name, DURATION.fullmatch))
      for name in DURATIONS),
    *((f"{name} is null where there is none",
       lambda d, name=name: any(row[name] is None for row in d.rows()))
      for name in (*DURATIONS, "PreviousSuccessfulDeploymentId", "DeploymentsUntilRecovery",
                   "RecoveredFromFailedDeploymentId", "RecoveredFromFailedReleaseVersion")),
    ("LeadTimeCalculatedFromVersion", lambda d: of_each(d, "LeadTimeCalculatedFromVersion", text)),
    ("PreviousSuccessfulDeploymentId is one of a deployment",
     lambda d: of_each(d, "PreviousSuccessfulDeploymentId", text)),
    ("DeploymentsUntilRecovery is a number", lambda d: of_each(d, "DeploymentsUntilRecovery", int)),
    ("RecoveredFromFailedDeploymentId is one that failed", recovered_from_failures),
    ("RecoveredFromFailedReleaseVersion",
     lambda d: of_each(d, "RecoveredFromFailedReleaseVersion", text)),
]  # fmt: skip


def metrics(doors: Doors, door: Api | None = None, **params: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = doors.get(f"{MAIN}/metrics", door, **params)["Series"]
    return found


def starts(series: list[dict[str, Any]]) -> list[str]:
    return [interval["StartOfInterval"] for interval in series[0]["Intervals"]]


METRICS: list[Row] = [
    *((f"split may be {split}", lambda d, split=split: metrics(d, split=split))
      for split in SPLITS),
    ("split TenantTagSet needs tenantTagSetId",
     lambda d: d.status(f"{MAIN}/metrics", split="TenantTagSet") == 400),
    ("split TenantTagSet by a tag set",
     lambda d: len(metrics(d, split="TenantTagSet", tenantTagSetId="TagSets-1")) > 1),
    ("tenantTagSetId is ignored otherwise",
     lambda d: metrics(d, split="None", tenantTagSetId="TagSets-99") == metrics(d, split="None")),
    ("split may be nothing else", lambda d: d.status(f"{MAIN}/metrics", split="Team") == 400),
    *((f"timeRange may be {each}", lambda d, each=each: metrics(d, split="None", timeRange=each))
      for each in ("LastMonth", "LastQuarter", "LastYear")),
    *((f"granularity may be {each}",
       lambda d, each=each, least=least:
       len(starts(metrics(d, split="None", granularity=each))) >= least)
      for each, least in (("Monthly", 3), ("Weekly", 13), ("Daily", 80))),
    ("granularity defaults to weekly",
     lambda d: metrics(d, split="None") == metrics(d, split="None", granularity="Weekly")),
    ("without a split the series is All", lambda d: [s["Name"] for s in metrics(d)] == ["All"]),
    ("StartOfInterval is a date",
     lambda d: all(re.fullmatch(r"\d{4}-\d\d-\d\d", each) for each in starts(metrics(d)))),
    ("NumberOfSuccessfulDeployments",
     lambda d: d.interval()["NumberOfSuccessfulDeployments"]
     == d.interval()["DeploymentFailureRate"]["Successful"]),
    *((f"{name} has {', '.join(sorted(STATISTICS))}",
       lambda d, name=name: d.interval()[name].keys() == STATISTICS)
      for name in ("LeadTime", "TimeSincePreviousDeployment", "MeanTimeToRecovery",
                   "DeploymentsUntilRecovery")),
    ("Min <= Median <= NinetyFifth <= Max",
     lambda d: (found := d.interval()["DeploymentsUntilRecovery"])
     and found["Min"] <= found["Median"] <= found["NinetyFifth"] <= found["Max"]),
    ("Total is Successful and DeploymentFailure and SuccessfulButHadGuidedFailure",
     lambda d: (rate := d.interval()["DeploymentFailureRate"]) and rate["Total"]
     == rate["Successful"] + rate["DeploymentFailure"] + rate["SuccessfulButHadGuidedFailure"]),
    ("Failed is DeploymentFailure and SuccessfulButHadGuidedFailure",
     lambda d: (rate := d.interval()["DeploymentFailureRate"]) and rate["Failed"]
     == rate["DeploymentFailure"] + rate["SuccessfulButHadGuidedFailure"]),
    ("Rate is Failed of Total",
     lambda d: (rate := d.interval()["DeploymentFailureRate"])
     and abs(rate["Rate"] - rate["Failed"] / rate["Total"]) < 5.1e-6),
]  # fmt: skip


def tenants(doors: Doors, *, all_tenants: bool) -> set[str | None]:
    """Those of the deployments of a report of every project."""
    groups = [{"Name": "P", "Environments": ["Environments-5", "Environments-6"]}]
    report = doors.made(
        ProjectGroupIds=["ProjectGroups-1", "ProjectGroups-2"],
        EnvironmentGroups=groups,
        AllTenants=all_tenants,
    )
    streams = doors.get(f"{report['Links']['Self']}/deployments")["Streams"]
    return {stream["TenantId"] for stream in streams}


REFERENCE: list[Row] = [
    ("also under /api/spaces/{spaceIdentifier}",
     lambda d: d.get("/api/spaces/default/insights/reports/InsightsReports-1") == d.get(MAIN)),
    ("also under /v1, wrapped", lambda d: d.get(f"{MAIN}/v1") == {"Report": d.get(MAIN)}),
    ("metrics/v1 is as metrics", lambda d: d.get(f"{MAIN}/metrics/v1") == d.get(f"{MAIN}/metrics")),
    ("AllTenants is true or false", lambda d: d.made(AllTenants=True)["AllTenants"] is True),
    ("ChannelIds", lambda d: d.get(MAIN)["ChannelIds"] == ["Channels-101", "Channels-102"]),
    ("LastModifiedBy and LastModifiedOn are the server's own",
     lambda d: d.made(LastModifiedBy="me")["LastModifiedBy"] != "me"),
    *((f"POST requires {name}",
       lambda d, name=name: d.strict.post(REPORTS, json=COMPLETE | {name: None}).status_code == 400)
      for name in COMPLETE),
    *((f"PUT requires {name}",
       lambda d, name=name: d.strict.put((made := d.made(d.strict))["Links"]["Self"],
                                         json=made | {name: None}).status_code == 400)
      for name in (*COMPLETE, "Id", "AllTenants", "TenantMode")),
    ("Name has 1 to 200 characters",
     lambda d: d.made(Name="x" * 200) and d.refused({"Name": "x" * 201})
     and d.refused({"Name": ""})),
    ("an empty list is a value", lambda d: d.made(d.strict, TenantIds=[])["TenantIds"] == []),
    ("SpaceId and Id come from the path when absent",
     lambda d: d.api.put((made := d.made())["Links"]["Self"],
                         json={"Name": made["Name"]}).status_code == 200),
    ("SpaceId and Id that differ are refused",
     lambda d: d.api.put((made := d.made())["Links"]["Self"],
                         json=made | {"Id": "InsightsReports-1"}).status_code == 400),
    ("AllTenants true takes all tenants", lambda d: len(tenants(d, all_tenants=True)) > 2),
    ("AllTenants false without tenants and tags takes no tenanted deployments",
     lambda d: tenants(d, all_tenants=False) == {None}),
    ("POST logo takes an image",
     lambda d: d.api.post(f"{d.made()['Links']['Logo']}",
                          files={"file": ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(40))}).ok),
    ("POST logo/icon takes an icon and a colour",
     lambda d: d.api.post(f"{(made := d.made())['Links']['Logo']}/icon",
                          json={"IconId": "map-signs", "IconColor": "#0D80D8",
                                "ReportId": made["Id"], "SpaceId": "Spaces-1"}).ok),
    ("IconColor matches #rrggbb",
     lambda d: d.api.post(f"{d.made()['Links']['Logo']}/icon",
                          json={"IconId": "map-signs", "IconColor": "blue"}).status_code == 400),
    ("a report's CSV has an address",
     lambda d: "Deployment,Project," in d.api.get(f"{MAIN}/deployments/csv").text),
    ("a project's CSV has an address",
     lambda d: d.strict.get(f"{PROJECT}/deployments/csv", params=ASKED).status_code == 200),
    ("metrics: split is required", lambda d: d.status(f"{MAIN}/metrics", d.strict) == 400),
    ("metrics: timeRange defaults to LastQuarter",
     lambda d: metrics(d, d.strict, split="None")
     == metrics(d, d.strict, split="None", timeRange="LastQuarter")),
    ("names of query parameters in any case",
     lambda d: metrics(d, SPLIT="Project") == metrics(d, split="Project")),
    ("project: channelId is required",
     lambda d: d.status(f"{PROJECT}/deployments", d.strict, environmentId="Environments-5") == 400),
    ("project: environmentId is required",
     lambda d: d.status(f"{PROJECT}/metrics", d.strict, channelId="Channels-3") == 400),
    *((f"project: tenantFilter may be {each}",
       lambda d, each=each: d.get(f"{PROJECT}/deployments", d.strict, **ASKED, tenantFilter=each))
      for each in ("UntenantedAndAllTenants", "Untenanted")),
    ("project: tenantFilter SingleTenant takes tenantId",
     lambda d: d.get(f"{PROJECT}/deployments", d.strict, **ASKED, tenantFilter="SingleTenant",
                     tenantId="Tenants-1")),
    ("project: tenantFilter defaults to UntenantedAndAllTenants",
     lambda d: d.get(f"{PROJECT}/deployments", d.strict, **ASKED)
     == d.get(f"{PROJECT}/deployments", d.strict, **ASKED, tenantFilter="UntenantedAndAllTenants")),
    ("project: the reply has ProjectName and Streams",
     lambda d: d.get(f"{PROJECT}/deployments", d.strict, **ASKED).keys()
     == {"ProjectName", "Streams"}),
    ("project metrics are one series",
     lambda d: len(d.get(f"{PROJECT}/metrics", d.strict, **ASKED)["Series"]) == 1),
    ("project metrics: timeZone defaults to UTC",
     lambda d: d.get(f"{PROJECT}/metrics", d.strict, **ASKED)
     == d.get(f"{PROJECT}/metrics", d.strict, **ASKED, timeZone="UTC")),
    ("channels/all takes ids",
     lambda d: [c["Id"] for c in d.get("/api/Spaces-1/channels/all", ids="Channels-3")]
     == ["Channels-3"]),
    ("the licence names its features",
     lambda d: "Insights" in d.get("/api/licenses/licenses-current-features")["EnabledFeatures"]),
    ("an invalid key has words of its own",
     lambda d: d.nobody.get(MAIN, headers={"X-Octopus-ApiKey": "API-NO"}).json()["ErrorMessage"]
     == "The API key you provided was not valid."),
    ("deployment freezes are not under a space",
     lambda d: d.get("/api/deploymentfreezes")
     and d.status("/api/Spaces-1/deploymentfreezes") == 404),
    *((f"{path.partition('?')[0]} filters by {path.partition('?')[2].partition('=')[0]}",
       lambda d, path=path: 0 < d.get(f"/api/Spaces-1/{path}")["TotalResults"]
       < d.get(f"/api/Spaces-1/{path.partition('?')[0]}")["TotalResults"])
      for path in ("deployments?taskState=Failed", "deployments?projects=Projects-3",
                   "deployments?environments=Environments-5", "deployments?tenants=Tenants-1",
                   "deployments?channels=Channels-101", "tenants?tags=Region/Europe",
                   "tenants?projectId=Projects-3")),
    ("environments filters by type",
     lambda d: d.get("/api/Spaces-1/environments", type="Ephemeral")["TotalResults"] == 0),
    *((f"the root links {name}", lambda d, name=name: "{" in d.get("/api")["Links"][name])
      for name in ("Deployments", "Tasks", "Releases", "Interruptions", "Events")),
    ("each project links InsightsMetrics",
     lambda d: "insights/metrics{?" in
     d.get("/api/Spaces-1/projects/Projects-3")["Links"]["InsightsMetrics"]),
]  # fmt: skip
ROWS = {
    f"{page}: {statement}": holds
    for page, rows in (
        ("list", LIST),
        ("create, update, delete", CHANGES),
        ("report", REPORT),
        ("deployments", DEPLOYMENTS),
        ("metrics", METRICS),
        ("reference", REFERENCE),
    )
    for statement, holds in rows
}


@pytest.mark.parametrize("statement", ROWS)
def test_the_statement_holds(doors: Doors, statement: str) -> None:
    assert ROWS[statement](doors)
