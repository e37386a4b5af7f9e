"""The figures of an edition as one tidy table, beside what Octopus states of the same intervals."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.crosscheck import CrossCheck
from insights_reports.crosscheck.tables.intervals import day_number, ends
from insights_reports.edition.scope import ALL, scope_of, within
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.stated import GRANULARITY_OF
from insights_reports.edition.windows import windows
from insights_reports.formats.data.figures import FIGURES as COLUMNS
from insights_reports.metrics import (
    FigureColumns,
    Granularity,
    Split,
    Tabulator,
    TimeRange,
    time_range,
)
from insights_reports.pipeline.combinations import StatedByCombination
from insights_reports.pipeline.load import Pulled
from insights_reports.spelling.figures import FIGURES, StatedFigure
from insights_reports.spelling.stated import StatedTable
from insights_reports.spelling.terms import NULL

_RANGE: TimeRange = "LastYear"  # the longest that Octopus states
_UNITS = {"count": "count", "rate": "fraction", "duration": "seconds", "number": "number"}
_TICKS = 10_000_000
_OF_ENVIRONMENTS = ("Environment", "EnvironmentGroup")  # shown of the whole report only
_NAMES = pd.DataFrame(
    {
        "measure": [figure.metric for figure in FIGURES],
        "statistic": [figure.statistic or "" for figure in FIGURES],
        "unit": [_UNITS[figure.kind] for figure in FIGURES],
    }
)
_KEY = ["split", "tag_set", "granularity", "series", "start", "measure", "statistic"]


@dataclass(frozen=True)
class _Asked:
    """One table of figures: ``granularity`` is Octopus's name for such intervals, if it has one;
    the whole range is one interval unless ``cut``."""

    split: Split
    tag_set: str | None
    start: date
    end: date
    granularity: Granularity | None
    cut: bool = False


def figures_table(
    pulled: Pulled, inputs: Inputs, settings: Settings, check: CrossCheck
) -> pd.DataFrame:
    """The figures of every split for the thirteen periods of the edition, as far as they are known,
    and of all deployments for the intervals of its period; likewise of the environment group that
    page one speaks of. The columns are those of docs/stored-files.md."""
    asked = list(_asked(inputs, settings))
    ours = _ours(asked, inputs, settings)
    stated = _stated(pulled, asked)
    rows = ours.assign(stated=np.nan)
    if len(stated):
        rows = ours.merge(stated, on=_KEY, how="left")
    # An interval at the edge of the range is stated as far as the range goes.
    begin, end = time_range(_RANGE, inputs.as_of, inputs.tz, settings.conventions)
    inside = (rows["start"] >= pd.Timestamp(begin)) & (rows["end"] <= pd.Timestamp(end))
    rows["stated"] = rows["stated"].where((rows.pop("whole") & inside).to_numpy())
    rows["verdict"] = _verdicts(rows, check)
    rows["scope"] = ALL
    scope = scope_of(inputs, settings)
    if scope.group is not None:
        narrower = [each for each in asked if each.split not in _OF_ENVIRONMENTS]
        own = _ours(narrower, within(inputs, scope), settings)
        own = own.assign(scope=scope.name, stated=np.nan, verdict="not stated")
        rows = pd.concat([rows, own], ignore_index=True)
    rows["interval"] = np.where(rows["cut"], rows["granularity"], "period")
    return rows[list(COLUMNS.names)]


def _ours(asked: list[_Asked], inputs: Inputs, settings: Settings) -> pd.DataFrame:
    """All rows of the first table asked for, figure by figure, then those of the next: made at
    once, since a frame for each of them takes far longer than their values."""
    conventions = replace(settings.conventions, edge="clipped")
    tabulator = Tabulator(inputs.deployments, inputs.tz, inputs.lookups, conventions)
    tables = [_columns(tabulator, each) for each in asked]
    sizes = [len(table.start) for table in tables]
    number, at = _of_each_figure(sizes)
    common = pd.DataFrame(
        {
            **{
                name: np.repeat(np.array([getattr(each, name) for each in asked], object), sizes)
                for name in ("split", "tag_set", "granularity")
            },
            "cut": np.repeat([each.cut for each in asked], sizes),
            **_series(tabulator, asked, tables),
            **_intervals(asked, tables),
        }
    )
    values = np.stack([np.concatenate([_values(each, f) for each in tables]) for f in FIGURES])
    counts = np.stack([np.concatenate([_counts(each, f) for each in tables]) for f in FIGURES])
    known = np.array([figure.kind != "count" for figure in FIGURES])
    return _rows_of_figures(common, number, at).assign(
        value=values[number, at],
        n=pd.arrays.IntegerArray(counts[number, at], ~known[number]),
    )


def _asked(inputs: Inputs, settings: Settings) -> Iterator[_Asked]:
    found, period = windows(inputs, settings), inputs.period
    granularity = GRANULARITY_OF.get(period.kind)
    for split, tag_set in _splits(inputs, settings):
        for span in found.periods:
            if span.start >= inputs.first_day and span.end > span.start:
                yield _Asked(split, tag_set, span.start, span.end, granularity)
        if split == "None" and period.start >= inputs.first_day and found.now.end > period.start:
            yield _Asked("None", None, found.now.start, found.now.end, found.granularity, cut=True)


def _splits(inputs: Inputs, settings: Settings) -> Iterator[tuple[Split, str | None]]:
    yield "None", None
    for split in settings.splits:
        if split == "TenantTagSet":
            tag_sets = settings.tag_sets or tuple(inputs.lookups.tag_sets)
            yield from ((split, tag_set) for tag_set in tag_sets)
        elif split != "None":
            yield split, None


def _columns(tabulator: Tabulator, asked: _Asked) -> FigureColumns:
    granularity = asked.granularity if asked.cut else None
    return tabulator.columns(
        asked.split, asked.start, asked.end, granularity, tag_set=asked.tag_set
    )


def _series(
    tabulator: Tabulator, asked: list[_Asked], tables: list[FigureColumns]
) -> dict[str, Any]:
    """Id and name of the series of each row."""
    found = []
    for each, table in zip(asked, tables, strict=True):
        known = np.array(tabulator.series(each.split, each.tag_set), object).reshape(-1, 2)
        found.append(known[table.series])
    ids, names = np.concatenate(found).T
    return {"series_id": pd.Series(ids, dtype=object), "series": pd.Series(names, dtype=object)}


def _intervals(asked: list[_Asked], tables: list[FigureColumns]) -> dict[str, Any]:
    """Start and end of each row's interval, and whether it is one that Octopus states whole."""
    found = []
    for each, table in zip(asked, tables, strict=True):
        starts = table.start.astype("M8[D]")
        last = np.full(len(starts), np.datetime64(each.end, "D"))
        whole = np.zeros(len(starts), np.bool_)
        if each.granularity is not None:
            after = ends(starts.view(np.int64), each.granularity).view("M8[D]")
            if each.cut:
                last = np.minimum(after, last)
            # Octopus states whole intervals; ours may be cut by the period or by today.
            whole = (after == last) & (starts >= np.datetime64(each.start, "D"))
        found.append((starts, last, whole))
    starts, last, whole = (np.concatenate(each) for each in zip(*found, strict=True))
    return {"start": starts.astype("M8[s]"), "end": last.astype("M8[s]"), "whole": whole}


