"""A reply of ``/metrics`` as columns, without a Python object for each figure.

Arrow reads the documented form; a reply that departs from it in anything is read again, object by
object, by `crosscheck.read_stated`, which says what is wrong or keeps what is unknown.
"""

from datetime import date

import numpy as np
import pyarrow as pa

from insights_reports.crosscheck import Question, StatedMetrics, StatedTable, read_stated
from insights_reports.crosscheck.figures import FIGURES, METRICS, Column, Integers, Kind
from insights_reports.errors import BadReply
from insights_reports.octopus.columns import parse_durations
from insights_reports.octopus.pieces import read_arrow
from insights_reports.octopus.strict import json_object
from insights_reports.octopus.text import clean_text

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


_INTERVAL = pa.struct(
    [("StartOfInterval", pa.string()), *((metric, _metric(metric)) for metric in METRICS)]
)
_SERIES = pa.struct([("Name", pa.string()), ("Intervals", pa.list_(_INTERVAL))])
_SCHEMA = pa.schema([("Series", pa.list_(_SERIES))])
_EPOCH = date(1970, 1, 1).toordinal()


def decode_metrics(body: bytes, question: Question) -> StatedTable:
    """The columns of a reply. Names are cleaned by `text.clean_text`.

    Raises:
        BadReply: when it is cut short, is no JSON, or is not what the API promises.
    """
    read = read_arrow(body, _SCHEMA, unexpected="error")
    if read is not None:
        table = _table(read["Series"].combine_chunks().flatten(), question)
        if table is not None:
            return table
    return read_stated(StatedMetrics(**vars(question), reply=json_object(body)))


def _table(series: pa.Array, question: Question) -> StatedTable | None:
    """None when something is null that the documentation does not let be null."""
    lists = series.field("Intervals")
    intervals = lists.flatten()
    places = [intervals, *(intervals.field(metric) for metric in METRICS)]
    if series.null_count or lists.null_count or any(place.null_count for place in places):
        return None
    starts = _days(intervals.field("StartOfInterval"))
    columns = [_column(_values(intervals, number), FIGURES[number].kind) for number in _NUMBERS]
    if starts is None or any(column is None for column in columns):
        return None
    lengths = lists.value_lengths().to_numpy()
    return StatedTable(
        question,
        tuple(name and clean_text(name) for name in series.field("Name").to_pylist()),
        np.repeat(np.arange(len(series), dtype=np.int64), lengths),
        starts,
        tuple(column for column in columns if column is not None),
        (),
    )


_NUMBERS = range(len(FIGURES))


def _values(intervals: pa.Array, number: int) -> pa.Array:
    figure = FIGURES[number]
    metric = intervals.field(figure.metric)
    return metric if figure.statistic is None else metric.field(figure.statistic)


def _column(values: pa.Array, kind: Kind) -> Column | None:
    if kind == "count":
        return None if values.null_count else values.to_numpy()
    if kind == "duration":
        try:
            return parse_durations(values)
        except BadReply:  # said again, with its place, by the other way
            return None
    numbers: Column = values.to_numpy(zero_copy_only=False)
    return None if np.isinf(numbers).any() else numbers


def _days(texts: pa.Array) -> Integers | None:
    """Days since 1970; few texts are distinct."""
    distinct = texts.dictionary_encode()
    try:
        days = [
            date.fromisoformat(text[:10]).toordinal() - _EPOCH
            for text in distinct.dictionary.to_pylist()
        ]
    except ValueError:
        return None
    if distinct.null_count:
        return None
    found: Integers = np.array(days, dtype=np.int64)[distinct.indices.to_numpy()]
    return found
