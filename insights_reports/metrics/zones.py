"""Instants to calendar dates in a time zone, by the zone's transitions instead of row by row."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_DAY = 86_400
_NANOSECONDS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def completions(deployments: pd.DataFrame) -> NDArray[np.datetime64]:
    """The instant of each completion (UTC): ``datetime64[ns]``, one per row, NaT for none."""
    instants: NDArray[np.datetime64] = (
        deployments["completed"].dt.as_unit("ns").to_numpy(dtype="datetime64[ns]")
    )
    return instants


def local_dates(deployments: pd.DataFrame, zone: tzinfo) -> NDArray[np.datetime64]:
    """The date of each completion in ``zone``: ``datetime64[D]``, one per row, NaT for NaT."""
    instants = completions(deployments)
    missing = np.isnat(instants)
    seconds = instants.view(np.int64) // _NANOSECONDS
    known = seconds[~missing] if missing.any() else seconds
    dates: NDArray[np.datetime64] = instants.astype("datetime64[D]")
    if not len(known):
        return dates
    at, offsets = transitions(zone, int(known.min()), int(known.max()))
    days = (seconds + _offset_of(seconds, at, offsets)) // _DAY
    return np.where(missing, dates, days.view("datetime64[D]"))


def transitions(zone: tzinfo, first: int, last: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """When the zone's offset changes between two instants, and the offset from then on.

    Args:
        first, last: the instants, in seconds since 1970 (UTC), both included.

    Returns:
        Ascending instants and offsets from UTC, in seconds. The first instant is not after
        ``first``.
    """
    begin = (_EPOCH + timedelta(seconds=first)).year
    end = (_EPOCH + timedelta(seconds=last)).year
    changes = [change for year in range(begin, end + 1) for change in _changes(zone, year)]
    at, offsets = zip(*changes, strict=True)
    return np.array(at, dtype=np.int64), np.array(offsets, dtype=np.int64)


def _offset_of(
    seconds: NDArray[np.int64], at: NDArray[np.int64], offsets: NDArray[np.int64]
) -> NDArray[np.int64]:
    if len(at) == 1:
        return np.broadcast_to(offsets[0], seconds.shape)
    return offsets[np.searchsorted(at[1:], seconds, side="right")]


@lru_cache(maxsize=1024)
def _changes(zone: tzinfo, year: int) -> tuple[tuple[int, int], ...]:
    """The offset at the start of a UTC year and each change in it.

    The offset is probed once a day and a change is then found to the second. No zone of the tz
    database leaves an offset and returns to it within a day (a test holds this since 1990).
    """
    start = _seconds(year)
    changes = [(start, _offset(zone, start))]
    for probe in range(start + _DAY, _seconds(year + 1), _DAY):
        offset = _offset(zone, probe)
        if offset != changes[-1][1]:
            changes.append((_first_second(zone, probe - _DAY, probe, offset), offset))
    last = _seconds(year + 1) - 1
    if (offset := _offset(zone, last)) != changes[-1][1]:
        changes.append((_first_second(zone, last - _DAY, last, offset), offset))
    return tuple(changes)


def _first_second(zone: tzinfo, before: int, after: int, offset: int) -> int:
    """The first second with ``offset``: it does not hold at ``before``, it does at ``after``."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == offset:
            after = middle
        else:
            before = middle
    return after


def _seconds(year: int) -> int:
    return int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())


def _offset(zone: tzinfo, seconds: int) -> int:
    offset = (_EPOCH + timedelta(seconds=seconds)).astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  (an aware instant has an offset)
    return int(offset.total_seconds())
