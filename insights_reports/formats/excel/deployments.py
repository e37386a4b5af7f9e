"""The deployments as rows of a sheet: the columns of Octopus's CSV download, in its order, then
what a pivot table asks for (`edition.rows`), the instant in UTC, and ids.

https://octopus.com/docs/insights/csv-download lists those columns. The rows are joined as XML by
Arrow, a column at a time: cell by cell through openpyxl they would cost most of an edition's time.
Durations are decimal hours: a lead time can be negative, and Excel shows no negative duration.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter

from insights_reports.edition.values import Name
from insights_reports.formats.excel.text import clean
from insights_reports.formats.words.words import Words

_CHUNK = 2_048  # rows made into XML at a time: each takes 2 kB, twice
_NS_PER_DAY, _NS_PER_HOUR = 86_400e9, 3_600e9
_WEEK = 7
_EXCEL_EPOCH = pd.Timestamp("1899-12-30")
_SPECIAL = r"[^0-9A-Za-z.:-]|.{1000}"  # an id with any of this goes through `clean`

Tails = Callable[[slice], pa.Array]
"""From a slice of the rows to each row's cell from its format on; null for no cell."""


@dataclass(frozen=True)
class RawStyles:
    """The numbers of the workbook's cell formats."""

    instant: int
    month: int
    day: int
    hours: int
    number: int


STYLES = ("Instant", "Month", "Date", "Hours", "Number")
"""Their names, in the order of `RawStyles`."""


@dataclass(frozen=True)
class RawColumn:
    """A column of single deployments: its head, its width in characters, its cells."""

    key: str  # in the language catalogue: excel.deployments
    title: str
    width: int
    tails: Tails


def raw_columns(
    rows: pd.DataFrame, words: Words, zone: str, styles: RawStyles
) -> tuple[RawColumn, ...]:
    """The columns of the sheet; the instant of completion is shown in ``zone`` (IANA id).

    What `edition.rows` adds to the deployments table is shown where ``rows`` have it.
    """

    def column(key: str, width: int, tails: Tails) -> RawColumn:
        return _column(key, width, tails, words, zone)

    def duration(name: str) -> Tails:
        return _duration(rows[name], _NS_PER_HOUR, styles.hours)

    return (
        column("deployment", 19, _id(rows["deployment_id"])),
        column("project", 28, _name(rows, "project", words)),
        column("release", 16, _category(rows["release_version"])),
        column("channel", 16, _name(rows, "channel", words)),
        column("completed", 22, _instant(rows["completed"], zone, styles.instant)),
        column("environment", 22, _name(rows, "environment", words)),
        column("tenant", 24, _tenant(rows, words)),
        column("state", 12, _category(rows["task_state"])),
        column("guided_failure", 14, _flag(rows["had_guided_failure"])),
        column("lead_time", 14, duration("lead_time")),
        column("lead_time_from", 16, _category(rows["lead_time_from_version"])),
        column("since_previous", 18, duration("time_since_previous")),
        column("previous", 19, _id(rows["previous_successful_id"])),
        column("time_to_recovery", 16, duration("time_to_recovery")),
        column("until_recovery", 16, _number(rows["deployments_until_recovery"], styles.number)),
        column("recovered_from", 19, _id(rows["recovered_from_id"])),
        column("recovered_from_version", 16, _category(rows["recovered_from_version"])),
        *(_pivot_columns(rows, words, zone, styles) if "in_period" in rows else ()),
        column("completed_utc", 20, _instant(rows["completed"], "UTC", styles.instant)),
        column("project_id", 16, _category(rows["project_id"])),
        column("channel_id", 16, _category(rows["channel_id"])),
        column("environment_id", 18, _category(rows["environment_id"])),
        column("tenant_id", 16, _category(rows["tenant_id"])),
    )


def _column(key: str, width: int, tails: Tails, words: Words, zone: str) -> RawColumn:
    return RawColumn(key, words.text(f"excel.deployments.{key}", zone=Name(zone)), width, tails)


def _pivot_columns(
    rows: pd.DataFrame, words: Words, zone: str, styles: RawStyles
) -> Iterator[RawColumn]:
    tails = {
        "period": _category(rows["period"]),
        "month": _date(rows["month"], styles.month),
        "week": _date(rows["week"], styles.day),
        "weekday": _weekday(rows["weekday"], words),
        "hour": _whole(rows["hour"]),
        "project_group": _group(rows["project_group"], words),
        "environment_group": _group(rows["environment_group"], words),
        "failed": _whole(rows["failed"]),
        "rework": _whole(rows["rework"]),
        "in_period": _whole(rows["in_period"]),
    }
    widths = {"project_group": 22, "environment_group": 22}
    for key, each in tails.items():
        yield _column(key, widths.get(key, 12), each, words, zone)


def row_xml(
    columns: Iterable[RawColumn], start: int, stop: int, first_row: int
) -> Iterator[memoryview]:
    """The ``row`` elements of the deployments from ``start`` to before ``stop``.

    ``first_row`` is the number that the first of them has in its sheet.
    """
    for begin in range(start, stop, _CHUNK):
        chunk = slice(begin, min(begin + _CHUNK, stop))
        first = first_row + begin - start
        numbers = pa.array(np.arange(first, first + chunk.stop - begin)).cast(pa.string())
        parts: list[Any] = ['<row r="', numbers, '">']
        for index, column in enumerate(columns, 1):
            head = f'<c r="{get_column_letter(index)}'
            parts.append(_join(head, numbers, '"', column.tails(chunk), "</c>"))
        yield _bytes(
            pc.binary_join_element_wise(
                *parts, "</row>", "", null_handling="replace", null_replacement=""
            )
        )


