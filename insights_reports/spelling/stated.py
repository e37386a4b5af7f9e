"""The JSON of ``/metrics`` as columns: strict, exact to a tick, without an object per figure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa

from insights_reports.errors import BadReply
from insights_reports.spelling.columns import parse_durations
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    METRICS,
    STATISTICS,
    Column,
    Integers,
)
from insights_reports.spelling.terms import NULL

_REMEDY = "Ask Octopus again; if it stays so, this version of Octopus states figures differently."
_EPOCH = date(1970, 1, 1).toordinal()
_YEARS = range(1900, 2200)
_LARGEST_EXACT = 2**53
_NOT_STATED = "NaN"
"""What .NET writes for a number that is none, as a text."""
_RATE_KEYS = tuple(figure.statistic or "" for figure in FIGURES if figure.metric == FAILURE_RATE)
_KEYS: dict[str, tuple[str, ...]] = {
    metric: _RATE_KEYS if metric == FAILURE_RATE else STATISTICS for metric in METRICS[1:]
}
_INTERVAL_KEYS = frozenset({"StartOfInterval", *METRICS})
_SERIES_KEYS = frozenset({"Name", "Intervals"})


@dataclass(frozen=True)
class Question:
    """What ``/metrics`` is asked. ``tag_set`` is the id of the tenant tag set, given for the split
    TenantTagSet alone."""

    split: str
    tag_set: str | None
    time_range: str
    granularity: str

    def __str__(self) -> str:
        tag_set = f" {self.tag_set}" if self.tag_set else ""
        return f"{self.split}{tag_set}, {self.time_range}, {self.granularity}"


@dataclass(frozen=True)
class StatedMetrics(Question):
    """A reply of ``/metrics``, as the API's JSON object, and the question it answers."""

    reply: dict[str, Any]


@dataclass(frozen=True)
class Unknown:
    """A value that Octopus states and that we have no definition for."""

    series: str | None
    start: date | None
    path: str
    value: object


@dataclass(frozen=True, eq=False)
class StatedTable:
    """One reply as columns, a row for each stated interval, in the order of the reply.

    ``names`` has one entry for each series, ``series`` its position there for each row, ``start``
    the days since 1970. ``columns`` follow ``FIGURES``: int64 (counts, and durations in ticks; NULL
    is null) or float64 (NaN).
    """

    source: Question
    names: tuple[str | None, ...]
    series: Integers
    start: Integers
    columns: tuple[Column, ...]
    unknown: tuple[Unknown, ...]


def read_stated(stated: StatedMetrics) -> StatedTable:
    """The columns of a reply. Raises BadReply, naming the place, if it is not as promised."""
    all_series = _list(stated.reply.get("Series"), "Series", stated)
    names = tuple(_name(series, stated) for series in all_series)
    per_series = [_list(series.get("Intervals"), "Intervals", stated) for series in all_series]
    intervals = [interval for group in per_series for interval in group]
    if not all(isinstance(interval, dict) for interval in intervals):
        raise _bad(stated, "an interval is not an object")
    return StatedTable(
        stated,
        names,
        np.repeat(np.arange(len(names), dtype=np.int64), [len(group) for group in per_series]),
        _starts(intervals, stated),
        tuple(_columns(intervals, stated)),
        tuple(_unknown(all_series, intervals)),
    )


def _bad(stated: StatedMetrics, what: str) -> BadReply:
    return BadReply(
        f"The reply of /metrics cannot be used: {what[:160]}.", f"Metrics: {stated}", _REMEDY
    )


def _list(value: object, key: str, stated: StatedMetrics) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(stated, f"{key} is not a list")
    return value


def _name(series: object, stated: StatedMetrics) -> str | None:
    if not isinstance(series, dict):
        raise _bad(stated, "a series is not an object")
    name = series.get("Name")
    if name is not None and not isinstance(name, str):
        raise _bad(stated, f"the name of a series is {name!r}")
    return name


def _starts(intervals: list[dict[str, Any]], stated: StatedMetrics) -> Integers:
    days: dict[str, int] = {}
    texts: list[Any] = [interval.get("StartOfInterval") for interval in intervals]
    for text in texts:
        try:
            if text not in days:
                days[text] = interval_day(text)
        except (TypeError, ValueError) as error:
            raise _bad(stated, f"StartOfInterval is {text!r}") from error
    return np.array([days[text] for text in texts], dtype=np.int64)


def interval_day(text: str) -> int:
    """The days since 1970 of a StartOfInterval, of which the date counts.

    Raises:
        ValueError: when it is no date, or one that no deployment can have: the year 1 is what .NET
            writes for a date that is not set, and no interval around it can be reckoned with.
    """
    day = date.fromisoformat(text[:10])
    if text[:10] != day.isoformat() or day.year not in _YEARS:
        raise ValueError(text)
    return day.toordinal() - _EPOCH


