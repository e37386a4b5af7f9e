"""A reply of ``/metrics`` as columns, without a Python object for each figure.

Most intervals of a reply read alike: nothing was deployed on most days. So each text that stands
for an interval, but for its day, is read once. Arrow reads those of the documented form; a reply
that departs from it in anything is read again, object by object, by `stated.read_stated`, which
says what is wrong or keeps what is unknown.

Why a cut is safe: the text ``"StartOfInterval"``, quotes included, never lies inside a longer
string. What remains without the intervals must be a reply without figures, and all that was cut out
a sequence of intervals.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from insights_reports.errors import BadReply
from insights_reports.spelling.arrow import read_arrow
from insights_reports.spelling.columns import parse_durations
from insights_reports.spelling.figures import FIGURES, METRICS, Column, Integers, Kind, StatedFigure
from insights_reports.spelling.stated import (
    Question,
    StatedMetrics,
    StatedTable,
    interval_day,
    read_stated,
)
from insights_reports.spelling.strict import json_object

_TYPES: dict[Kind, pa.DataType] = {
    "count": pa.int64(),
    "rate": pa.float64(),
    "number": pa.float64(),
    "duration": pa.string(),
}


def _metric(metric: str) -> pa.DataType:
    figures = [figure for figure in FIGURES if figure.metric == metric]
    if figures[0].statistic is None:
        return _TYPES[figures[0].kind]
    return pa.struct([(figure.statistic, _TYPES[figure.kind]) for figure in figures])


_START = b'"StartOfInterval"'
_BLANK = b" \t\r\n"
_INTERVAL = pa.struct(
    [("StartOfInterval", pa.string()), *((metric, _metric(metric)) for metric in METRICS)]
)
_SCHEMA = pa.schema([("Intervals", pa.list_(_INTERVAL))])


def decode_metrics(body: bytes, question: Question) -> StatedTable:
    """The columns of a reply. Names are cleaned by `text.clean_text`.

    Raises:
        BadReply: when it is cut short, is no JSON, or is not what the API promises.
    """
    table = _table(body, question)
    return table or read_stated(StatedMetrics(**vars(question), reply=json_object(body)))


def _table(body: bytes, question: Question) -> StatedTable | None:
    """None when the reply is not of the documented form."""
    cut = _cut(body)
    if cut is None:
        return None
    series, days, columns = _series(cut), _days(cut.days), _columns(cut.intervals)
    if series is None or days is None or columns is None:
        return None
    names, lengths = series
    return StatedTable(
        question,
        names,
        np.repeat(np.arange(len(names), dtype=np.int64), lengths),
        days[cut.day],
        tuple(column[cut.interval] for column in columns),
        (),
    )


@dataclass(frozen=True, eq=False)
class _Cut:
    """A reply cut around the day of each interval.

    ``days`` and ``intervals`` are distinct texts: a day with what stands before it from the name of
    the field on, an interval from the quote after its day to its end. ``day`` and ``interval`` have
    their numbers for each interval of the reply, ``lengths`` how many of these follow each other in
    one series. ``frame`` is the reply with an empty object in place of each such run of intervals.
    """

    days: list[bytes]
    day: Integers
    intervals: list[bytes]
    interval: Integers
    lengths: Integers
    frame: bytes


def _cut(body: bytes) -> _Cut | None:
    head, *parts = body.split(_START)
    width = parts[0].find(b'"', parts[0].find(b'"') + 1) if parts else 0
    days, day = _numbered([part[:width] for part in parts])
    tails, interval = _numbered([part[width:] for part in parts])
    intervals, rests = [], []
    for tail in tails:
        end = tail.find(b"]")
        rests.append(tail[end:] if end >= 0 else b"")
        if end < 0:  # then the next interval of the series follows
            end = tail.rfind(b",")
            if tail[end:].translate(None, _BLANK) != b",{":
                return None
        intervals.append(tail[:end])
    last = np.flatnonzero(np.array([bool(rest) for rest in rests], np.bool_)[interval])
    lengths = np.diff(last, prepend=-1)
    if lengths.sum() != len(parts):
        return None
    frame = head + b"".join(b"}" + rests[number] for number in interval[last].tolist())
    return _Cut(days, day, intervals, interval, lengths, frame)


def _numbered(texts: list[bytes]) -> tuple[list[bytes], Integers]:
    """The distinct texts, and the number among them of each."""
    distinct = list(dict.fromkeys(texts))
    numbers = dict(zip(distinct, range(len(distinct)), strict=True))
    return distinct, np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))


def _series(cut: _Cut) -> tuple[tuple[str | None, ...], Integers] | None:
    """The name of each series, and how many intervals it has."""
    try:
        reply = json_object(cut.frame)
    except BadReply:
        return None
    series = reply.get("Series")
    if not isinstance(series, list) or not all(map(_as_documented, series)):
        return None
    lengths = np.array([len(one["Intervals"]) for one in series], np.int64)
    if lengths.sum() != len(cut.lengths):
        return None
    lengths[lengths > 0] = cut.lengths
    return tuple(one["Name"] for one in series), lengths


def _as_documented(series: Any) -> bool:
    return (
        isinstance(series, dict)
        and series.keys() == {"Name", "Intervals"}
        and isinstance(series["Name"], str | None)
        and series["Intervals"] in ([], [{}])
    )


def _days(texts: list[bytes]) -> Integers | None:
    """Days since 1970."""
    try:
        return np.array([_day(text) for text in texts], np.int64)
    except ValueError:
        return None


def _day(text: bytes) -> int:
    colon, _, day = text.decode().partition('"')
    if colon.strip() != ":":
        raise ValueError(text)
    return interval_day(day)


def _columns(texts: list[bytes]) -> list[Column] | None:
    """None when they are not of the documented form: a count that is null, an unknown field."""
    objects = b",".join(b"{" + _START + b':"' + text for text in texts)
    read = read_arrow(b'{"Intervals":[' + objects + b"]}", _SCHEMA, unexpected="error")
    if read is None:
        return None
    intervals = read["Intervals"].combine_chunks().flatten()
    if len(intervals) != len(texts):
        return None
    values = [(_values(intervals, figure), figure.kind) for figure in FIGURES]
    durations = _durations([texts for texts, kind in values if kind == "duration"])
    if durations is None or any(some.null_count for some, kind in values if kind == "count"):
        return None
    return [
        next(durations) if kind == "duration" else some.to_numpy(zero_copy_only=False)
        for some, kind in values
    ]


def _values(intervals: pa.Array, figure: StatedFigure) -> pa.Array:
    metric = intervals.field(figure.metric)
    return metric if figure.statistic is None else metric.field(figure.statistic)


def _durations(columns: list[pa.Array]) -> Iterator[Integers] | None:
    """Read as one column, because there are few rows."""
    try:
        ticks = parse_durations(pa.concat_arrays(columns))
    except BadReply:  # said again, with its place, by the other way
        return None
    return iter(np.split(ticks, len(columns)))
