"""The figures of an edition as one tidy table, beside what Octopus states of the same intervals."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insights_reports.crosscheck import CrossCheck
from insights_reports.crosscheck.tables.intervals import day_number, ends
from insights_reports.edition.scope import ALL, scope_of, within
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.windows import windows
from insights_reports.formats.data.figures import FIGURES as COLUMNS
from insights_reports.metrics import Granularity, Split, Tabulator, TimeRange, time_range
from insights_reports.pipeline.combinations import StatedByCombination
from insights_reports.pipeline.load import Pulled
from insights_reports.spelling.figures import FIGURES, Figure
from insights_reports.spelling.stated import StatedTable
from insights_reports.spelling.terms import NULL

_RANGE: TimeRange = "LastYear"  # the longest that Octopus states
_UNITS = {"count": "count", "rate": "fraction", "duration": "seconds", "number": "number"}
_TICKS = 10_000_000
_GRANULARITIES = {"day": "Daily", "week": "Weekly", "month": "Monthly"}
_OF_ENVIRONMENTS = ("Environment", "EnvironmentGroup")  # shown of the whole report only
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
    conventions = replace(settings.conventions, edge="clipped")
    tabulator = Tabulator(inputs.deployments, inputs.tz, inputs.lookups, conventions)
    return pd.concat([_long(tabulator, each) for each in asked], ignore_index=True)


def _asked(inputs: Inputs, settings: Settings) -> Iterator[_Asked]:
    found, period = windows(inputs, settings), inputs.period
    granularity = cast(Granularity | None, _GRANULARITIES.get(period.kind))
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


def _long(tabulator: Tabulator, asked: _Asked) -> pd.DataFrame:
    """One table of figures, one figure a row."""
    granularity = asked.granularity if asked.cut else None
    table = tabulator.figures(
        asked.split, asked.start, asked.end, granularity, tag_set=asked.tag_set
    )
    starts = table["start"].to_numpy("M8[D]")
    whole = np.zeros(len(table), np.bool_)
    last = np.full(len(table), np.datetime64(asked.end, "D"))
    if asked.granularity is not None:
        after = ends(starts.view(np.int64), asked.granularity).view("M8[D]")
        if asked.cut:
            last = np.minimum(after, last)
        # Octopus states whole intervals; ours may be cut by the period or by today.
        whole = (after == last) & (starts >= np.datetime64(asked.start, "D"))
    rows = np.tile(np.arange(len(table)), len(FIGURES))  # all of one figure, then of the next
    series = table[["series_key", "series_name"]].take(rows).reset_index(drop=True)
    columns = {
        "split": asked.split,
        "tag_set": asked.tag_set,
        "series_id": series["series_key"],
        "series": series["series_name"],
        "start": starts.astype("M8[s]")[rows],
        "end": last.astype("M8[s]")[rows],
        "granularity": asked.granularity,
        "cut": asked.cut,
        "whole": whole[rows],
        "measure": _each([figure.metric for figure in FIGURES], len(table)),
        "statistic": _each([figure.statistic or "" for figure in FIGURES], len(table)),
        "unit": _each([_UNITS[figure.kind] for figure in FIGURES], len(table)),
        "value": np.concatenate([_values(table, figure) for figure in FIGURES]),
        "n": _whole_numbers(np.concatenate([_n(table, figure) for figure in FIGURES])),
    }
    return pd.DataFrame(columns, index=range(len(rows))).astype(
        {"tag_set": object, "granularity": object}
    )


def _each(texts: list[str], times: int) -> pd.Series:
    return pd.Series([text for text in texts for _ in range(times)], dtype="str")


def _values(table: pd.DataFrame, figure: Figure) -> NDArray[np.float64]:
    """The values of a figure in its unit; NaN is none."""
    values = table[figure.column].to_numpy()
    if figure.kind == "duration":
        nanoseconds = values.astype("m8[ns]").view(np.int64)
        values = np.where(nanoseconds == NULL, np.nan, nanoseconds / 100 / _TICKS)
    return values.astype(np.float64)


def _n(table: pd.DataFrame, figure: Figure) -> NDArray[np.float64]:
    """How many values made each of a figure; NaN of counts, which are made of none."""
    if figure.kind == "count":
        return np.full(len(table), np.nan)
    rate = figure.kind == "rate"
    column = "total" if rate else f"{figure.column.rpartition('_')[0]}_count"
    return table[column].to_numpy(np.float64)


def _whole_numbers(values: NDArray[np.float64]) -> pd.arrays.IntegerArray:
    none = np.isnan(values)
    return pd.arrays.IntegerArray(np.where(none, 1, values).astype(np.int64), none)


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
    common = {
        "split": table.source.split,
        "tag_set": table.source.tag_set,
        "granularity": table.source.granularity,
        "series": names,
        "start": table.start[inside].view("M8[D]").astype("M8[s]"),
    }
    each = []
    for figure, column in zip(FIGURES, table.columns, strict=True):
        values = column[inside].astype(np.float64)
        if column.dtype.kind == "i":
            values[column[inside] == NULL] = np.nan
        if figure.kind == "duration":
            values /= _TICKS
        said = {"measure": figure.metric, "statistic": figure.statistic or "", "stated": values}
        each.append(pd.DataFrame({**common, **said}))
    return pd.concat(each, ignore_index=True).astype({"tag_set": object, "granularity": object})


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
