"""The other doors give the same deployments as a report's ``/deployments``.

The embedded server answers all of them from one database, each by code of its own.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from insights_reports.errors import BadReply, NotAvailable, NotFound, Refused, UsageError
from insights_reports.octopus import Client, Connection, to_api, to_csv
from insights_reports.octopus.deployments.streams import DURATIONS
from insights_reports.octopus.resources import InsightsReport, read
from insights_reports.octopus.sources import Drawn, SourceName, draw
from insights_reports.octopus.sources.release_order import ReleaseOrder
from insights_reports.server import RunningServer, running_server
from insights_reports.server.database import connect, derive_facts, transaction
from tests.conftest import AS_OF, Command
from tests.proxies import proxy

REPORTS = ("InsightsReports-1", "InsightsReports-2", "InsightsReports-3")
MILLISECOND = np.timedelta64(1, "ms")


@pytest.fixture
def client(server: RunningServer) -> Iterator[Client]:
    with Client(at(server.url, server)) as opened:
        yield opened


def at(url: str, server: RunningServer) -> Connection:
    return Connection.from_environment(url=url, environ={"OCTOPUS_API_KEY": server.api_key})


@cache
def stated(server_url: str, key: str, report: str) -> tuple[InsightsReport, pd.DataFrame]:
    """The definition of a report and its deployments as ``/deployments`` gives them."""
    where = Connection.from_environment(url=server_url, environ={"OCTOPUS_API_KEY": key})
    with Client(where) as client:
        return client.reports.get(report), client.deployments(report).table


def insights(server: RunningServer, report: str) -> tuple[InsightsReport, pd.DataFrame]:
    return stated(server.url, server.api_key, report)


def drawn(
    client: Client, definition: InsightsReport, source: SourceName, path: Path | None = None
) -> Drawn:
    with tempfile.TemporaryDirectory() as folder:
        return draw(client, definition, source, as_of=AS_OF, path=path, keep=Path(folder))


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Every value as an object, null as None: what the table says, whatever its dtypes."""
    rows = table.astype(object)
    return rows.where(rows.notna(), None)


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(plain(found), plain(expected))


@pytest.mark.parametrize("report", REPORTS)
def test_project_by_project_gives_the_same_table(
    client: Client, server: RunningServer, report: str
) -> None:
    definition, expected = insights(server, report)
    same(drawn(client, definition, "project").table, expected)


def same_but_for(found: pd.DataFrame, expected: pd.DataFrame, most: np.timedelta64) -> None:
    """Equal in every value and in order; instants are cut by less than ``most``, so differences of
    two are off by less than that."""
    rough = ["completed", *DURATIONS]
    same(found.drop(columns=rough), expected.drop(columns=rough))
    for name in rough:
        assert (found[name].isna() == expected[name].isna()).all(), name
        assert ((found[name] - expected[name]).abs().dropna() < most).all(), name
    assert (found["completed"].to_numpy() <= expected["completed"].to_numpy()).all()


@pytest.mark.parametrize("report", REPORTS)
def test_the_history_gives_the_same_table_to_the_second(
    client: Client, server: RunningServer, report: str
) -> None:
    definition, expected = insights(server, report)
    same_but_for(drawn(client, definition, "core").table, expected, np.timedelta64(1, "s"))


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("status", [403, 404])
def test_tasks_and_deployments_give_the_same_table_to_the_millisecond(
    server: RunningServer, report: str, status: int
) -> None:
    definition, expected = insights(server, report)
    refuse = {"/reporting/": status}
    with (
        proxy(server, lambda path, body: body, refuse=refuse) as url,
        Client(at(url, server)) as other,
    ):
        found = drawn(other, definition, "core")
    same_but_for(found.table, expected, MILLISECOND)
    assert found.notes[0].key == "source_core_tasks"