def _of_each_figure(sizes: list[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of tables of so many rows that lie one after the other: the figures' numbers and the rows,
    all rows of a table for the first figure, then for the next."""
    count, begins = len(FIGURES), np.cumsum([0, *sizes[:-1]])
    number = [np.repeat(np.arange(count), size) for size in sizes]
    at = [
        np.tile(np.arange(size), count) + begin for size, begin in zip(sizes, begins, strict=True)
    ]
    return np.concatenate(number), np.concatenate(at)


def _rows_of_figures(
    common: pd.DataFrame, number: NDArray[np.intp], at: NDArray[np.intp]
) -> pd.DataFrame:
    rows = common.take(at).reset_index(drop=True)
    names = _NAMES.take(number).reset_index(drop=True)
    return pd.concat([rows, names], axis=1).astype({"tag_set": object, "granularity": object})


def _values(table: FigureColumns, figure: StatedFigure) -> NDArray[np.generic]:
    values = table.figures[figure.column]
    if figure.kind == "duration":
        nanoseconds = values.astype("m8[ns]").view(np.int64)
        values = np.where(nanoseconds == NULL, np.nan, nanoseconds / 100 / _TICKS)
    return values.astype(np.float64)


def _counts(table: FigureColumns, figure: StatedFigure) -> NDArray[np.generic]:
    """Of how many values each figure is; of counts it says nothing."""
    if figure.kind == "count":
        return np.zeros(len(table.start), np.int64)
    column = "total" if figure.kind == "rate" else f"{figure.column.rpartition('_')[0]}_count"
    return table.figures[column].astype(np.int64)


def _stated(pulled: Pulled, asked: list[_Asked]) -> pd.DataFrame:
    """What Octopus states for the tables asked for, one figure a row; a name that two series have
    tells neither apart, and is left out."""
    wanted = {(each.split, each.tag_set, each.granularity) for each in asked}
    if isinstance(pulled.stated, StatedByCombination):  # which are no split
        return pd.DataFrame(columns=[*_KEY, "stated"])
    sealed = pulled.stated.answers(
        lambda asked: (
            asked.time_range == _RANGE and (asked.split, asked.tag_set, asked.granularity) in wanted
        )
    )
    starts = {day_number(each.start) for each in asked}
    first, last = min(starts), max(day_number(each.end) for each in asked)
    found = [rows for table in sealed if len(rows := _rows(table, first, last))]
    if not found:
        return pd.DataFrame(columns=[*_KEY, "stated"])
    return pd.concat(found, ignore_index=True).drop_duplicates(_KEY, keep=False)


def _rows(table: StatedTable, first: int, last: int) -> pd.DataFrame:
    inside = (table.start >= first) & (table.start < last)
    names = np.array([*table.names, None], dtype=object)[table.series[inside]]
    if table.source.split == "None":
        names = np.full(len(names), "All", dtype=object)
    common = pd.DataFrame(
        {
            "split": table.source.split,
            "tag_set": table.source.tag_set,
            "granularity": table.source.granularity,
            "series": names,
            "start": table.start[inside].view("M8[D]").astype("M8[s]"),
        }
    )
    values = [
        _stated_values(column[inside], figure)
        for figure, column in zip(FIGURES, table.columns, strict=True)
    ]
    rows = _rows_of_figures(common, *_of_each_figure([len(common)])).drop(columns="unit")
    return rows.assign(stated=np.concatenate(values))


def _stated_values(column: NDArray[Any], figure: StatedFigure) -> NDArray[np.float64]:
    values = column.astype(np.float64)
    if column.dtype.kind == "i":
        values[column == NULL] = np.nan
    return values / _TICKS if figure.kind == "duration" else values


def _verdicts(rows: pd.DataFrame, check: CrossCheck) -> Any:
    """The cross-check's word on each figure that is stated."""
    known = {
        (d.split, d.tag_set, d.granularity, d.series, d.start_of_interval, d.metric, d.statistic)
        : str(d.verdict)
        for d in check.discrepancies
        if d.time_range == _RANGE
    }  # fmt: skip
    said = np.where(rows["stated"].notna(), "agrees", "not stated").astype(object)
    if known:
        keys = zip(
            rows["split"],
            rows["tag_set"].where(rows["tag_set"].notna(), None),
            rows["granularity"],
            rows["series"].where(rows["split"] != "None", "All"),
            rows["start"].dt.date,
            rows["measure"],
            rows["statistic"].replace("", None),
            strict=True,
        )
        for at, key in enumerate(keys):
            if key in known and said[at] == "agrees":
                said[at] = known[key]
    return said
