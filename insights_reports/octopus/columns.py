"""Whole columns of durations and instants, between Octopus's text and numbers.

Exact to the tick of 100 ns: values stay integers throughout, because a float has 53 bits and a
tick count needs more. ``NULL`` marks null.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view

from insights_reports.errors import BadReply
from insights_reports.octopus.text import MOST_TICKS, parse_duration, parse_instant

NULL = np.iinfo(np.int64).min
"""What numpy calls NaT."""

Ints = npt.NDArray[np.int64]

_ROWS = 1 << 16  # a block's arrays stay in the processor's cache
_MINUS, _DOT, _COLON, _ZERO = b"-.:0"
_PLACES = 10 ** np.arange(6, -1, -1, dtype=np.int32)
_MOST_HOUR_DIGITS = 7  # 292 years are 2,562,047 hours


def parse_durations(texts: pa.Array) -> Ints:
    """Ticks of each text (see `text.parse_duration`), ``NULL`` where it is null.

    Raises:
        BadReply: when one of them is no duration.
    """
    ticks = np.full(len(texts), NULL, np.int64)
    for start in range(0, len(texts), _ROWS):
        block = texts.slice(start, _ROWS)
        valid = np.flatnonzero(block.is_valid().to_numpy(zero_copy_only=False))
        ticks[start + valid] = _parse_block(block.drop_null() if block.null_count else block)
    return ticks


def _parse_block(texts: pa.Array) -> Ints:
    if not len(texts):
        return np.empty(0, np.int64)
    ticks = _parse_usual(*_bytes_of(texts))
    if ticks is None:  # days, or no duration at all
        return np.array([parse_duration(text) for text in texts.to_pylist()], np.int64)
    return ticks


def _bytes_of(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The characters of non-null texts in one array, and the n + 1 borders between them."""
    _, offsets, data = texts.buffers()
    wide = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    some = slice(texts.offset, texts.offset + len(texts) + 1)
    borders: Ints = np.frombuffer(offsets, wide)[some].astype(np.int64)
    if data is None:
        return np.empty(0, np.uint8), borders
    return np.frombuffer(data, np.uint8)[borders[0] : borders[-1]], borders - borders[0]


def _parse_usual(chars: npt.NDArray[np.uint8], borders: Ints) -> Ints | None:
    """Ticks, when every text is ``[-]H+:mm:ss[.f]``; None when one is not.

    Colons and dots are found at once for all texts. Where they stand right and every other
    character is a digit, the texts have that form, and each digit's place is known.
    """
    start, end = borders[:-1], borders[1:]
    colons = np.flatnonzero(chars == _COLON)
    if len(colons) != 2 * len(start) or (end <= start).any():
        return None
    first, second = colons[0::2], colons[1::2]
    negative = chars[start] == _MINUS
    hours_from = start + negative
    fraction = end > second + 3
    digits = len(chars) - len(colons) - int(negative.sum()) - int(fraction.sum())
    in_place = (
        ((first > hours_from) & (second == first + 3) & (end >= second + 3) & (end <= second + 11))
        & ~(fraction & (end == second + 4))
        & (~fraction | (chars[np.minimum(second + 3, len(chars) - 1)] == _DOT))
    )
    if (
        not in_place.all()
        or (first - hours_from).max() > _MOST_HOUR_DIGITS
        or np.count_nonzero((chars >= _ZERO) & (chars <= _ZERO + 9)) != digits
    ):
        return None
    ticks = _add_up(chars, hours_from, first, second, end)
    if ticks is not None:
        np.negative(ticks, out=ticks, where=negative)
    return ticks


def _add_up(
    chars: npt.NDArray[np.uint8], hours_from: Ints, first: Ints, second: Ints, end: Ints
) -> Ints | None:
    """Ticks without the sign; None when a number is out of its range."""
    # Padded, so that the places beyond a text's end can be read before they are masked.
    digit = np.concatenate([chars, np.zeros(8, np.uint8)]) - np.uint8(_ZERO)
    minutes = digit[first + 1].astype(np.int64) * 10 + digit[first + 2]
    seconds = digit[second + 1].astype(np.int64) * 10 + digit[second + 2]
    if (minutes > 59).any() or (seconds > 59).any():
        return None
    hours = np.zeros(len(first), np.int64)
    for back in range(int((first - hours_from).max()), 0, -1):
        at = first - back
        hours = hours * 10 + np.where(at >= hours_from, digit[at], 0)
    places = sliding_window_view(digit, 7)[np.minimum(second + 4, len(chars))]
    stated = np.arange(7) < (end - second - 4)[:, np.newaxis]
    fraction = np.where(stated, places, 0).astype(np.int32) @ _PLACES
    ticks: Ints = ((hours * 60 + minutes) * 60 + seconds) * 10_000_000 + fraction
    if (ticks > MOST_TICKS).any():
        return None
    return ticks


def print_durations(ticks: Ints) -> pa.Array:
    """Each duration as Octopus prints it (see `text.print_duration`); null where ``NULL``."""
    null = ticks == NULL
    seconds, fraction = np.divmod(np.abs(np.where(null, 0, ticks)), 10_000_000)
    digits = pc.utf8_rtrim(pc.utf8_lpad(_texts(fraction), 7, "0"), "0")
    parts = [
        _texts(seconds // 3600),
        pc.utf8_lpad(_texts(seconds // 60 % 60), 2, "0"),
        pc.utf8_lpad(_texts(seconds % 60), 2, "0"),
    ]
    printed = pc.binary_join_element_wise(
        pc.binary_join_element_wise(*parts, ":"),
        pc.if_else(pc.equal(digits, ""), "0", digits),
        ".",
    )
    signs = pc.if_else(pa.array(ticks < 0), "-", "")
    return pc.if_else(
        pa.array(null),
        pa.scalar(None, pa.string()),
        pc.binary_join_element_wise(signs, printed, ""),
    )


def _texts(numbers: Ints) -> Any:
    return pa.array(numbers).cast(pa.string())


def parse_instants(texts: pa.Array) -> Ints:
    """Nanoseconds since 1970 of each text (see `text.parse_instant`), ``NULL`` where it is null.

    Raises:
        BadReply: when one of them is no instant, or not between the years 1678 and 2262.
    """
    try:
        instants = texts.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
    except pa.ArrowInvalid:
        instants = None
    # Arrow takes nine digits, and times without seconds; the second reading says what is wrong.
    if instants is None or (pc.fill_null(instants, 0).to_numpy() % 100).any():
        return np.array([_nanosecond(text) for text in texts.to_pylist()], np.int64)
    numbers: Ints = instants.fill_null(int(NULL)).to_numpy()
    return numbers


def _nanosecond(text: str | None) -> int:
    if text is None:
        return int(NULL)
    ticks = parse_instant(text)
    if abs(ticks) > MOST_TICKS:
        raise BadReply("Octopus stated an instant beyond all calendars.", f"Instant: {text[:80]!a}")
    return ticks * 100


def print_instants(nanoseconds: Ints) -> pa.Array:
    """Each instant as Octopus prints it, with seven digits and ``Z``; null where ``NULL``."""
    null = nanoseconds == NULL
    whole = pa.array(np.where(null, 0, nanoseconds)).cast(pa.timestamp("ns")).cast(pa.string())
    ticks = pc.utf8_slice_codeunits(whole, 0, 27)  # the two last digits of nine are zeros
    printed = pc.binary_join_element_wise(
        pc.utf8_replace_slice(ticks, start=10, stop=11, replacement="T"), "Z", ""
    )
    return pc.if_else(pa.array(null), pa.scalar(None, pa.string()), printed)
