"""Columns of text: one line for each cell, printed without a Python object for each figure.

A text column is an array of bytes, a row for each line; what a line leaves unused is zero and is
dropped when the columns are joined to lines.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from insights_reports.server.columns import Integers

Text = NDArray[np.uint8]
_ZERO = ord("0")
_DECIMALS = 100_000
_MINUS = ord("-")


def constant(text: str) -> Text:
    """The same on every line."""
    return np.frombuffer(text.encode(), np.uint8)[np.newaxis]


_TWO_DIGITS = np.concatenate([constant(f"{n:02d}") for n in range(60)])


def lines(columns: Iterable[Text], count: int) -> bytes:
    """The columns side by side, `count` lines one after the other."""
    return beside(columns, count).tobytes().translate(None, b"\0")


def beside(columns: Iterable[Text], count: int) -> Text:
    """The columns side by side as one."""
    return np.hstack([np.broadcast_to(each, (count, each.shape[1])) for each in columns])


def either(where: NDArray[np.bool_], text: Text, otherwise: str) -> Text:
    """The lines of `text`, in order, where it says so, and `otherwise` on the others."""
    rest = constant(otherwise)
    whole = np.zeros((len(where), max(text.shape[1], rest.shape[1])), np.uint8)
    whole[:, : rest.shape[1]] = rest
    whole[where] = 0
    whole[where, : text.shape[1]] = text
    return whole


def digits(values: Integers) -> Text:
    """Numbers that are not negative."""
    width = len(str(values.max(initial=0)))
    above = values[:, np.newaxis] // 10 ** np.arange(width - 1, -1, -1)
    printed = (above % 10 + _ZERO).astype(np.uint8)
    printed[:, :-1][above[:, :-1] == 0] = 0
    return printed


def durations(seconds: Integers) -> Text:
    """`"[-]H:mm:ss.0"`, quoted."""
    minutes, second = np.divmod(abs(seconds), 60)
    hours, minute = np.divmod(minutes, 60)
    sign = np.where(seconds < 0, _MINUS, 0).astype(np.uint8)[:, np.newaxis]
    colon = constant(":")
    pieces = [constant('"'), sign, digits(hours), colon, _TWO_DIGITS[minute], colon]
    return beside([*pieces, _TWO_DIGITS[second], constant('.0"')], len(seconds))


def numbers(parts: Integers) -> Text:
    """Numbers with five decimals, given as whole 100,000ths."""
    different, place = np.unique(parts, return_inverse=True)
    printed = np.array([repr(each / _DECIMALS) for each in different.tolist()], np.bytes_)
    return np.frombuffer(printed.tobytes(), np.uint8).reshape(-1, printed.itemsize)[place]
