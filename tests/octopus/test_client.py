"""The client against the embedded server, over a real socket."""

import io
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from insights_reports.errors import Invalid, NotAvailable, NotFound, Refused, UsageError
from insights_reports.octopus import Client, Connection, iana_zone
from insights_reports.octopus.reports import problems
from insights_reports.server.running import RunningServer, running_server
from tests.octopus import faults
from tests.octopus.faults import fault_server, reply

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[RunningServer]:
    with running_server(as_of=AS_OF) as running:
        yield running


def connection(server: RunningServer, key: str = "", space: str | None = None) -> Connection:
    return Connection.from_environment(
        server.url, space, environ={"OCTOPUS_API_KEY": key or server.api_key}
    )


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(connection(server)) as octopus:
        yield octopus


REPORT = {
    "Name": "Made by a test",
    "ProjectIds": [],
    "EnvironmentGroups": [{"Name": "Production", "Environments": ["Environments-1"]}],
    "TenantMode": "Tenanted",
    "TimeZone": "Europe/Berlin",
}


@pytest.fixture
def report(client: Client) -> Iterator[Any]:
    made = client.reports.create(REPORT)
    yield made
    client.reports.delete(made.Id)


def test_who_and_where(client: Client) -> None:
    assert client.space.IsDefault
    assert client.me().Id.startswith("Users-")
    assert client.server().Application == "Octopus Deploy"
    zones = client.time_zones()
    assert "W. Europe Standard Time" in {zone.Id for zone in zones}


def test_a_space_by_id_name_and_slug(server: RunningServer) -> None:
    with Client(connection(server)) as octopus:
        space = octopus.space
    for way in (space.Id, space.Name, space.Slug, space.Name.upper(), f"{space.Name}\n"):
        octopus_there = Client(
            Connection.from_environment(
                server.url, environ={"OCTOPUS_API_KEY": server.api_key, "OCTOPUS_SPACE": str(way)}
            )
        )
        with octopus_there:
            assert octopus_there.space == space
    with (
        Client(connection(server, space="Nowhere")) as octopus,
        pytest.raises(NotFound, match=f"no space Nowhere(.|\n)*{space.Name}"),
    ):
        next(octopus.reports.list())


def test_a_report_is_made_changed_found_and_deleted(client: Client) -> None:
    made = client.reports.create(REPORT)
    assert iana_zone(made.TimeZone) == iana_zone("Europe/Berlin")
    changed = client.reports.update(made.Id, {"Description": "Changed"})
    assert (changed.Description, changed.Name, changed.TenantMode) == (
        "Changed",
        "Made by a test",
        "Tenanted",
    )
    assert client.reports.get("Made by a test") == client.reports.get(made.Id) == changed
    with pytest.raises(Invalid, match="changed on the server"):
        client.reports.update(made, {"Description": "Too late"})
    assert client.reports.update(changed, {"Description": ""}).Description in {"", None}
    client.reports.delete(made.Id)
    with pytest.raises(NotFound, match="Made by a test"):
        client.reports.get("Made by a test")
    assert made.Id not in {each.Id for each in client.reports.list()}


def test_a_name_of_two_reports_is_not_guessed_at(client: Client, report: Any) -> None:
    # Octopus refuses a second report of the name, so one page says there are two.
    twice = {"TotalResults": 2, "Items": [report.raw, {**report.raw, "Id": "InsightsReports-99"}]}
    with (
        fault_server(reply(twice)) as fake,
        Client(fault_connection(fake.url)) as octopus,
        pytest.raises(Invalid, match=f"{report.Id}, InsightsReports-99"),
    ):
        octopus.reports.get(report.Name)


def fault_connection(url: str) -> Connection:
    return Connection.from_environment(url, environ={"OCTOPUS_API_KEY": "API-TEST"})


def test_fields_we_do_not_know_survive_a_change() -> None:
    known = {"Id": "InsightsReports-1", "SpaceId": "Spaces-1", "Name": "R", "TimeZone": "UTC"}
    unknown = {"ChannelIds": ["Channels-1"], "AllTenants": True, "New": {"Text": "a\u2028\u202e"}}
    seen = reply({**known, **unknown})
    answered = reply({**known, "Name": "S"})
    with fault_server(seen, seen, answered) as fake, Client(fault_connection(fake.url)) as octopus:
        octopus.reports.update("InsightsReports-1", {"Name": "S"})
        sent = fake.requests[-1]
    assert sent.startswith(b"PUT /api/Spaces-1/insights/reports/InsightsReports-1 ")
    body = json.loads(sent.partition(b"\r\n\r\n")[2])
    assert body | known | unknown | {"Name": "S"} == body
    required = {"ProjectGroupIds", "ProjectIds", "EnvironmentGroups", "TenantIds", "TenantTags"}
    assert all(body[name] == [] for name in required)
    assert body.keys() == known.keys() | unknown.keys() | required | {"TenantMode"}


