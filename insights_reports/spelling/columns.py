"""Whole columns of durations and instants, between Octopus's text and numbers.

Exact to the tick of 100 ns: values stay integers throughout, because a float has 53 bits and a
tick count needs more. ``NULL`` marks null.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.errors import BadReply
from insights_reports.spelling.terms import NULL
from insights_reports.spelling.text import MOST_TICKS, UNSET, parse_duration, parse_instant

Ints = npt.NDArray[np.int64]

_ROWS = 1 << 16  # a block's arrays stay in the processor's cache
_MINUS, _DOT, _COLON, _ZERO = b"-.:0"
_MOST_HOUR_DIGITS = 7  # 292 years are 2,562,047 hours
_PADDING = 16  # zeros around the characters, so that eight can be read from every place

_ZEROS, _SIXES, _LOW = (np.uint64(byte * 0x0101010101010101) for byte in b"0\x06\x0f")
_FIRST = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
"""The places of the first n of eight characters."""
_CLOCK = np.uint64(0x0000_00FF_FF00_FFFF)
"""The places of the digits in ``mm:ss`` and three more characters."""

Marks = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]
"""Eight characters each, the first in the lowest byte."""


def parse_durations(texts: pa.Array, broken: Marks | None = None) -> Ints:
    """Ticks of each text (see `text.parse_duration`), ``NULL`` where it is null.

    With ``broken``, one mark a text, those that are no duration are marked there and ``NULL``.

    Raises:
        BadReply: when one of them is no duration, and ``broken`` is not given.
    """
    ticks = np.full(len(texts), NULL, np.int64)
    for start in range(0, len(texts), _ROWS):
        block = texts.slice(start, _ROWS)
        valid = np.flatnonzero(block.is_valid().to_numpy(zero_copy_only=False))
        found, wrong = _parse_block(block.drop_null() if block.null_count else block)
        if broken is None and wrong:
            parse_duration(block[int(valid[wrong[0]])].as_py())
        elif broken is not None:
            broken[start + valid[wrong]] = True
        ticks[start + valid] = found
    return ticks


def _parse_block(texts: pa.Array) -> tuple[Ints, list[int]]:
    """The ticks of non-null texts, and the places of those that are no duration."""
    chars, borders = _bytes_of(texts)
    colons = np.flatnonzero(chars == _COLON)
    if len(colons) == 2 * len(texts):
        ticks, usual = _parse_usual(chars, borders, colons[0::2], colons[1::2])
    else:
        ticks, usual = np.empty(len(texts), np.int64), np.zeros(len(texts), np.bool_)
    wrong = []
    for row in np.flatnonzero(~usual).tolist():  # with days, or no duration at all
        try:
            ticks[row] = parse_duration(texts[row].as_py())
        except BadReply:
            ticks[row] = NULL
            wrong.append(row)
    return ticks, wrong


def _bytes_of(texts: pa.Array) -> tuple[npt.NDArray[np.uint8], Ints]:
    """The characters of non-null texts in one array, and the n + 1 borders between them."""
    _, offsets, data = texts.buffers()
    wide = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    if data is None or not len(texts):
        return np.empty(0, np.uint8), np.zeros(len(texts) + 1, np.int64)
    some = slice(texts.offset, texts.offset + len(texts) + 1)
    borders: Ints = np.frombuffer(offsets, wide)[some].astype(np.int64)
    return np.frombuffer(data, np.uint8)[borders[0] : borders[-1]], borders - borders[0]


def _parse_usual(
    chars: npt.NDArray[np.uint8], borders: Ints, first: Ints, second: Ints
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The ticks of texts of the form ``[-]H+:mm:ss[.f]``, and which of them have it.

    Args:
        first, second: where each text's colons stand, if each has its two.
    """
    start, end = borders[:-1], borders[1:]
    padded = _padded(chars)
    negative = padded[start + _PADDING] == _MINUS
    hour_digits = first - start - negative
    digits = end - second - 4
    usual = (hour_digits > 0) & (hour_digits <= _MOST_HOUR_DIGITS) & (second == first + 3)
    dot = padded[np.minimum(second, len(chars)) + (_PADDING + 3)] == _DOT
    usual &= (digits == -1) | (dot & (digits > 0) & (digits <= 7))
    in_hours = ~_FIRST[np.clip(8 - hour_digits, 0, 8)]
    hours = _numbers(_eight(padded, first - 8), in_hours, usual)
    clock = _numbers(_eight(padded, first + 1), _CLOCK, usual) // 1000
    fraction = _numbers(_eight(padded, second + 4), _FIRST[np.clip(digits, 0, 7)], usual) // 10
    minutes, seconds = np.divmod(clock, 1000)
    ticks = ((hours * 60 + minutes) * 60 + seconds) * 10_000_000 + fraction
    usual &= (minutes < 60) & (seconds < 60) & (ticks <= MOST_TICKS)
    np.negative(ticks, out=ticks, where=negative)
    return ticks, usual


