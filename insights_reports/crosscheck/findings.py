"""Differences of one kind as one finding: what a figure's differences have in common, by rule.

The rules look at all the differences of one figure together, then question by question, so that a
mistake of one time range is found among the tables that agree. A kind must account for at least
LEAST differences and for most of those looked at; what no kind accounts for stays single.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from insights_reports.crosscheck.causes.judged import DIFFERS, JudgedCells
from insights_reports.crosscheck.compare import Compared, agreement
from insights_reports.crosscheck.result import CheckFinding, FindingKind
from insights_reports.crosscheck.tables.intervals import begins, ends
from insights_reports.metrics.conventions import WeekStart
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    MEMBERS,
    POSITION,
    Column,
    Floats,
    Integers,
    Mask,
    is_null,
)
from insights_reports.spelling.stated import Question

LEAST = 3
_MOST = 0.8
_STEPS = (-1, 1)


@dataclass(frozen=True, eq=False)
class Differences:
    """The differences of one figure in one table, an entry for each in every array.

    Attributes:
        stated, ours: the values; NaN is null.
        tolerance: how far two values may lie apart that are printed the same.
        as_statistic: whether what is stated is ours of another statistic, a row for each of them.
        as_neighbour: whether it is ours of the interval before and after, and a place for each.
        more: the sign of the difference between the numbers of values behind the figure.
        compared: how many figures of the kind the table has, those that are zero left out.
    """

    question: Question
    number: int
    stated: Floats
    ours: Floats
    tolerance: float
    as_statistic: dict[str, Mask]
    as_neighbour: dict[int, Mask]
    more: Integers
    compared: int

    def __len__(self) -> int:
        return len(self.stated)


@dataclass(frozen=True)
class _Kind:
    """A kind that accounts for ``which`` of some differences."""

    kind: FindingKind
    which: Mask
    amount: float | None = None
    other: str | None = None


def differences(judged: JudgedCells, week_start: WeekStart) -> Iterator[Differences]:
    """The differences of a table, figure by figure; of every cell that no cause explains."""
    compared = judged.compared
    differing = judged.verdict == DIFFERS
    if not differing.any():
        return
    neighbours = {step: _neighbour(judged, step, week_start) for step in _STEPS}
    for number in np.flatnonzero(differing.any(axis=1)).tolist():
        figure, cells = FIGURES[number], np.flatnonzero(differing[number])
        stated = compared.stated[number][cells]
        others = [
            place
            for place in MEMBERS[figure.metric]
            if place != number and FIGURES[place].kind == figure.kind
        ]
        yield Differences(
            compared.table.source,
            number,
            _floats(stated),
            _floats(compared.cells.columns[number][cells]),
            judged.rounding.slack(figure, stated),
            {
                FIGURES[place].statistic or "": judged.rounding.agrees(
                    figure, stated, compared.cells.columns[place][cells]
                )
                for place in others
            },
            {step: agrees[number, cells] for step, agrees in neighbours.items()},
            _more(compared, number, cells),
            _telling(compared, number),
        )


def _neighbour(judged: JudgedCells, step: int, week_start: WeekStart) -> Mask:
    """Whether what is stated of each cell agrees with ours of the interval a step on."""
    compared = judged.compared
    start, keys = compared.cells.start, compared.keys
    if step > 0:
        other = ends(start, compared.granularity)
    else:
        other = begins(start - 1, compared.granularity, week_start)
    asked = keys + (other - start)
    place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
    known = keys[place] == asked
    columns = [column[place] for column in compared.cells.columns]
    agrees: Mask = agreement(compared.stated, columns, judged.rounding) & known
    return agrees


def _more(compared: Compared, number: int, cells: Integers) -> Integers:
    """Whether more (1), as many (0) or fewer (-1) values are stated behind the figures of cells."""
    metric = FIGURES[number].metric
    count = POSITION.get((metric, "Total" if metric == FAILURE_RATE else "Count"), number)
    stated, ours = (side[count][cells] for side in (compared.stated, compared.cells.columns))
    known = ~is_null(stated)
    more: Integers = np.where(known, np.sign(np.where(known, stated, 0) - ours), 0)
    return more


def _telling(compared: Compared, number: int) -> int:
    """How many cells have the figure, on either side, and not as zero."""
    sides = (compared.stated[number], compared.cells.columns[number])
    return int(np.any([~is_null(side) & (side != 0) for side in sides], axis=0).sum())


def _floats(column: Column) -> Floats:
    floats: Floats = np.where(is_null(column), np.nan, column.astype(np.float64))
    return floats


def findings(found: Iterable[Differences]) -> tuple[CheckFinding, ...]:
    """Every difference in one finding, the largest first."""
    by_figure: dict[int, list[Differences]] = {}
    for one in found:
        by_figure.setdefault(one.number, []).append(one)
    parts = [part for some in by_figure.values() for part in _of_figure(some)]
    return tuple(sorted(_merged(parts), key=lambda one: -one.count))


def _of_figure(some: list[Differences]) -> Iterator[CheckFinding]:
    """All differences of a figure by one kind; else question by question."""
    kind = _kind_of(some)
    if kind is not None or len(some) == 1:
        yield from _named(some, kind)
        return
    for one in some:
        yield from _named([one], _kind_of([one]))


def _named(some: list[Differences], kind: _Kind | None) -> Iterator[CheckFinding]:
    total = sum(map(len, some))
    if kind is None:
        yield _finding(some, "alone" if total == 1 else "irregular", total)
        return
    left = total - int(kind.which.sum())
    yield _finding(some, kind.kind, total - left, kind.amount, kind.other)
    if left:
        yield _finding(some, "alone" if left == 1 else "irregular", left)


def _finding(
    some: list[Differences],
    kind: FindingKind,
    count: int,
    amount: float | None = None,
    other: str | None = None,
) -> CheckFinding:
    figure = FIGURES[some[0].number]
    return CheckFinding(
        kind=kind,
        metric=figure.metric,
        statistic=figure.statistic,
        questions=tuple(str(one.question) for one in some),
        count=count,
        compared=sum(one.compared for one in some),
        amount=amount,
        other=other,
        unit=figure.kind,
    )


def _merged(parts: Sequence[CheckFinding]) -> Iterator[CheckFinding]:
    """Findings of one kind and amount are one: of a metric; of all, where all may have the kind."""
    groups: dict[tuple[object, ...], list[CheckFinding]] = {}
    for one in parts:
        groups.setdefault(_what_is_one(one), []).append(one)
    for some in groups.values():
        merged = some[0].joined(some[1:])
        several = merged.kind == "alone" and merged.count > 1
        yield replace(merged, kind="irregular") if several else merged


def _what_is_one(one: CheckFinding) -> tuple[object, ...]:
    if one.kind in ("shifted interval", "other population"):
        return one.kind, one.amount
    if one.kind in ("constant factor", "constant offset"):
        return one.kind, one.metric, one.amount, one.unit
    single = one.kind in ("alone", "irregular")
    return "single" if single else one.kind, one.metric, one.statistic, one.other


def _kind_of(some: Sequence[Differences]) -> _Kind | None:
    """The kind that accounts for most, if for enough; of several the one of the most exact rule."""
    kinds = [kind for rule in _RULES for kind in rule(some)]
    best = max(kinds, key=lambda kind: int(kind.which.sum()), default=None)
    total = sum(map(len, some))
    enough = best is not None and best.which.sum() >= max(LEAST, _MOST * total)
    return best if enough else None


def _other_statistics(some: Sequence[Differences]) -> Iterator[_Kind]:
    for name in some[0].as_statistic:
        which = np.concatenate([one.as_statistic[name] for one in some])
        yield _Kind("other statistic", which, other=name)


def _shifted(some: Sequence[Differences]) -> Iterator[_Kind]:
    for step in _STEPS:
        which = np.concatenate([one.as_neighbour[step] for one in some])
        yield _Kind("shifted interval", which, amount=float(step))


def _population(some: Sequence[Differences]) -> Iterator[_Kind]:
    """More values stand behind what is stated than behind ours, or fewer: always the same."""
    more = np.concatenate([one.more for one in some])
    for sign in (1, -1):
        yield _Kind("other population", more == sign, amount=float(sign))


def _factor(some: Sequence[Differences]) -> Iterator[_Kind]:
    """Stated divided by ours is one number, within what the digits leave open."""
    stated, ours, slack = _values(some)
    usable = ~np.isnan(stated) & (np.nan_to_num(ours) != 0) & (np.nan_to_num(stated) != 0)
    if len(np.unique(ours[usable])) > 1:
        size = np.abs(ours[usable])
        middle = stated[usable] / ours[usable]
        both = slack[usable] * (1 + np.abs(middle))  # rounded once more after it was multiplied
        amount, which = _densest(middle, both / size)
        yield _Kind("constant factor", _spread(usable, which), amount)


def _offset(some: Sequence[Differences]) -> Iterator[_Kind]:
    """Stated less ours is one number, within what the digits leave open."""
    stated, ours, slack = _values(some)
    usable = ~np.isnan(stated) & ~np.isnan(ours)
    if usable.any():
        amount, which = _densest((stated - ours)[usable], 2 * slack[usable])
        yield _Kind("constant offset", _spread(usable, which), amount)


_RULES = (_other_statistics, _shifted, _factor, _offset, _population)


def _values(some: Sequence[Differences]) -> tuple[Floats, Floats, Floats]:
    stated, ours = (
        np.concatenate(sides)
        for sides in ([one.stated for one in some], [one.ours for one in some])
    )
    slack = np.concatenate([np.full(len(one), one.tolerance) for one in some])
    return stated, ours, slack * (1 + 1e-9) + 1e-12 * np.nan_to_num(np.abs(stated))


def _densest(middle: Floats, slack: Floats) -> tuple[float, Mask]:
    """The number that lies within ``slack`` of most of the middles, as round as that allows."""
    points = np.concatenate((middle - slack, middle + slack))
    steps = np.repeat((1, -1), len(middle))
    order = np.lexsort((-steps, points))
    depth = np.cumsum(steps[order])
    at = int(np.argmax(depth))
    low, high = points[order[at]], points[order[min(at + 1, len(order) - 1)]]
    amount = _round_between(float(low), float(high))
    which: Mask = np.abs(middle - amount) <= slack * (1 + 1e-9) + 1e-15
    return amount, which


def _round_between(low: float, high: float) -> float:
    """A number between two with as few digits as there are."""
    middle = (low + high) / 2
    for digits in range(1, 16):
        candidate = float(f"{middle:.{digits}g}")
        if low <= candidate <= high:
            return candidate
    return middle


def _spread(usable: Mask, which: Mask) -> Mask:
    spread = np.zeros(len(usable), dtype=bool)
    spread[usable] = which
    return spread