def test_a_change_between_reading_and_writing_is_noticed() -> None:
    seen = {"Id": "InsightsReports-1", "SpaceId": "Spaces-1", "Name": "R", "New": 1}
    with (
        fault_server(reply(seen), reply({**seen, "New": 2})) as fake,
        Client(fault_connection(fake.url)) as octopus,
    ):
        with pytest.raises(Invalid, match="changed on the server"):
            octopus.reports.update("InsightsReports-1", {"Name": "S"})
        assert [request[:3] for request in fake.requests] == [b"GET", b"GET"]


def test_all_of_octopus_errors_are_shown() -> None:
    said = [f"Problem {number}: {'x' * 60}." for number in range(30)]
    body = {"ErrorMessage": "There was a problem.", "Errors": said, "FullException": "at Octopus."}
    with (
        fault_server(reply(body, status="400 Bad Request")) as fake,
        Client(fault_connection(fake.url)) as octopus,
        pytest.raises(Invalid) as caught,
    ):
        octopus.reports.create(REPORT)
    assert " ".join(["There was a problem.", *said]) in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_octopus_words_are_shown_whole(client: Client, report: Any) -> None:
    with pytest.raises(Invalid) as caught:
        client.reports.create(REPORT)
    assert caught.value.status == 409
    assert (
        "(409): There was a problem with your request. An Insights report with the name "
        "'Made by a test' already exists. Please use a different name."
    ) in str(caught.value)


def test_wrong_and_restricted_keys(server: RunningServer) -> None:
    with (
        Client(connection(server, "API-WRONG")) as octopus,
        pytest.raises(Refused, match="API key you provided was not valid"),
    ):
        octopus.me()
    with Client(connection(server, server.restricted_key)) as octopus, pytest.raises(Refused) as no:
        octopus.reports.create(REPORT)
    assert "Missing permission: InsightsReportCreate" in str(no.value)


@pytest.mark.parametrize("status", ["402 Payment Required", "404 Not Found"])
def test_a_server_without_insights(status: str) -> None:
    refusal = reply({"ErrorMessage": "Not licensed."}, status=status)
    with (
        fault_server(refusal) as fake,
        Client(fault_connection(fake.url)) as octopus,
        pytest.raises(NotAvailable, match="Not licensed"),
    ):
        next(octopus.reports.list())


def test_a_pull_that_was_recorded_reads_the_same(server: RunningServer) -> None:
    recorded: dict[str, bytes] = {}
    body = io.BytesIO()

    def pull(octopus: Client, save_to: io.BytesIO | None = None) -> list[Any]:
        report = octopus.reports.get("InsightsReports-1")
        table = octopus.deployments(report.Id, save_to).table
        return [
            report,
            table.to_csv(),
            octopus.projects(table["project_id"].cat.categories),
            octopus.project_groups(),
            octopus.environments(table["environment_id"].cat.categories),
            octopus.tenants(table["tenant_id"].cat.categories),
            octopus.channels(table["channel_id"].cat.categories),
            octopus.tag_sets(),
            octopus.metrics(
                report.Id, split="Project", time_range="LastYear", granularity="Monthly"
            ),
            octopus.metrics(
                report.Id, split="TenantTagSet", time_range="LastMonth", tag_set="TagSets-1"
            ),
            octopus.metrics(report.Id, split="None", time_range="LastYear", tag_set="TagSets-1"),
        ]

    def keep(name: str, content: bytes) -> None:
        assert name not in recorded
        recorded[name] = content

    def open_reply(name: str) -> io.BytesIO:
        if name not in recorded:
            raise FileNotFoundError(name)
        return io.BytesIO(recorded[name])

    with Client(connection(server), record=keep) as octopus:
        live = pull(octopus, body)
        assert not octopus.moved
    assert set(recorded) == {
        "spaces-1",
        "report",
        "projects-1",
        "projectgroups-1",
        "environments-1",
        "tenants-1",
        "channels-1",
        "tagsets-1",
        "metrics-Project-LastYear-Monthly",
        "metrics-TenantTagSet-TagSets-1-LastMonth-Weekly",
        "metrics-None-LastYear-Weekly",
    }
    recorded["deployments"] = body.getvalue()
    with Client.sealed(open_reply) as sealed:
        assert pull(sealed) == live
        with pytest.raises(NotFound, match="Reply: me"):
            sealed.me()
        with pytest.raises(UsageError, match="cannot be changed"):
            sealed.reports.create(REPORT)