def _padded(chars: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    padded = np.zeros(len(chars) + 2 * _PADDING, np.uint8)
    padded[_PADDING:-_PADDING] = chars
    return padded


def _eight(padded: npt.NDArray[np.uint8], at: Ints) -> Words:
    """The eight characters from each place on."""
    everywhere = np.ndarray((len(padded) - 7,), "<u8", padded, strides=(1,))
    words: Words = everywhere[at + _PADDING]
    return words


def _numbers(words: Words, places: Words | np.uint64, right: npt.NDArray[np.bool_]) -> Ints:
    """The eight characters of each word as one number, those beside ``places`` taken for zeros.

    All eight digits are added up at once, in pairs, fours and eights, within one integer.
    ``right`` becomes false where a character is no digit.
    """
    digits = _ZEROS ^ ((words ^ _ZEROS) & places)
    right &= (((digits ^ _ZEROS) | ((digits + _SIXES) ^ _ZEROS)) & ~_LOW) == 0
    digits &= _LOW
    pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF
    fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF
    return ((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF).view(np.int64)


def endings(texts: pa.Array) -> Words:
    """The last eight bytes of each non-null text, zeros before a shorter one.

    Where they differ, the texts differ; they are compared far faster than texts.
    """
    chars, borders = _bytes_of(texts)
    short = np.maximum(8 - np.diff(borders), 0)
    last: Words = _eight(_padded(chars), borders[1:] - 8) & ~_FIRST[short]
    return last


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


def parse_instants(texts: pa.Array, broken: Marks | None = None) -> Ints:
    """Nanoseconds since 1970 of each text (see `text.parse_instant`), ``NULL`` where it is null or
    the first instant of year 1, which is how .NET prints a time that was never set.

    With ``broken``, one mark a text, those that are no instant are marked there and ``NULL``.

    Raises:
        BadReply: when one of them is no instant, or not between the years 1678 and 2262, and
            ``broken`` is not given.
    """
    try:
        instants = texts.cast(pa.timestamp("ns", "UTC")).cast(pa.int64())
    except pa.ArrowInvalid:
        instants = None
    # Arrow takes nine digits, and times without seconds; the second reading says what is wrong.
    if instants is None or (pc.fill_null(instants, 0).to_numpy() % 100).any():
        return _one_by_one(texts, broken)
    numbers: Ints = instants.fill_null(int(NULL)).to_numpy()
    return numbers


def _one_by_one(texts: pa.Array, broken: Marks | None) -> Ints:
    numbers = np.full(len(texts), NULL, np.int64)
    for row, text in enumerate(texts.to_pylist()):
        if text is None or UNSET.fullmatch(text):
            continue
        try:
            numbers[row] = _nanosecond(text)
        except BadReply:
            if broken is None:
                raise
            broken[row] = True
    return numbers


def _nanosecond(text: str) -> int:
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
