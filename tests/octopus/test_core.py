"""`source: core` at the size of real spaces: what it asks, what it keeps, what it cannot know."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from insights_reports.errors import BadReply, Invalid, NotFound, Refused
from insights_reports.octopus import Client, Connection
from insights_reports.octopus.resources import InsightsReport, read
from insights_reports.octopus.sources import Drawn, draw, months
from insights_reports.pipeline.load import load
from insights_reports.pipeline.pull import Wanted, pull
from tests.octopus.fake_octopus import PRODUCTION, FakeOctopus, fake_octopus

NOW = datetime(2026, 10, 14, 9, 30, tzinfo=UTC)
BEGUN = datetime(2025, 1, 1, 0, 30, tzinfo=UTC)
DEFINITION: dict[str, Any] = {
    "ProjectGroupIds": ["ProjectGroups-1"],
    "EnvironmentGroups": [{"Name": "Production", "Environments": [PRODUCTION]}],
    "TimeZone": "Europe/Vilnius",
}


def small(**settings: Any) -> FakeOctopus:
    return FakeOctopus(5, BEGUN, timedelta(hours=20), NOW, **settings)


def connection(fake: FakeOctopus) -> Connection:
    return Connection.from_environment(url=fake.url, environ={"OCTOPUS_API_KEY": "API-FAKE"})


def pulled(fake: FakeOctopus, folder: Path, keep: Path) -> int:
    """How many requests a whole pull takes."""
    before = len(fake.asked)
    wanted = Wanted("Own", source="core", definition=DEFINITION)
    pull(connection(fake), wanted, folder, as_of=fake.now, progress=lambda _: None, keep=keep)
    return len(fake.asked) - before


def drawn(fake: FakeOctopus, keep: Path, **changes: Any) -> Drawn:
    definition = read(InsightsReport, {"Id": "own", "Name": "Own", **DEFINITION, **changes})
    with Client(connection(fake)) as client:
        return draw(client, definition, "core", as_of=fake.now, keep=keep)


def keys(found: Drawn) -> list[str]:
    return [note.key for note in found.notes]


def test_200_projects_take_40_requests_and_20_a_month_later(tmp_path: Path) -> None:
    with fake_octopus(FakeOctopus(200, BEGUN, timedelta(minutes=60), NOW)) as fake:
        assert fake.completed > 15_000
        first = pulled(fake, tmp_path / "first", tmp_path / "kept")
        fake.now += timedelta(days=31)
        second = pulled(fake, tmp_path / "second", tmp_path / "kept")
    assert first <= 40
    assert second <= 20
    table = load(tmp_path / "second").deployments.table
    assert len(table) == (fake.now - datetime(2025, 10, 31, 22, tzinfo=UTC)) // fake.step
    assert (table["lead_time"].dropna().iloc[-1]).total_seconds() == 3600


def test_a_million_deployments_take_150_requests_and_40_a_month_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of five deployments a release. Without THOROUGH all is a twentieth, also pages and how many
    deployments a request of the feed is to bring: so are the requests as many."""
    part = 1 if "THOROUGH" in os.environ else 20
    monkeypatch.setattr(months, "_MANY", months._MANY // part)
    fake = FakeOctopus(
        2_000 // part, BEGUN, timedelta(seconds=34 * part), NOW, each=5, longest_page=5_000 // part
    )
    with fake_octopus(fake):
        first = pulled(fake, tmp_path / "first", tmp_path / "kept")
        assert first <= 150
        fake.now += timedelta(days=31)
        assert pulled(fake, tmp_path / "second", tmp_path / "kept") <= 40
    table = load(tmp_path / "second").deployments.table
    before = -((fake.first - datetime(2025, 10, 31, 22, tzinfo=UTC)) // fake.step)
    assert len(table) == fake.completed - before > 950_000 // part


def test_10_000_projects_with_26_000_channels_take_less_than_100_requests(tmp_path: Path) -> None:
    fake = FakeOctopus(10_000, BEGUN, timedelta(hours=2), NOW, channels_each=3, longest_page=5_000)
    with fake_octopus(fake):
        assert pulled(fake, tmp_path / "pull", tmp_path / "kept") < 100
    assert fake.counts("/channels") <= 32
    assert fake.counts("/projects?") <= 24


def test_what_was_read_before_a_run_was_killed_is_not_read_again(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path / "other")
        every = fake.counts("/xml")
        fake.asked.clear()
        fake.refuse = {"/releases": 400}
        with pytest.raises(Invalid):
            drawn(fake, tmp_path / "kept")
        assert fake.counts("/xml") == every
        fake.asked.clear()
        fake.refuse = {}
        again = drawn(fake, tmp_path / "kept")
        assert fake.counts("/xml") == 1  # of the month that is not over
    assert again.table.equals(whole.table)


def test_a_month_is_closed_two_days_after_its_end(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        fake.now = datetime(2026, 10, 2, 23, tzinfo=UTC)
        drawn(fake, tmp_path)
        fake.asked.clear()
        drawn(fake, tmp_path)
        assert fake.counts("/xml") == 2
        fake.now += timedelta(hours=2)
        drawn(fake, tmp_path)
        fake.asked.clear()
        drawn(fake, tmp_path)
        assert fake.counts("/xml") == 1


def test_months_are_asked_for_with_the_day_before_and_never_without_bounds(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        drawn(fake, tmp_path)
    asked = [each for each in fake.asked if "/xml" in each]
    assert len(asked) == 16
    assert "fromCompletedTime=2026-09-30+00%3A00%3A00&toCompletedTime=2026-10-14+09" in asked[0]
    assert "fromCompletedTime=2026-08-31+00%3A00%3A00&toCompletedTime=2026-10-01+00" in asked[1]


def test_big_months_are_asked_for_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 20 hours a deployment, parts of 10 deployments are 8 days."""
    monkeypatch.setattr(months, "_MANY", 10)
    with fake_octopus(small()) as fake:
        found = drawn(fake, tmp_path / "in parts")
        monkeypatch.undo()
        assert found.table.equals(drawn(fake, tmp_path / "by month").table)
    asked = [each.partition("&toC")[0][-23:-13] for each in fake.asked if "/xml" in each]
    assert asked[1:5] == ["2026-08-31", "2026-09-08", "2026-09-16", "2026-09-24"]


def test_a_kept_file_that_is_broken_is_read_again(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path)
        for path in tmp_path.glob("*.parquet"):
            path.write_bytes(b"broken")
        assert drawn(fake, tmp_path).table.equals(whole.table)


def test_releases_are_read_until_a_page_is_known_and_stay_known(tmp_path: Path) -> None:
    with fake_octopus(small(longest_page=100)) as fake:
        whole = drawn(fake, tmp_path / "kept")
        first = fake.counts("/releases")
        fake.asked.clear()
        fake.now += timedelta(days=3)
        later = drawn(fake, tmp_path / "kept")
        assert (first, fake.counts("/releases")) == (10, 2)
        fake.refuse = {"/releases": 404}
        assert drawn(fake, tmp_path / "kept").table["lead_time"].isna().all()
    assert len(later.table) > len(whole.table)
    assert later.table["lead_time"].notna().all()


def test_a_deployment_without_its_release_counts_without_a_lead_time(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path / "one")
        fake.refuse = {"/releases": 403}
        found = drawn(fake, tmp_path / "two")
    assert "source_core_no_releases" in keys(found)
    assert found.table["lead_time"].isna().all()
    rest = ["lead_time", "lead_time_from_version"]
    assert found.table.drop(columns=rest).equals(whole.table.drop(columns=rest))


@pytest.mark.parametrize("status", [403, 404])
def test_without_interruptions_the_run_goes_on_and_says_so(tmp_path: Path, status: int) -> None:
    with fake_octopus(small(refuse={"/interruptions": status})) as fake:
        found = drawn(fake, tmp_path)
    assert "source_core_no_interruptions" in keys(found)
    assert not found.table["had_guided_failure"].any()


@pytest.mark.parametrize("thing", ["environments", "tenants"])
def test_a_list_that_is_refused_costs_no_deployment(tmp_path: Path, thing: str) -> None:
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path)
        fake.refuse = {f"/{thing}": 403}
        found = drawn(fake, tmp_path)
    assert found.table.equals(whole.table)  # the history has the names
    assert "source_core_deleted" not in keys(found)


def test_what_no_list_has_is_deleted_and_its_deployments_count(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        environments = [PRODUCTION, "Environments-7"]
        groups = [{"Name": "All", "Environments": environments}]
        original = FakeOctopus._entry
        fake._entry = lambda number: original(fake, number).replace(  # type: ignore[method-assign]
            "<EnvironmentId>Environments-1</EnvironmentId><EnvironmentName>Production",
            "<EnvironmentId>Environments-7</EnvironmentId><EnvironmentName>Old Production",
        )
        found = drawn(fake, tmp_path, EnvironmentGroups=groups)
    assert set(found.table["environment_name"]) == {"Old Production"}
    (note,) = [note for note in found.notes if note.key == "source_core_deleted"]
    assert note.values == {"name": "Old Production"}


def test_a_project_that_is_gone_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        found = drawn(fake, tmp_path, ProjectGroupIds=[], ProjectIds=["Projects-1", "Projects-99"])
        assert set(found.table["project_id"]) == {"Projects-1"}
        (note,) = [note for note in found.notes if note.key == "definition_missing"]
        assert note.values == {"name": "Projects-99"}
        with pytest.raises(NotFound, match="not there: Projects-99"):
            drawn(fake, tmp_path, ProjectGroupIds=[], ProjectIds=["Projects-99"])


def test_channels_are_needed(tmp_path: Path) -> None:
    with fake_octopus(small(refuse={"/channels": 403})) as fake, pytest.raises(Refused):
        drawn(fake, tmp_path)


@pytest.mark.parametrize("assembled", ["0001-01-01T00:00:00.000+00:00", None, "2026-02-30T10:00"])
def test_a_release_that_does_not_say_when_it_was_assembled_has_no_lead_time(
    tmp_path: Path, assembled: str | None
) -> None:
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path / "one").table
        fake.spoiled["Releases-700"] = {"Assembled": assembled}
        found = drawn(fake, tmp_path / "two")
    (row,) = (
        (found.table["lead_time"].isna() & whole["lead_time"].notna()).to_numpy().nonzero()[0],
    )
    assert whole["deployment_id"][row].tolist() == ["Deployments-700"]
    (note,) = [note for note in found.notes if note.key == "source_core_lost"]
    assert note.values == {"n": 1}
    assert found.dropped == {}


SPOILED = {
    "year one": ({"CompletedTime": "0001-01-01T00:00:00"}, "not_completed"),
    "never": ({"CompletedTime": ""}, "not_completed"),
    "no such day": ({"CompletedTime": "2026-02-30T10:00:00"}, "impossible.CompletedTime"),
    "a word": ({"CompletedTime": "soon"}, "impossible.CompletedTime"),
    "beyond": ({"CompletedTime": "9999-12-31T23:59:59"}, "impossible.CompletedTime"),
    "version": ({"ReleaseVersion": "9" * 40_000}, "impossible.ReleaseVersion"),
    "state": ({"TaskState": "x" * 40_000}, "impossible.TaskState"),
}


@pytest.mark.parametrize("how", SPOILED)
def test_an_impossible_deployment_of_the_feed_is_listed_and_costs_itself_alone(
    tmp_path: Path, how: str
) -> None:
    fields, reason = SPOILED[how]
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path / "one").table
        fake.spoiled["Deployments-700"] = fields
        found = drawn(fake, tmp_path / "two")
        again = drawn(fake, tmp_path / "two")  # from what is kept of closed months
    for each in (found, again):
        assert each.dropped == {reason: ("Deployments-700",)}
        rest = whole["deployment_id"][whole["deployment_id"] != "Deployments-700"]
        assert each.table["deployment_id"].tolist() == rest.tolist()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<Reports></Reports>", "Reports"),
        (b"<html><body>Sign in</body></html>", "html"),
        (b"<Deployments><Deployment>", "cut short"),
        (b"{}", "no XML"),
    ],
)
def test_another_structure_of_the_feed_ends_the_run(tmp_path: Path, body: bytes, said: str) -> None:
    with fake_octopus(small()) as fake:
        fake._feed = lambda query: body  # type: ignore[method-assign]
        with pytest.raises(BadReply) as caught:
            drawn(fake, tmp_path)
    assert said in str(caught.value)


def test_a_deployment_of_the_feed_without_its_project_ends_the_run(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        fake.spoiled["Deployments-700"] = {"ProjectId": ""}
        with pytest.raises(BadReply, match="without ProjectId") as caught:
            drawn(fake, tmp_path)
    assert "Deployments-700" in caught.value.which


def test_a_feed_in_a_namespace_is_read(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        whole = drawn(fake, tmp_path / "one").table
        plain = fake._feed
        fake._feed = lambda query: plain(query).replace(  # type: ignore[method-assign]
            b"<Deployments>", b'<Deployments xmlns="http://example.com/octopus">'
        )
        assert drawn(fake, tmp_path / "two").table.equals(whole)


def test_a_field_of_another_kind_ends_the_run_and_is_named(tmp_path: Path) -> None:
    with fake_octopus(small()) as fake:
        fake.spoiled["Releases-700"] = {"Assembled": 5}
        with pytest.raises(BadReply, match="Assembled is no text") as caught:
            drawn(fake, tmp_path)
    assert "Releases-700" in caught.value.which