@pytest.mark.parametrize(
    "wrong",
    [
        {"split": "Team"},
        {"time_range": "LastWeek"},
        {"granularity": "Hourly"},
        {"split": "TenantTagSet"},
        {"split": "TenantTagSet", "tag_set": ""},
    ],
)
def test_metrics_that_the_api_has_not(client: Client, wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        client.metrics("InsightsReports-1", **{"split": "None", "time_range": "LastYear", **wrong})


@pytest.mark.parametrize(
    ("split", "asked"),
    [
        (
            "TenantTagSet",
            "split=TenantTagSet&timeRange=LastYear&granularity=Weekly&tenantTagSetId=T",
        ),
        ("Project", "split=Project&timeRange=LastYear&granularity=Weekly"),
    ],
)
def test_the_tag_set_is_sent_for_its_own_split_only(split: str, asked: str) -> None:
    with fault_server(reply({"Series": []})) as fake, Client(fault_connection(fake.url)) as octopus:
        octopus.metrics("R", split=split, time_range="LastYear", tag_set="T")
        assert fake.requests[0].split(b" ")[1].decode().partition("?")[2] == asked


PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"Name": " "}, "Name is missing"),
    ({"Name": None}, "Name is missing"),
    ({"SpaceId": ""}, "SpaceId is missing"),
    ({"ProjectIds": "Projects-1"}, "ProjectIds must be a list"),
    ({"TenantIds": [1]}, "TenantIds must be a list"),
    ({"TenantMode": "TenantedOrUntenanted"}, "TenantedAndUntenanted, Tenanted, Untenanted"),
    ({"TimeZone": "Mars/Base"}, "TimeZone: 'Mars/Base'"),
    ({"TimeZone": 1}, "TimeZone: 1 is"),
    ({"TenantTags": ["Region/"]}, "'Region/' is not of the form"),
    ({"TenantTags": ["a/b/c"]}, "'a/b/c' is not of the form"),
    ({"EnvironmentGroups": {}}, "must be a list of groups"),
    ({"EnvironmentGroups": [{"Environments": []}]}, "a group has no Name"),
    ({"EnvironmentGroups": [{"Name": "a"}]}, "Environments of 'a'"),
    (
        {"EnvironmentGroups": [{"Name": n, "Environments": []} for n in ("a", "A")]},
        "'A' is used twice",
    ),
]


@pytest.mark.parametrize(("change", "problem"), PROBLEMS)
def test_what_octopus_would_reject_is_not_sent(change: dict[str, Any], problem: str) -> None:
    valid = {"SpaceId": "Spaces-1", **REPORT, "TenantTags": ["Region/North West"]}
    assert problems(valid) == []
    (found,) = problems({**valid, **change})
    assert problem in found


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/Vilnius", "W. Europe Standard Time", "w. europe standard time", None]
)
def test_a_zone_is_a_windows_or_an_iana_one_or_left_to_octopus(zone: str | None) -> None:
    assert problems({"SpaceId": "Spaces-1", "Name": "R", "TimeZone": zone}) == []


def test_all_problems_are_said_at_once_and_nothing_is_sent() -> None:
    with fault_server(faults.close) as fake, Client(fault_connection(fake.url)) as octopus:
        with pytest.raises(UsageError, match="Name is missing; TenantMode must be"):
            octopus.reports.create({"TenantMode": 5})
        assert fake.requests == []


def test_a_virtual_directory_is_part_of_the_address() -> None:
    with fault_server(reply({"Id": "Users-1"})) as fake:
        with Client(fault_connection(fake.url + "/octo/")) as octopus:
            octopus.me()
        assert fake.requests[0].startswith(b"GET /octo/api/users/me HTTP/1.1\r\n")


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    with fault_server(reply({"ReportName": "", "Streams": []})) as fake:
        with Client(fault_connection(fake.url)) as octopus:
            octopus.deployments("../../users?x=1#")
        assert fake.requests[0].startswith(b"GET /api/Spaces-1/insights/reports/..%2F..%2Fusers%3F")


def test_look_ups_ask_only_for_what_is_mentioned_in_a_space_of_10_000_projects() -> None:
    space = {f"Projects-{n}": {"Id": f"Projects-{n}", "Name": f"P{n}"} for n in range(10_000)}
    mentioned = [f"Projects-{n}" for n in range(0, 10_000, 97)]
    asked: list[str] = []

    def projects(connection: socket.socket) -> None:
        query = parse_qs(urlsplit(fake.requests[-1].split(b" ")[1].decode()).query)
        (ids,) = query.get("ids", [",".join(space)])
        asked.extend(ids.split(","))
        items = [{**space[id], "ProjectGroupId": "ProjectGroups-1"} for id in ids.split(",")]
        reply({"TotalResults": len(items), "Items": items})(connection)

    with fault_server(projects) as fake, Client(fault_connection(fake.url)) as octopus:
        found = octopus.projects(mentioned)
        assert [project.Id for project in found] == asked == mentioned
        assert len(fake.requests) == 3
