"""Someone's deployments in a file: Octopus's CSV download, our own export, or the API's JSON.

Instants without a zone are UTC. Cells are read in every form that .NET and spreadsheets give them.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from insights_reports.server import ids
from insights_reports.server.incoming_cells import refuse, rows, short
from insights_reports.server.ticks import TICKS_PER_SECOND, parse_duration, parse_instant

STATES = ("Success", "Failed", "Canceled", "TimedOut")
_DAY = 86_400 * TICKS_PER_SECOND
_YEAR = 365 * _DAY
_DAYS = re.compile(r"(-?)(\d+)\.(\d\d:\d\d:\d\d(?:\.\d+)?)", re.ASCII)  # .NET prints days apart
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
# .NET's invariant form: the month stands first.
_INVARIANT = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d:\d\d(?:\.\d+)?) ?(.*)", re.ASCII)
_OFFSET = re.compile(r"(.*:[\d.]+) ?([+-]\d\d):?(\d\d)?", re.ASCII)


class Incoming(NamedTuple):
    """One deployment as the file states it. Durations and the instant are ticks; None: not stated.

    `place` says where in the file it stands. Deployments are the numbers in their ids.
    """

    place: str
    deployment: int | None
    project: str
    channel: str
    environment: str
    tenant: str | None
    release: str
    completed: int
    state: str
    guided: bool
    lead_time: int | None
    lead_from: str | None
    since_previous: int | None
    previous: int | None
    recovery: int | None
    attempts: int | None
    recovered: int | None
    recovered_release: str | None
    has_zone: bool  # of the instant; without one it is UTC


def read(path: Path) -> Iterator[Incoming]:
    """Every deployment in the file, as it goes. Raises UsageError with place, column and value."""
    with path.open("rb") as file:
        for place, cells in rows(path, file):
            yield _incoming(path, place, cells)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    value.encode()  # JSON can hold half a character, which is none
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _deployment(value: Any) -> int | None:
    return None if value is None else ids.number("Deployments", _text(value))


def _state(value: Any) -> str:
    return {state.casefold(): state for state in STATES}[_text(value).casefold()]


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return _TRUTHS[_text(value).casefold()]


def _instant(value: Any) -> int:
    text: str = value.strip()
    invariant = _INVARIANT.fullmatch(text)
    if invariant:
        month, day, year, time, zone = invariant.groups()
        text = f"{year}-{month}-{day}T{time}{zone}"
    offset = _OFFSET.fullmatch(text)
    if offset:
        text = f"{offset[1]}{offset[2]}:{offset[3] or '00'}"
    ticks = parse_instant(text)
    if not 0 <= ticks < 300 * _YEAR:  # Octopus writes the year 1 where it has no time
        raise ValueError
    return ticks


def _duration(value: Any) -> int | None:
    if value is None:
        return None
    days = _DAYS.fullmatch(value.strip())
    ticks = parse_duration(days[1] + days[3]) if days else parse_duration(value)
    if days:
        ticks += int(days[1] + days[2]) * _DAY
    if abs(ticks) > 50 * _YEAR:
        raise ValueError
    return ticks


def _count(value: Any) -> int | None:
    if value is None:
        return None
    number = float(value)
    if not number.is_integer() or not 0 <= number < 2**31 or isinstance(value, bool):
        raise ValueError
    return int(number)


_NAME: tuple[Callable[[Any], Any], str] = (_text, "a name")
_ID: tuple[Callable[[Any], Any], str] = (_deployment, "a text")
_VERSION: tuple[Callable[[Any], Any], str] = (_optional_text, "a text")
_SPAN: tuple[Callable[[Any], Any], str] = (_duration, "a duration such as 1:12:39.4")
# The fields of Incoming after its place: the column, how it is read, and what is expected there.
_FIELDS: tuple[tuple[str, Callable[[Any], Any], str], ...] = (
    ("Deployment", *_ID),
    ("Project", *_NAME),
    ("Channel", *_NAME),
    ("Environment", *_NAME),
    ("Tenant", *_VERSION),
    ("Release", _text, "a version"),
    ("Completed", _instant, "a time such as 2026-08-18T14:28:15Z"),
    ("State", _state, "one of " + ", ".join(STATES)),
    ("Had Guided Failure", _truth, "true or false"),
    ("Lead Time", *_SPAN),
    ("Lead Time Calculated From", *_VERSION),
    ("Since Previous Successful", *_SPAN),
    ("Previous Successful", *_ID),
    ("Time to Recovery", *_SPAN),
    ("Deployments Until Recovery", _count, "a whole number"),
    ("Recovery From", *_ID),
    ("Recovery From Version", *_VERSION),
)


def _incoming(path: Path, place: str, cells: dict[str, Any]) -> Incoming:
    values = []
    for column, convert, wanted in _FIELDS:
        try:
            values.append(convert(cells.get(column)))
        except (ValueError, KeyError, OverflowError, TypeError, AttributeError):
            refuse(path, place, column, short(cells.get(column)), wanted)
    return Incoming._make([place, *values, _has_zone(cells["Completed"])])


def _has_zone(instant: str) -> bool:
    return instant.rstrip().endswith("Z") or _OFFSET.fullmatch(instant.strip()) is not None
