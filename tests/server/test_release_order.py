"""Which release is right after another: by creation, or by version. Hours worked by hand."""

import sqlite3
from pathlib import Path

import pytest

from insights_reports.server.release_order import ReleaseOrder, number_releases
from tests.conftest import run_command
from tests.server.hand import Hand

VERSIONS = ["1.10", "1.9", "1.10-beta.2", "1.10-beta.10", "1.10+build", "2"]
BY_VERSION = ["1.9", "1.10-beta.2", "1.10-beta.10", "1.10", "1.10+build", "2"]


@pytest.mark.parametrize(("order", "expected"), [("id", VERSIONS), ("version", BY_VERSION)])
def test_places(order: ReleaseOrder, expected: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    connection.execute("CREATE TABLE releases (id INTEGER, channel_id INTEGER, version TEXT)")
    connection.executemany("INSERT INTO releases VALUES (?, 1, ?)", enumerate(VERSIONS))
    number_releases(connection, order)
    rows = connection.execute(
        "SELECT version FROM releases JOIN temp.places USING (id) ORDER BY place"
    )
    assert [row["version"] for row in rows] == expected
    connection.close()


@pytest.mark.parametrize(
    ("order", "from_versions", "minutes"),
    [("id", ["1.0", "1.1", "1.2"], [5, 5, 4]), ("version", ["1.0", "1.0.1", "1.1"], [5, 3, 8])],
)
def test_lead_times_by_each(
    tmp_path: Path, order: ReleaseOrder, from_versions: list[str], minutes: list[int]
) -> None:
    """After 1.0 comes 1.1 by creation, and by version 1.0.1, which mends the older line."""
    hand = Hand(tmp_path / "hand.sqlite", order=order)
    for version, minute in (("1.0", 0), ("1.1", 2), ("1.0.1", 4), ("1.2", 6)):
        hand.release(version, f"2026-03-02T10:{minute:02}:00")
    for version, minute in (("1.0", 5), ("1.0.1", 7), ("1.2", 10)):
        hand.deploy(version, f"2026-03-02T10:{minute:02}:00")
    found = hand.build().deployment_rows()
    assert [row["LeadTimeCalculatedFromVersion"] for row in found] == from_versions
    assert [row["LeadTime"] for row in found] == [f"0:{each:02}:00.0" for each in minutes]


def test_the_order_of_data_that_are_there_is_not_chosen_again(tmp_path: Path) -> None:
    data = tmp_path / "data.sqlite"
    data.touch()
    done = run_command("server", "--data", data, "--release-order", "version")
    assert done.status == 2
    assert f"--release-order version: {data} is there already" in done.err