def _join(*parts: Any) -> pa.Array:
    """The texts after one another; null where one is null."""
    return pc.binary_join_element_wise(*parts, "")


def _bytes(strings: pa.Array) -> memoryview:
    """All the strings after one another, without a copy."""
    _, offsets, data = strings.buffers()
    ends = np.frombuffer(offsets, np.int32)
    return memoryview(data)[ends[strings.offset] : ends[strings.offset + len(strings)]]


def _string_tail(text: str) -> str:
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{escape(clean(text))}</t></is>'


def _take(texts: Iterable[str], codes: Any) -> Tails:
    """The text at each code; -1 is no cell."""
    tails = pa.array([_string_tail(text) for text in texts], pa.string())

    def taken(chunk: slice) -> pa.Array:
        part = codes[chunk].astype(np.int64)
        return tails.take(pa.array(part, mask=part < 0))

    return taken


def _codes(column: "pd.Series[Any]") -> Any:
    return column.cat.codes.to_numpy()


def _category(column: "pd.Series[Any]") -> Tails:
    return _take(map(str, column.cat.categories), _codes(column))


def _name(rows: pd.DataFrame, thing: str, words: Words) -> Tails:
    """Names; where one is null, this account may not see it, and its id stands for it."""
    names, ids = rows[f"{thing}_name"], rows[f"{thing}_id"]
    known = [words.name(Name(str(text))) for text in names.cat.categories]
    hidden = [words.name(Name(None, str(id_))) for id_ in ids.cat.categories]
    named = _codes(names)
    if (named >= 0).all():
        return _take(known, named)
    keys = _codes(ids)
    by_id = np.where(keys >= 0, keys.astype(np.int32) + len(known), -1)
    return _take(known + hidden, np.where(named >= 0, named, by_id).astype(np.int32))


def _tenant(rows: pd.DataFrame, words: Words) -> Tails:
    """As `_name`; a deployment without a tenant says so."""
    name = _name(rows, "tenant", words)
    untenanted = pa.scalar(_string_tail(words.text("excel.untenanted")))
    return lambda chunk: name(chunk).fill_null(untenanted)


def _group(column: "pd.Series[Any]", words: Words) -> Tails:
    group = _category(column)
    none = pa.scalar(_string_tail(words.text("excel.no_group")))
    return lambda chunk: group(chunk).fill_null(none)


def _id(column: "pd.Series[Any]") -> Tails:
    def tails(chunk: slice) -> pa.Array:
        texts = pa.array(column.iloc[chunk].array, pa.string())
        texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
        if pc.any(pc.match_substring_regex(texts, _SPECIAL)).as_py():
            return pa.array(
                [None if text is None else _string_tail(text) for text in texts.to_pylist()]
            )
        return _join(' t="inlineStr"><is><t>', texts, "</t></is>")

    return tails


def _instant(column: "pd.Series[Any]", zone: str, style: int) -> Tails:
    """Days since Excel's epoch, by the clock of the zone."""

    def tails(chunk: slice) -> pa.Array:
        local = column.iloc[chunk].dt.tz_convert(ZoneInfo(zone)).dt.tz_localize(None)
        return _time_tails(local - _EXCEL_EPOCH, _NS_PER_DAY, style)

    return tails


def _duration(column: "pd.Series[Any]", ns_per_unit: float, style: int) -> Tails:
    return lambda chunk: _time_tails(column.iloc[chunk], ns_per_unit, style)


def _time_tails(times: "pd.Series[Any]", ns_per_unit: float, style: int) -> pa.Array:
    ns = times.to_numpy("timedelta64[ns]")
    return _number_tails(pa.array(ns.view(np.int64) / ns_per_unit, mask=np.isnat(ns)), style)


def _date(column: "pd.Series[Any]", style: int) -> Tails:
    return lambda chunk: _time_tails(column.iloc[chunk] - _EXCEL_EPOCH, _NS_PER_DAY, style)


def _weekday(column: "pd.Series[Any]", words: Words) -> Tails:
    names = [words.text(f"weekday.{number}") for number in range(_WEEK)]
    return _take(names, column.to_numpy())


def _whole(column: "pd.Series[Any]") -> Tails:
    """Small whole numbers; none where they are missing or negative."""

    def tails(chunk: slice) -> pa.Array:
        numbers = np.nan_to_num(column.iloc[chunk].to_numpy(dtype=np.float32), nan=-1)
        texts = pa.array(numbers.astype(np.int8), mask=numbers < 0).cast(pa.string())
        return _join("><v>", texts, "</v>")

    return tails


def _number(column: "pd.Series[Any]", style: int) -> Tails:
    return lambda chunk: _number_tails(
        pa.array(column.iloc[chunk].to_numpy(), pa.float64(), from_pandas=True), style
    )


def _number_tails(values: pa.Array, style: int) -> pa.Array:
    return _join(f' s="{style}"><v>', values.cast(pa.string()), "</v>")


def _flag(column: "pd.Series[Any]") -> Tails:
    both = pa.array([' t="b"><v>0</v>', ' t="b"><v>1</v>'])
    return lambda chunk: both.take(pa.array(column.iloc[chunk].to_numpy().astype(np.int8)))
