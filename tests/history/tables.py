"""Deployments tables for the history, from few words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from insights_reports.history.deployments import PullEntry
from insights_reports.history.deployments.schema import TABLE
from tests.metrics.reference import TICKS, Row
from tests.metrics.tables import table as plain_table

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """``2026-10-14`` or ``2026-10-14T09:30`` as an instant (UTC)."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def row(number: int, completed: str, **values: object) -> Row:
    ticks = round((at(completed) - EPOCH) / timedelta(microseconds=1)) * 10
    return replace(Row(f"Deployments-{number}", ticks), **values)  # type: ignore[arg-type]


def table(*rows: Row) -> pd.DataFrame:
    """The deployments table with all of its columns; versions and ids behind are null."""
    found = plain_table(list(rows))
    for name in ("lead_time_from_version", "recovered_from_version"):
        found[name] = pd.Categorical([None] * len(found), categories=pd.Index([], dtype="str"))
    for name in ("previous_successful_id", "recovered_from_id"):
        found[name] = pd.array([None] * len(found), dtype="string[pyarrow]")
    return found[list(TABLE)]


def pull(id: str, end: str, start: str = "2025-10-01", scope: str = "all") -> PullEntry:
    return PullEntry(id, at(start), at(end), scope)


HOUR = 3600 * TICKS
