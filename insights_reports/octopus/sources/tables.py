"""What a source gives, and how rows from anywhere become the deployments table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from insights_reports.metrics.streams import as_counted, stream_order
from insights_reports.octopus.deployments.streams import (
    CATEGORIES,
    COLUMNS,
    DURATIONS,
    IDS,
    STREAM_COLUMNS,
    Deployments,
)
from insights_reports.octopus.sources.combinations import Combination
from insights_reports.octopus.sources.population import Population

_TEXTS = (*STREAM_COLUMNS, *CATEGORIES, *IDS)
KEY = ("project_id", "channel_id", "environment_id", "tenant_id")
"""The columns that tell one stream from another."""

Progress = Callable[[str], None]
"""Told what is being done next."""


@dataclass(frozen=True)
class SourceNote:
    """Something a source cannot know: the phrase ``gap.<key>`` of the page, and its values.

    Values are counts, texts, and under ``day`` a date as ``2026-09-30``.
    """

    key: str
    values: dict[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drawn:
    """The deployments that a source gave. ``known_from``: the first local day from which on it
    has all of them, where that is later than the first day of the window;
    ``known_until``: the last local day it speaks of, where it may end too early. ``dropped``: as in
    `Deployments`; ``stated``: the questions for which Octopus states figures."""

    table: pd.DataFrame
    notes: tuple[SourceNote, ...] = ()
    known_from: date | None = None
    known_until: date | None = None
    dropped: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stated: tuple[Combination, ...] = ()


@dataclass(frozen=True)
class CoveredTime:
    """The time that ``/deployments`` covers: the last 12 whole months and this one, in a zone."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    @classmethod
    def ending(cls, as_of: datetime, zone: ZoneInfo) -> "CoveredTime":
        first = as_of.astimezone(zone).date().replace(day=1)
        return cls(datetime.combine(first.replace(year=first.year - 1), time(), zone), as_of, zone)

    @property
    def first_day(self) -> date:
        return self.start.date()

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """The rows completed in the window, both ends included."""
        completed = table["completed"]
        inside = (completed >= pd.Timestamp(self.start)) & (completed <= pd.Timestamp(self.end))
        return table[inside.to_numpy()].reset_index(drop=True)


def dropped_of(several: Iterable[Deployments]) -> dict[str, tuple[str, ...]]:
    """What was dropped from several replies, each id once a reason."""
    found: dict[str, dict[str, None]] = {}
    for each in several:
        for reason, ids in each.dropped.items():
            found.setdefault(reason, {}).update(dict.fromkeys(ids))
    return {reason: tuple(ids) for reason, ids in found.items()}


def missing_of(chosen: Population) -> tuple[SourceNote, ...]:
    """That the definition names what is not there, where it does."""
    missing = ", ".join(chosen.missing)[:200]
    return (SourceNote("definition_missing", {"name": missing}),) if missing else ()


def join(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Several deployments tables as one."""
    plain = dict.fromkeys(_TEXTS, object)  # each table has categories of its own
    return assemble(pd.concat([table.astype(plain) for table in tables], ignore_index=True))


def assemble(columns: dict[str, Any] | pd.DataFrame) -> pd.DataFrame:
    """The deployments table of these columns, stream after stream, each by completion.

    Columns that are not given are null; each deployment id stands once. Ties go by id.
    """
    given = pd.DataFrame(columns, copy=False)
    again = given["deployment_id"].duplicated()
    if again.any():
        given = given[~again].reset_index(drop=True)
    given["stream"] = _ordinals(given)
    table = pd.DataFrame({name: _typed(given, name) for name in COLUMNS})
    order, _, _ = stream_order(table)
    return table.iloc[order].reset_index(drop=True)


def _ordinals(rows: pd.DataFrame) -> Any:
    """The ordinal of each row's stream; streams are in the order of their ids, as people count."""
    columns = list(KEY)
    keys = rows[columns].astype(object).where(rows[columns].notna(), "")
    number = keys.groupby(columns, sort=False).ngroup().to_numpy()
    distinct = keys.drop_duplicates().itertuples(index=False)
    ranked = sorted(enumerate(distinct), key=lambda item: [as_counted(text) for text in item[1]])
    rank = np.empty(len(ranked), np.int32)
    rank[[position for position, _ in ranked]] = np.arange(len(ranked), dtype=np.int32)
    return rank[number]


def _typed(rows: pd.DataFrame, name: str) -> Any:
    if name in DURATIONS:
        missing = np.full(len(rows), np.timedelta64("NaT", "ns"))
        return rows[name].to_numpy("m8[ns]") if name in rows else missing
    if name == "deployments_until_recovery":
        return rows[name].to_numpy(np.float64) if name in rows else np.full(len(rows), np.nan)
    if name not in _TEXTS:
        return rows[name]
    texts = rows[name] if name in rows else pd.Series(None, rows.index, "object")
    if str(texts.dtype) == ("string" if name in IDS else "category"):
        return texts
    plain = texts.astype(object).where(texts.notna(), None)
    return plain.astype("string[pyarrow]" if name in IDS else "category")