@pytest.mark.parametrize("extension", ["json", "parquet"])
def test_our_own_export_gives_the_same_table(
    client: Client, server: RunningServer, tmp_path: Path, extension: str
) -> None:
    definition, expected = insights(server, REPORTS[0])
    path = tmp_path / f"deployments.{extension}"
    if extension == "json":
        path.write_bytes(b"".join(to_api(expected, "any")))
    else:
        expected.to_parquet(path)
    found = drawn(client, definition, "file", path)
    same(found.table, expected)
    assert [(note.key, note.values["day"]) for note in found.notes] == [
        ("source_file", "2026-10-14")
    ]


def test_a_csv_gives_the_same_table_with_names_for_the_ids_of_channels(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    """The exceptions: a CSV has no ids. Those of projects, environments and tenants are found by
    name, a channel's id is its name; and a stream has another ordinal, by these ids."""
    definition, expected = insights(server, REPORTS[0])
    path = tmp_path / "deployments.csv"
    path.write_bytes(to_csv(expected))
    found = drawn(client, definition, "file", path)
    by_id = [t.set_index("deployment_id").sort_index() for t in (found.table, expected)]
    without = ["channel_id", "stream"]
    same(by_id[0].drop(columns=without), by_id[1].drop(columns=without))
    assert (found.table["channel_id"] == found.table["channel_name"].astype(object)).all()
    assert found.table["stream"].nunique() == expected["stream"].nunique()
    assert [note.key for note in found.notes] == ["source_file"]


HEADER = "Deployment,Project,Release,Channel,Completed,Environment,Tenant,State"
ROW = "Deployments-1,Gone,1.0,Default,2026-09-01T10:00:00Z,Production,,Success"


def csv(client: Client, server: RunningServer, tmp_path: Path, *lines: str) -> Drawn:
    path = tmp_path / "some.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return drawn(client, insights(server, REPORTS[0])[0], "file", path)


def test_a_csv_may_lack_columns_and_have_them_in_any_order_and_case(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    found = csv(
        client,
        server,
        tmp_path,
        "state,Completed, Project ,Channel,Environment,Deployment,Favourite colour,Lead Time",
        "Failed,2026-09-01T10:00:00+02:00,'=Gone,Default,Production,Deployments-1,red,-26:00:00.5",
    )
    (row,) = found.table.to_dict("records")
    assert row["completed"] == datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert (row["project_id"], row["project_name"]) == ("=Gone", "=Gone")
    assert row["lead_time"] == pd.Timedelta("-26:00:00.5")
    assert pd.isna(row["tenant_id"])
    assert not row["had_guided_failure"]
    notes = {note.key: note.values for note in found.notes}
    assert notes["source_csv_names"] == {"n": 1}
    lacking = str(notes["source_csv_columns"]["name"]).split(", ")
    assert "Had Guided Failure" in lacking
    assert "Lead Time" not in lacking
    assert found.known_from == date(2026, 9, 1)


def test_a_restricted_name_of_our_export_is_an_id_without_a_name(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    row = ROW.replace("Gone", "Restricted (Projects-77)")
    (found,) = csv(client, server, tmp_path, HEADER, row).table.to_dict("records")
    assert found["project_id"] == "Projects-77"
    assert pd.isna(found["project_name"])


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((HEADER.replace("State", "Status"), ROW), "Missing: State"),
        ((HEADER + ",state", ROW + ",Success"), "twice"),
        ((HEADER, ROW.replace("Success", "")), "State, row 2"),
        ((HEADER, ROW.replace("2026-09-01T10:00:00Z", "01/09/2026 10:00")), "01/09/2026 10:00"),
        ((HEADER + ",Lead Time", ROW + ",soon"), "'soon'"),
        ((HEADER + ",Had Guided Failure", ROW + ",perhaps"), "Had Guided Failure, row 2"),
        ((HEADER + ",Deployments Until Recovery", ROW + ",1e9"), "Until Recovery, row 2"),
        ((HEADER, ROW, ROW + ",one too many"), "line 3: 9 instead of 8"),
        ((HEADER, ROW, ROW.removesuffix(",Success")), "line 3: 7 instead of 8"),
        ((HEADER, ROW, ROW.replace("2026-09-01T10:00:00Z", "2026-02-31 10:00:00")), "row 3"),
        ((HEADER, ROW, '"' + ROW), "line"),
    ],
)
def test_a_csv_that_cannot_be_understood_says_where(
    client: Client, server: RunningServer, tmp_path: Path, lines: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadReply) as error:
        csv(client, server, tmp_path, *lines)
    assert said in error.value.which
    assert "some.csv" in error.value.which


NINE = datetime(2026, 9, 1, 9, 0, 0, 123000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2026-09-01T09:00:00.123", NINE),
        ("2026-09-01 09:00:00.123", NINE),
        ("2026-09-01T09:00:00.123Z", NINE),
        ("2026-09-01 11:00:00.1230000 +02:00", NINE),
        ("2026-09-01T11:00:00.1230000+02:00", NINE),
        ("09/01/2026 09:00:00.123 +00:00", NINE),
        ("09/01/2026 04:00:00.123 -05:00", NINE),
        ("2026-09-01T09:00:00", NINE.replace(microsecond=0)),
        ("09/01/2026 09:00:00 +00:00", NINE.replace(microsecond=0)),
    ],
)
def test_instants_of_a_csv_in_every_spelling(
    client: Client, server: RunningServer, tmp_path: Path, cell: str, instant: datetime
) -> None:
    found = csv(client, server, tmp_path, HEADER, ROW.replace("2026-09-01T10:00:00Z", cell))
    assert found.table["completed"].tolist() == [instant]
    zoned = cell.endswith(("Z", ":00")) and (cell[-6] in "+-" or cell.endswith("Z"))
    assert ("source_csv_utc" in {note.key for note in found.notes}) == (not zoned)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "cp1252"])
