"""The columns that are kept: what the figures say is always what the database says."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from insights_reports.errors import UsageError
from insights_reports.server import columns, running_server
from insights_reports.server.columns import ColumnCache
from insights_reports.server.database import SCHEMA_VERSION, check, connect
from tests.server.conftest import Api
from tests.server.hand import AS_OF, Hand


@pytest.fixture
def built(hand: Hand) -> Hand:
    hand.release("1", "2026-03-01T09:00:00")
    hand.release("2", "2026-03-02T09:00:00")
    hand.deploy("1", "2026-03-10T10:00:00")
    hand.deploy("2", "2026-03-11T10:00:00", "Failed")
    hand.deploy("2", "2026-03-12T10:00:00")
    return hand.build()


@pytest.fixture
def connection(built: Hand) -> Iterator[sqlite3.Connection]:
    with closing(connect(built.path)) as connection:
        yield connection


def test_what_is_stored_is_what_the_facts_say(connection: sqlite3.Connection) -> None:
    stored, read = columns._stored(connection), columns._from_facts(connection)
    assert columns._named(stored).keys() == columns._named(read).keys()
    for name, array in columns._named(read).items():
        assert columns._named(stored)[name].tolist() == array.tolist()
        assert columns._named(stored)[name].dtype == array.dtype
    assert read.measures["recovery"].ranks.tolist() == [-1, -1, 0]


def test_they_are_read_once(connection: sqlite3.Connection) -> None:
    cache = ColumnCache()
    with cache.lent(connection) as first:
        assert len(first.completed) == 3
    with cache.lent(connection) as second:
        assert second is first


@pytest.mark.parametrize(
    ("change", "successful"),
    [
        ("DELETE FROM facts WHERE deployment_id = 3", 1),
        ("DELETE FROM facts", 0),
        ("UPDATE facts SET outcome = 0", 3),
        (
            "INSERT INTO facts SELECT completed + 1, 4, stream_id, release_id, state, guided, "
            "outcome, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM facts "
            "WHERE deployment_id = 3",
            3,
        ),
    ],
)
def test_a_change_of_the_facts_by_anyone_is_seen(
    built: Hand, connection: sqlite3.Connection, change: str, successful: int
) -> None:
    cache = ColumnCache()
    with cache.lent(connection) as found:
        assert (found.outcomes == 0).sum() == 2
    with closing(connect(built.path)) as another:
        another.execute(change)
    with cache.lent(connection) as found:
        assert (found.outcomes == 0).sum() == successful


def test_another_database_in_the_same_place_is_seen(built: Hand, tmp_path: Path) -> None:
    cache = ColumnCache()
    other = Hand(tmp_path / "other.sqlite")
    other.release("1", "2026-03-01T09:00:00")
    other.deploy("1", "2026-03-10T10:00:00")
    other.build()
    for _ in range(2):
        for path, expected in ((built.path, 3), (other.path, 1)):
            with closing(connect(path)) as connection, cache.lent(connection) as found:
                assert len(found.completed) == expected


def test_a_failing_question_leaves_the_cache_usable(connection: sqlite3.Connection) -> None:
    cache = ColumnCache()
    with pytest.raises(ZeroDivisionError), cache.lent(connection):
        raise ZeroDivisionError
    with cache.lent(connection) as found:
        assert len(found.completed) == 3


def test_a_database_of_another_version_is_refused(
    built: Hand, connection: sqlite3.Connection
) -> None:
    connection.execute("PRAGMA user_version=1")
    with pytest.raises(UsageError) as caught:
        check(built.path)
    assert f"version 1 instead of {SCHEMA_VERSION}" in str(caught.value)


def test_a_change_is_seen_over_http(built: Hand) -> None:
    path = "/api/Spaces-1/insights/reports/InsightsReports-1/metrics?timeRange=LastYear"

    def successful(api: Api) -> int:
        (series,) = api.get(path).json()["Series"]
        return sum(each["NumberOfSuccessfulDeployments"] for each in series["Intervals"])

    with (
        running_server(as_of=AS_OF, data=built.path) as server,
        Api(server.url, server.api_key) as api,
        closing(connect(built.path)) as connection,
    ):
        assert (successful(api), successful(api)) == (2, 2)
        connection.execute("DELETE FROM facts")
        assert successful(api) == 0