def _columns(intervals: list[dict[str, Any]], stated: StatedMetrics) -> Iterator[Column]:
    first = METRICS[0]
    yield _counts([interval.get(first, 0) for interval in intervals], f"{first}", stated)
    for metric in METRICS[1:]:
        objects = [interval.get(metric) for interval in intervals]
        figures = [figure for figure in FIGURES if figure.metric == metric]
        for figure, values in zip(figures, _transposed(objects, metric, stated), strict=True):
            yield _READERS[figure.kind](values, f"{metric}.{figure.statistic}", stated)


def _transposed(objects: list[Any], metric: str, stated: StatedMetrics) -> list[tuple[Any, ...]]:
    """The statistics of one metric, each for all intervals."""
    keys = _KEYS[metric]
    try:
        rows = list(map(itemgetter(*keys), objects))
    except (KeyError, TypeError):
        rows = [_row(value, keys, metric, stated) for value in objects]
    return list(zip(*rows, strict=True)) if rows else [()] * len(keys)


def _row(
    value: object, keys: tuple[str, ...], metric: str, stated: StatedMetrics
) -> tuple[Any, ...]:
    """One metric of one interval; one that is left out or null has no deployments and no values."""
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise _bad(stated, f"{metric} is {value!r}")
    counts = {
        figure.statistic for figure in FIGURES if figure.metric == metric and figure.kind == "count"
    }
    return tuple(value.get(key, 0 if key in counts else None) for key in keys)


def _counts(values: Any, path: str, stated: StatedMetrics) -> Column:
    numbers = _numbers(values, path, stated)
    known = numbers[~np.isnan(numbers)]
    if not np.array_equal(known, np.trunc(known)) or np.any(np.abs(known) >= _LARGEST_EXACT):
        raise _bad(stated, f"{path} has a value that is not a whole number")
    return np.where(np.isnan(numbers), NULL, np.nan_to_num(numbers)).astype(np.int64)


def _numbers(values: Any, path: str, stated: StatedMetrics) -> Column:
    values = _stated(values)
    kinds = set(map(type, values))
    if not kinds <= {int, float, type(None)}:
        raise _bad(stated, f"{path} has a value that is not a number")
    numbers = np.array(values, dtype=np.float64)
    if np.isinf(numbers).any():
        raise _bad(stated, f"{path} has an infinite value")
    return numbers


def _stated(values: Any) -> Any:
    """The values, with null for those that are not stated."""
    if _NOT_STATED not in values:
        return values
    return [None if value == _NOT_STATED else value for value in values]


def _durations(values: Any, path: str, stated: StatedMetrics) -> Column:
    try:
        return parse_durations(pa.array(_stated(values), pa.string()))
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        raise _bad(stated, f"{path} has a value that is not a text") from None
    except BadReply as error:
        raise _bad(stated, f"{path}: {error.which}") from None


_READERS: dict[str, Callable[[Any, str, StatedMetrics], Column]] = {
    "count": _counts,
    "rate": _numbers,
    "number": _numbers,
    "duration": _durations,
}


def _unknown(
    all_series: list[dict[str, Any]], intervals: list[dict[str, Any]]
) -> Iterator[Unknown]:
    """What is stated besides the figures that we know."""
    for series in all_series:
        for key in series.keys() - _SERIES_KEYS:
            yield Unknown(series.get("Name"), None, key, series[key])
    if not _as_documented(intervals):
        yield from _unknown_of_intervals(all_series)


def _as_documented(intervals: list[dict[str, Any]]) -> bool:
    """Whether every interval has the documented keys and no other."""
    if not set(map(len, intervals)) <= {len(_INTERVAL_KEYS)}:
        return False
    try:
        for metric, keys in _KEYS.items():
            objects = list(map(itemgetter(metric), intervals))
            deque(map(itemgetter(*keys), objects), maxlen=0)  # raises where a key is missing
            if not set(map(len, objects)) <= {len(keys)}:
                return False
    except (KeyError, TypeError):
        return False
    return True


def _unknown_of_intervals(all_series: list[dict[str, Any]]) -> Iterator[Unknown]:
    for series in all_series:
        for interval in series["Intervals"]:
            if interval.keys() != _INTERVAL_KEYS or any(
                (interval[metric] or {}).keys() - set(keys) for metric, keys in _KEYS.items()
            ):
                yield from _unknown_of_interval(series.get("Name"), interval)


def _unknown_of_interval(name: str | None, interval: dict[str, Any]) -> Iterator[Unknown]:
    start = date.fromisoformat(str(interval["StartOfInterval"])[:10])
    for key in interval.keys() - _INTERVAL_KEYS:
        yield Unknown(name, start, key, interval[key])
    for metric, keys in _KEYS.items():
        value = interval.get(metric) or {}
        for key in value.keys() - set(keys):
            yield Unknown(name, start, f"{metric}.{key}", value[key])