def test_a_csv_in_every_encoding_and_with_every_separator(
    client: Client, server: RunningServer, tmp_path: Path, encoding: str, separator: str
) -> None:
    text = f"{HEADER}\n{ROW.replace('Gone', 'Zürich')}\n".replace(",", separator)
    path = tmp_path / "some.csv"
    bom = encoding == "utf-16-le-bom"
    path.write_bytes(b"\xff\xfe" + text.encode("utf-16-le") if bom else text.encode(encoding))
    found = drawn(client, insights(server, REPORTS[0])[0], "file", path)
    assert found.table["project_name"].tolist() == ["Zürich"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("1:12:39.41517", "01:12:39.41517"), ("1.02:03:04", "1 days 02:03:04"),
     ("-426:53:44", "-18 days +05:06:16"), ("93:32:33.0", "3 days 21:32:33")],
)  # fmt: skip
def test_durations_of_a_csv_in_every_spelling(
    client: Client, server: RunningServer, tmp_path: Path, cell: str, expected: str
) -> None:
    found = csv(client, server, tmp_path, HEADER + ",Lead Time", f"{ROW},{cell}")
    assert found.table["lead_time"].tolist() == [pd.Timedelta(expected)]


@pytest.mark.parametrize(("cell", "yes"), [("True", 1), ("true", 1), ("Yes", 1), ("1", 1),
                                           ("False", 0), ("no", 0), ("0", 0), ("", 0)])  # fmt: skip
def test_yes_and_no_of_a_csv_in_every_spelling(
    client: Client, server: RunningServer, tmp_path: Path, cell: str, yes: int
) -> None:
    found = csv(client, server, tmp_path, HEADER + ",Had Guided Failure", f"{ROW},{cell}")
    assert found.table["had_guided_failure"].tolist() == [bool(yes)]


