"""Which stated series is which of ours. Octopus states names; we tell series apart by ids.

A name that one series has on each side decides. Several objects with one name, names that this
account may not see, and the names that Octopus gives to deployments without tenant or tag are told
apart by their figures: the pairs that agree most are taken first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from insights_reports.crosscheck.conventions.rounding import Rounding
from insights_reports.crosscheck.tables.cells import StatedCells, signature
from insights_reports.metrics import UNKNOWN, UNTAGGED, UNTENANTED
from insights_reports.spelling.figures import FAILURE_RATE, FIGURES, POSITION

NAMELESS = frozenset({UNKNOWN, UNTAGGED, UNTENANTED})
_MANY = 24
_TOTAL = POSITION[FAILURE_RATE, "Total"]


@dataclass(frozen=True)
class Pairing:
    """``series`` has our number of each stated series; those without one get numbers of their own,
    from ``len(ours)`` on. ``absent`` are our numbers that Octopus states no series for."""

    series: tuple[int, ...]
    absent: tuple[int, ...]


def pair(
    names: Sequence[str | None],
    stated: StatedCells,
    ours: Sequence[tuple[str, str | None]],
    our_cells: StatedCells,
    rounding: Rounding,
) -> Pairing:
    """The pairs of stated ``names`` and of ``ours``, which are keys and names."""
    matcher = _Matcher(stated, our_cells, rounding)
    found: dict[int, int] = {}
    by_name: dict[str | None, list[int]] = defaultdict(list)
    for number, (_, name) in enumerate(ours):
        by_name[name].append(number)
    stated_by_name: dict[str | None, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        stated_by_name[name].append(number)
    for name, theirs in stated_by_name.items():
        found |= matcher.assign(theirs, by_name.get(name, []))
    found |= _unnamed(names, ours, matcher, found)
    return _numbered(len(names), len(ours), found)


def _unnamed(
    names: Sequence[str | None],
    ours: Sequence[tuple[str, str | None]],
    matcher: _Matcher,
    found: dict[int, int],
) -> dict[int, int]:
    """Series that Octopus names otherwise than we do: by their id, else by most of their totals."""
    taken = set(found.values())
    theirs = [number for number in range(len(names)) if number not in found]
    free = [
        number
        for number, (key, name) in enumerate(ours)
        if number not in taken and (name is None or key in NAMELESS)
    ]
    by_key = {ours[number][0]: number for number in free}
    paired = {
        number: by_key[name] for number in theirs if (name := names[number]) in by_key and name
    }
    left = [number for number in theirs if number not in paired]
    still_free = [number for number in free if number not in paired.values()]
    return paired | matcher.assign(left, still_free, at_least=0.5)


def _numbered(stated: int, ours: int, found: dict[int, int]) -> Pairing:
    extra = iter(range(ours, ours + stated))
    series = tuple(found[number] if number in found else next(extra) for number in range(stated))
    taken = set(series)
    return Pairing(series, tuple(number for number in range(ours) if number not in taken))


class _Matcher:
    """Pairs series of two sides by how many of their figures agree."""

    def __init__(self, stated: StatedCells, ours: StatedCells, rounding: Rounding) -> None:
        self._stated, self._ours, self._rounding = stated, ours, rounding

    def assign(
        self, theirs: list[int], ours: list[int], at_least: float | None = None
    ) -> dict[int, int]:
        """The best pairs first; with ``at_least``, only those that agree in that share of totals.

        Two that are alone on their sides are paired without a look unless ``at_least`` is given.
        """
        if at_least is None and len(theirs) == 1 and len(ours) == 1:
            return {theirs[0]: ours[0]}
        if not theirs or not ours:
            return {}
        their_cells = {number: _of(self._stated, number) for number in theirs}
        our_cells = {number: _of(self._ours, number) for number in ours}
        pairs = self._same_counts(their_cells, our_cells)
        for number, other in pairs.items():
            del their_cells[number], our_cells[other]
        return pairs | self._closest(their_cells, our_cells, at_least)

    def _same_counts(
        self, theirs: dict[int, StatedCells], ours: dict[int, StatedCells]
    ) -> dict[int, int]:
        """Pairs whose counts are all the same; where several are, those that agree most."""
        groups: dict[bytes, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
        for side, cells in enumerate((theirs, ours)):
            for number, its in cells.items():
                groups[signature(its)][side].append(number)
        pairs: dict[int, int] = {}
        for here, there in groups.values():
            if len(here) == 1 == len(there):
                pairs[here[0]] = there[0]
            elif here and there:
                some = ({one: theirs[one] for one in here}, {one: ours[one] for one in there})
                pairs |= self._closest(*some, None)
        return pairs

    def _closest(
        self, theirs: dict[int, StatedCells], ours: dict[int, StatedCells], at_least: float | None
    ) -> dict[int, int]:
        if len(theirs) * len(ours) > _MANY**2:
            return _by_size(theirs, ours) if at_least is None else {}
        scores = sorted(
            (
                (*self._score(one, other), -number, -mate)
                for number, one in theirs.items()
                for mate, other in ours.items()
            ),
            key=lambda score: (score[1], *score) if at_least is None else score,
            reverse=True,
        )  # of one name: by all figures, so that a wrong total does not mate the wrong ones
        pairs: dict[int, int] = {}
        for totals, _, number, mate in scores:
            free = -number not in pairs and -mate not in pairs.values()
            if free and (at_least is None or totals > at_least):
                pairs[-number] = -mate
        return pairs

    def _score(self, one: StatedCells, other: StatedCells) -> tuple[float, float]:
        """The share of totals that agree, and of all figures."""
        starts = np.union1d(one.start, other.start)
        left = StatedCells(np.zeros_like(one.start), one.start, one.columns).at(starts)
        right = StatedCells(np.zeros_like(other.start), other.start, other.columns).at(starts)
        agrees = [
            float(self._rounding.agrees(figure, left[number], right[number]).mean())
            for number, figure in enumerate(FIGURES)
        ]
        return agrees[_TOTAL], float(np.mean(agrees))


def _of(cells: StatedCells, number: int) -> StatedCells:
    return cells.take(cells.series == number)


def _by_size(theirs: dict[int, StatedCells], ours: dict[int, StatedCells]) -> dict[int, int]:
    """Too many to try every pair: the largest with the largest."""

    def by_size(side: dict[int, StatedCells]) -> list[int]:
        return sorted(side, key=lambda number: -int(side[number].columns[_TOTAL].sum()))

    return dict(zip(by_size(theirs), by_size(ours), strict=False))
