"""Which of two releases is newer, by their versions, where these tell.

Compared are Semantic Versioning 2.0.0 (semver.org, clause 11), NuGet's four parts
(learn.microsoft.com/nuget/concepts/package-versioning) and dates, padded or not, all with a ``v``
before them or without. Not compared are texts of other forms, versions of two different schemes,
and what lies in or behind a suffix that looks like the hash of a commit.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+.*)?", re.ASCII | re.IGNORECASE)
_DATE = re.compile(
    r"v?((?:19|20)\d\d)(?:-(0?[1-9]|1[0-2])-(0?[1-9]|[12]\d|3[01])"
    r"|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))(\d{4}|\d{6})?((?:[.-]\d+)*)(?:\+.*)?",
    re.ASCII | re.IGNORECASE,
)
"""Dates with hyphens or without anything between; those with dots are numbers as any."""
_YEARS = range(1900, 2100)
_HASH = re.compile(r"g?(?=[0-9]*[a-f]|(?<=g))[0-9a-f]{7,40}", re.ASCII | re.IGNORECASE)
_LONG = 7
"""A single number of as many digits is no version: it may be a hash of digits alone."""

_LONGEST = 350
"""Characters of a version; longer texts are none, and no number of too many digits is read."""

Identifier = tuple[tuple[bool, int, str], ...]
"""The runs of digits (False, their value) and of other characters (True) of an identifier."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version that can be compared.

    Attributes:
        scheme: whether the first number is a year.
        numbers: without the zeros at their end: 1.0 is 1.0.0.
        labels: the identifiers of its pre-release; none of a release.
        cut: the labels end where a hash begins, so that nothing is known from there on.
    """

    scheme: Literal["numbers", "year"]
    numbers: tuple[int, ...]
    labels: tuple[Identifier, ...] = ()
    cut: bool = False


@lru_cache(maxsize=1 << 16)
def parse_version(text: str) -> Version | None:
    """The version that a text is; None for text that is none."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    date = _DATE.fullmatch(text)
    if date is not None:
        return Version("year", _trimmed(re.findall(r"\d+", " ".join(filter(None, date.groups())))))
    match = _VERSION.fullmatch(text)
    if match is None or (text.isdecimal() and len(text) >= _LONG):
        return None
    numbers = _trimmed(match[1].split("."))
    labels = match[2].split(".") if match[2] else []
    hashed = (at for at, label in enumerate(labels) if any(map(_HASH.fullmatch, label.split("-"))))
    end = next(hashed, len(labels))
    scheme: Literal["numbers", "year"] = (
        "year" if numbers[:1] and numbers[0] in _YEARS else "numbers"
    )
    return Version(scheme, numbers, tuple(map(_identifier, labels[:end])), end < len(labels))


def compare_versions(one: str, other: str) -> int | None:
    """-1, 0 or 1: whether the release ``one`` is older than ``other``, as new, or newer.

    Numbers count by value (rc.9 < rc.10, beta9 < beta10), a pre-release comes before its release,
    build metadata and case do not count. None where the versions do not tell.
    """
    left, right = parse_version(one), parse_version(other)
    if left is None or right is None or left.scheme != right.scheme:
        return None
    if left.numbers != right.numbers:
        return _sign(left.numbers > right.numbers)
    for mine, theirs in zip(left.labels, right.labels, strict=False):
        if mine != theirs:
            return _sign(mine > theirs)
    if left.cut or right.cut:
        return 0 if one == other else None
    lengths = [len(side.labels) or _LONGEST for side in (left, right)]  # a release comes last
    return 0 if lengths[0] == lengths[1] else _sign(lengths[0] > lengths[1])


def _identifier(label: str) -> Identifier:
    """A number, or a word with the numbers in it by their value; numbers come before words."""
    if label.isdecimal():
        return ((False, int(label), ""),)
    runs = re.findall(r"\d+|\D+", label.casefold())
    return ((True, 0, ""), *((not run.isdecimal(), _value(run), _word(run)) for run in runs))


def _value(run: str) -> int:
    return int(run) if run.isdecimal() else 0


def _word(run: str) -> str:
    return "" if run.isdecimal() else run


def _trimmed(parts: list[str]) -> tuple[int, ...]:
    numbers = [int(part) for part in parts]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _sign(newer: bool) -> int:
    return 1 if newer else -1