def test_what_stands_twice_in_a_csv_is_counted_once_and_said(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    found = csv(client, server, tmp_path, HEADER, ROW, ROW, ROW.replace("ents-1", "ents-2"), ROW)
    assert found.table["deployment_id"].tolist() == ["Deployments-1", "Deployments-2"]
    assert found.dropped == {"duplicate": ("Deployments-1", "Deployments-1")}


def test_the_download_of_octopus_is_read_like_its_json(
    command: Command, server: RunningServer, tmp_path: Path
) -> None:
    path = tmp_path / "found.parquet"
    done = command("deployments", REPORTS[0], "--from-csv", "--output", path)
    assert done.status == 0, done.err
    expected = insights(server, REPORTS[0])[1]
    by_id = [t.set_index("deployment_id").sort_index() for t in (pd.read_parquet(path), expected)]
    without = ["channel_id", "stream"]
    same(by_id[0].drop(columns=without), by_id[1].drop(columns=without))


def test_names_of_a_csv_are_found_in_three_lists(server: RunningServer, tmp_path: Path) -> None:
    definition, expected = insights(server, REPORTS[0])
    path = tmp_path / "deployments.csv"
    path.write_bytes(to_csv(expected))
    asked: list[str] = []

    def note(path: str, body: bytes) -> bytes:
        asked.append(path)
        return body

    with proxy(server, note) as url, Client(at(url, server)) as other:
        drawn(other, definition, "file", path)
    assert len(asked) == 4  # with that of the spaces


def test_a_file_that_is_not_there_or_of_no_known_kind_is_named(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    definition = insights(server, REPORTS[0])[0]
    with pytest.raises(UsageError, match=r"nothing\.csv"):
        drawn(client, definition, "file", tmp_path / "nothing.csv")
    with pytest.raises(UsageError, match=r"\.csv, \.json, \.parquet"):
        drawn(client, definition, "file", tmp_path / "some.xlsx")


@pytest.mark.parametrize("extension", ["json", "parquet"])
def test_a_file_of_something_else_is_refused(
    client: Client, server: RunningServer, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"some.{extension}"
    path.write_bytes(b'{"Items": []}')
    with pytest.raises(BadReply, match="cannot be understood") as caught:
        drawn(client, insights(server, REPORTS[0])[0], "file", path)
    assert str(path) in caught.value.which
    assert "reply" not in str(caught.value) and "proxy" not in str(caught.value)


def test_a_parquet_file_with_other_columns_is_refused(
    client: Client, server: RunningServer, tmp_path: Path
) -> None:
    definition, table = insights(server, REPORTS[1])
    path = tmp_path / "some.parquet"
    table.drop(columns="lead_time").to_parquet(path)
    with pytest.raises(BadReply, match="lead_time"):
        drawn(client, definition, "file", path)
    table.assign(completed=table["completed"].dt.tz_localize(None)).to_parquet(path)
    with pytest.raises(BadReply, match="completed"):
        drawn(client, definition, "file", path)


HOTFIXES = ["Channels-101", "Channels-102"]
EVERYTHING = {
    "Id": "configuration",
    "Name": "Own",
    "ProjectGroupIds": [f"ProjectGroups-{number}" for number in range(1, 6)],
    "EnvironmentGroups": [
        {"Name": "All", "Environments": [f"Environments-{number}" for number in range(1, 9)]}
    ],
    "AllTenants": True,
}
OWN = {
    "Id": "configuration",
    "Name": "Own",
    "ProjectIds": ["Projects-3", "Projects-5"],
    "EnvironmentGroups": [{"Name": "Production", "Environments": ["Environments-5"]}],
    "AllTenants": True,
}


@pytest.mark.parametrize("source", ["project", "core"])
def test_a_project_that_is_not_there_is_named(client: Client, source: SourceName) -> None:
    definition = read(InsightsReport, OWN | {"ProjectIds": ["Projects-3", "Projects-9999"]})
    found = drawn(client, definition, source)
    assert set(found.table["project_id"]) == {"Projects-3"}
    (note,) = [note for note in found.notes if note.key == "definition_missing"]
    assert note.values == {"name": "Projects-9999"}
    definition = read(InsightsReport, OWN | {"ProjectIds": ["Projects-9999"]})
    with pytest.raises(NotFound, match="not there: Projects-9999"):
        drawn(client, definition, source)


@pytest.mark.parametrize("source", ["project", "core"])
def test_a_project_group_that_is_not_there_is_named(client: Client, source: SourceName) -> None:
    found = drawn(
        client, read(InsightsReport, OWN | {"ProjectGroupIds": ["ProjectGroups-99"]}), source
    )
    assert set(found.table["project_id"]) == {"Projects-3", "Projects-5"}
    (note,) = [note for note in found.notes if note.key == "definition_missing"]
    assert note.values == {"name": "ProjectGroups-99"}


@pytest.mark.parametrize("source", ["project", "core"])
def test_a_definition_without_tenants_that_wants_no_others_is_refused(
    client: Client, source: SourceName
) -> None:
    definition = read(InsightsReport, OWN | {"TenantMode": "Tenanted", "AllTenants": False})
    with pytest.raises(NotFound, match="selects nothing") as caught:
        drawn(client, definition, source)
    assert "2 projects, 2 channels" in caught.value.which
    assert caught.value.which.endswith("1 environments, 0 tenants, 0 tenant tags")


@pytest.mark.parametrize(
    ("mode", "tenanted", "untenanted"),
    [
        ("Tenanted", True, False),
        ("Untenanted", False, True),
        ("TenantedAndUntenanted", True, True),
    ],
)
def test_the_tenant_mode_chooses(
    client: Client, mode: str, tenanted: bool, untenanted: bool
) -> None:
    definition = read(
        InsightsReport,
        OWN | {"ProjectIds": ["Projects-1", "Projects-3"], "TenantMode": mode, "AllTenants": True},
    )
    tenants = drawn(client, definition, "core").table["tenant_id"]
    assert (bool(tenants.notna().any()), bool(tenants.isna().any())) == (tenanted, untenanted)


def test_another_form_of_a_projects_insights_names_the_project(server: RunningServer) -> None:
    def change(path: str, body: bytes) -> bytes:
        return b'{"Deployments": []}' if "/Projects-3/insights/" in path else body

    with (
        proxy(server, change) as url,
        Client(at(url, server)) as client,
        pytest.raises(BadReply) as error,
    ):
        drawn(client, read(InsightsReport, OWN), "project")
    assert "(Projects-3 Channels-" in error.value.which
    assert "Streams" in error.value.which
    assert "source: core" in error.value.remedy


def test_streams_of_another_project_are_not_counted_as_this_ones(server: RunningServer) -> None:
    def change(path: str, body: bytes) -> bytes:
        inside = "/Projects-5/insights/" in path
        return body.replace(b'"Projects-5"', b'"Projects-6"') if inside else body

    with (
        proxy(server, change) as url,
        Client(at(url, server)) as client,
        pytest.raises(BadReply, match="Projects-6"),
    ):
        drawn(client, read(InsightsReport, OWN), "project")


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_server_without_project_insights_says_which_source_is_left(
    server: RunningServer, status: int
) -> None:
    refuse = {"/insights/": status}
    with (
        proxy(server, lambda path, body: body, refuse=refuse) as url,
        Client(at(url, server)) as client,
        pytest.raises(NotAvailable) as error,
    ):
        drawn(client, read(InsightsReport, OWN), "project")
    assert "(Projects-5 Channels-5 Environments-5)" in error.value.which
    assert str(status) in error.value.which
    assert "source: core" in error.value.remedy


def without(part: str, gone: Callable[[dict[str, Any]], bool]) -> Callable[[str, bytes], bytes]:
    """A change that takes items out of the lists whose path has a part, as retention does."""

    def change(path: str, body: bytes) -> bytes:
        if part not in path:
            return body
        page = json.loads(body)
        kept = [item for item in page["Items"] if not gone(item)]
        page["TotalResults"] -= len(page["Items"]) - len(kept)
        return json.dumps(page | {"Items": kept}).encode()

    return change


def test_releases_that_retention_deleted_cost_their_lead_times_alone(server: RunningServer) -> None:
    definition = read(InsightsReport, OWN | {"AllTenants": True})
    with Client(at(server.url, server)) as client:
        whole = drawn(client, definition, "core").table
    old = without("/releases?", lambda release: bool(release["Assembled"] < "2026-05-14"))
    with proxy(server, old) as url, Client(at(url, server)) as other:
        found = drawn(other, definition, "core")
    rest = ["lead_time", "lead_time_from_version"]
    same(found.table.drop(columns=rest), whole.drop(columns=rest))
    assert found.table["lead_time"].notna().sum() < whole["lead_time"].notna().sum()
    (note,) = [note for note in found.notes if note.key == "source_core_lost"]
    assert 0 < int(note.values["n"]) < len(whole)


@pytest.mark.parametrize("thing", ["environment", "tenant"])
def test_what_is_deleted_is_told_from_what_is_hidden(thing: str) -> None:
    with running_server(as_of=AS_OF, data_faults=[f"deleted-{thing}"]) as server:
        definition = read(InsightsReport, EVERYTHING)
        with Client(at(server.url, server)) as client:
            found = drawn(client, definition, "core")
    (note,) = [note for note in found.notes if note.key == "source_core_deleted"]
    assert str(note.values["name"]) in set(found.table[f"{thing}_name"].dropna())
    assert "source_core_lost" not in {note.key for note in found.notes}


def test_a_project_without_the_permission_for_its_channels_is_refused(
    server: RunningServer,
) -> None:
    with (
        proxy(server, lambda path, body: body, refuse={"/channels": 403}) as url,
        Client(at(url, server)) as client,
        pytest.raises(Refused, match="Not here"),
    ):
        drawn(client, read(InsightsReport, OWN), "core")


@pytest.mark.parametrize("order", ["id", "version"])
def test_the_order_of_releases_is_found_by_what_projects_state(order: ReleaseOrder) -> None:
    """In a company that mends older lines, and whose server goes by creation or by version."""
    with running_server(as_of=AS_OF, release_order="version") as server:
        if order == "id":
            with closing(connect(server.data)) as connection, transaction(connection):
                derive_facts(connection)
        definition = read(InsightsReport, EVERYTHING | {"ChannelIds": HOTFIXES})
        with Client(at(server.url, server)) as client:
            expected = drawn(client, definition, "project").table
            found = drawn(client, definition, "core")
        unlicensed = {"/insights/": 404}
        with (
            proxy(server, lambda path, body: body, refuse=unlicensed) as url,
            Client(at(url, server)) as client,
        ):
            unknown = drawn(client, definition, "core")
    same_but_for(found.table, expected, np.timedelta64(1, "s"))
    (note,) = [note for note in found.notes if note.key == f"release_order_{order}"]
    ours, theirs = int(note.values[order]), int(note.values[other(order)])
    assert ours == note.values["n"]
    assert theirs < ours
    assert "release_order_unknown" in {note.key for note in unknown.notes}
    assert (unknown.table.equals(found.table)) == (order == "id")


def other(order: ReleaseOrder) -> ReleaseOrder:
    return "version" if order == "id" else "id"


def test_channels_are_not_asked_for_by_the_deprecated_list(server: RunningServer) -> None:
    asked: list[str] = []

    def note(path: str, body: bytes) -> bytes:
        asked.append(path)
        return body

    definition = read(InsightsReport, OWN | {"ChannelIds": HOTFIXES})
    with proxy(server, note) as url, Client(at(url, server)) as client:
        assert "Channels-101" in set(drawn(client, definition, "project").table["channel_id"])
    assert [path for path in asked if "/channels" in path and "/projects/" not in path] == [
        "/api/Spaces-1/channels/all?ids=Channels-101%2CChannels-102"
    ]
