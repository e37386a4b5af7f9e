"""The values in the cells of a CSV file: instants, durations, yes and no, numbers."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from insights_reports.errors import BadReply
from insights_reports.spelling.columns import Ints, parse_durations, parse_instants
from insights_reports.spelling.text import UNSET, parse_instant

Texts = Sequence[str | None]

_ISO = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[T ](?P<time>\d\d:\d\d:\d\d(?:\.\d{1,7})?) ?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?"
)
_NET = re.compile(  # .NET's invariant DateTimeOffset: month, day, year
    r"(?P<month>\d\d)/(?P<date>\d\d)/(?P<year>\d{4}) (?P<time>\d\d:\d\d:\d\d(?:\.\d{1,7})?) "
    r"(?P<zone>[+-]\d\d:\d\d)"
)
_YES, _NO = {"true", "yes", "1"}, {"false", "no", "0"}
_COUNT = re.compile(r"[0-9]{1,9}([.,]0+)?")


@dataclass(frozen=True)
class CsvColumn:
    """A column's title, its texts and the lines that they stand in, for errors to name."""

    title: str
    texts: Texts
    lines: Sequence[int]

    def refused(self, row: int, what: str) -> BadReply:
        text = self.texts[row]
        return BadReply(what, f"{self.title}, row {self.lines[row]}: {text!a:.80}")


def instants(column: CsvColumn) -> tuple[Ints, int]:
    """Nanoseconds since 1970, and how many have no zone and were taken for UTC.

    Raises:
        BadReply: when a cell is no instant; names the column and the line.
    """
    broken = np.zeros(len(column.texts), np.bool_)
    found = parse_instants(pa.array(column.texts, pa.string()), broken)
    without = 0
    for row in np.flatnonzero(broken).tolist():
        spelled, zoned = _spelled(str(column.texts[row]).strip())
        try:
            found[row] = parse_instant(spelled) * 100
        except BadReply:
            raise column.refused(row, "A cell is no date and time.") from None
        without += not zoned
    return found, without


def _spelled(text: str) -> tuple[str, bool]:
    """The instant as Octopus spells it, and whether it says its zone."""
    net, iso = _NET.fullmatch(text), _ISO.fullmatch(text)
    if net:
        return f"{net['year']}-{net['month']}-{net['date']}T{net['time']}{net['zone']}", True
    if iso and not UNSET.fullmatch(text):
        return f"{iso['day']}T{iso['time']}{iso['zone'] or 'Z'}", iso["zone"] is not None
    return text, True


def durations(column: CsvColumn) -> Ints:
    """Ticks of 100 ns. Raises BadReply when a cell is no duration."""
    broken = np.zeros(len(column.texts), np.bool_)
    ticks = parse_durations(pa.array(column.texts, pa.string()), broken)
    if broken.any():
        raise column.refused(int(np.flatnonzero(broken)[0]), "A cell is no duration.")
    return ticks


def booleans(column: CsvColumn) -> npt.NDArray[np.bool_]:
    """Yes and no; an empty cell is no. Raises BadReply when a cell is neither."""
    return np.array(_each(column, _boolean, "A cell is neither true nor false."), np.bool_)


def counts(column: CsvColumn) -> npt.NDArray[np.float64]:
    """Whole numbers, NaN where empty. Raises BadReply when a cell is none."""
    return np.array(_each(column, _count, "A cell is no number."), np.float64)


def _each(column: CsvColumn, read: Callable[[str], Any], what: str) -> list[Any]:
    known: dict[str, Any] = {}
    found = []
    for row, text in enumerate(column.texts):
        key = (text or "").strip().casefold()
        if key not in known:
            known[key] = read(key)
        if known[key] is None:
            raise column.refused(row, what)
        found.append(known[key])
    return found


def _boolean(text: str) -> bool | None:
    return True if text in _YES else False if not text or text in _NO else None


def _count(text: str) -> float | None:
    if not text:
        return np.nan
    return float(text.replace(",", ".")) if _COUNT.fullmatch(text) else None
