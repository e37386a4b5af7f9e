"""Which release is "right after" another: the one created next, or the one of the next version.

Octopus's page does not say which; the tables of its Insights keep the parts of versions
(https://octopus.com/docs/insights/metrics).
"""

import re
import sqlite3
from typing import Literal

ReleaseOrder = Literal["id", "version"]

_NUMBER = re.compile(r"[0-9]+")


def number_releases(connection: sqlite3.Connection, order: ReleaseOrder) -> None:
    """Make the temporary table `places`: each release with its channel and its place among all."""
    rows = connection.execute("SELECT id, channel_id, version FROM releases ORDER BY id").fetchall()
    if order == "version":
        rows.sort(key=lambda row: (_key(row["version"]), row["id"]))
    connection.execute("DROP TABLE IF EXISTS temp.places")
    connection.execute(
        "CREATE TEMP TABLE places (id INTEGER PRIMARY KEY, channel_id INTEGER, place INTEGER)"
    )
    connection.executemany(
        "INSERT INTO temp.places VALUES (?, ?, ?)",
        ((row["id"], row["channel_id"], place) for place, row in enumerate(rows)),
    )
    connection.execute("CREATE INDEX temp.places_of_channel ON places (channel_id, place)")


def _key(version: str) -> tuple[list[int], bool, list[int], str]:
    """By numbers; a pre-release (`1.2-beta.3`) before its release, without what follows a plus."""
    numbers, dash, label = version.partition("+")[0].partition("-")
    return _numbers(numbers), not dash, _numbers(label), label


def _numbers(text: str) -> list[int]:
    return [int(each[:18]) for each in _NUMBER.findall(text)]
