"""How a server prints values: the rounding of each kind, what Rate divides, and what stands where
there is no value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, TypeVar

import numpy as np

from insights_reports.crosscheck.conventions.choose import Chosen, Scores, choose
from insights_reports.crosscheck.conventions.rounding import (
    RATE_BASES,
    DecimalRounding,
    DurationRounding,
    RateBase,
    Rounding,
    decimal_candidates,
    duration_candidates,
)
from insights_reports.crosscheck.conventions.samples import METHODS, Sample
from insights_reports.crosscheck.result import Evidence
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    METRICS,
    POSITION,
    Column,
    Kind,
    Mask,
    empty_column,
    is_null,
)
from insights_reports.spelling.stated import StatedTable

_CELLS = 5_000
_EXACT = ("Mean", "Min", "Max")
_PERCENTILES = ("Median", "NinetyFifth")

Rounded = TypeVar("Rounded", DurationRounding, DecimalRounding)
_Pair = tuple[Any, ...]
"""A column that is stated, ours, and flags for the candidates' ``agrees``."""


def printing(
    found: Sequence[Sample], tables: Sequence[StatedTable], evidence: list[Evidence]
) -> Rounding:
    """How durations, rates and numbers are printed, and what stands where there is no value."""
    durations = choose(
        "rounding of durations",
        _rounds(duration_candidates(), "duration", found),
        evidence,
        rest=partial(_by_digits, tables=tables, kind="duration", said={}),
    )
    of_rates = _rates(_some_cells(tables))
    tried = decimal_candidates(DecimalRounding())
    exact = [pair for sample in found for name in _EXACT for pair in sample.pairs("number", name)]
    by_rates: list[Evidence] = []
    base = choose("rate", [_best(of_rates)], by_rates)
    rates = choose(
        "rounding of rates",
        [of_rates[base]],
        by_rates,
        rest=partial(_by_digits, tables=tables, kind="rate", said=dict(_scores(tried, exact)[0])),
    )
    numbers = choose(
        "decimals of numbers",
        _rounds(tried, "number", found),
        evidence,
        rest=partial(_by_digits, tables=tables, kind="number", said=dict(of_rates[base][0])),
    )
    evidence += by_rates
    statistics = [(metric, "Count", "Mean") for metric in METRICS if (metric, "Mean") in POSITION]
    return Rounding(
        durations,
        rates,
        base,
        numbers,
        _zero("rate of no deployments", tables, [(FAILURE_RATE, "Total", "Rate")], evidence),
        _zero("statistics of no values", tables, statistics, evidence),
    )


def _by_digits(
    level: Sequence[Rounded],
    tables: Sequence[StatedTable],
    kind: Kind,
    said: Mapping[Rounded, int],
) -> Rounded:
    """Of roundings that explain as much: one that can print most of all the values stated; of
    several the one that explains most of another kind of figure (``said``), else the first."""
    can = dict.fromkeys(level, 0)
    if len({one.places for one in level}) > 1:
        numbers = [number for number, figure in enumerate(FIGURES) if figure.kind == kind]
        for table, number in product(tables, numbers):
            stated = table.columns[number]
            stated = stated[~is_null(stated)]
            for one in level:
                can[one] += int(one.can_state(stated).sum())  # type: ignore[arg-type]
    return max(level, key=lambda one: (can[one], said.get(one, 0)))


def _rounds(
    tried: Sequence[Chosen], kind: Kind, found: Sequence[Sample]
) -> Iterator[Scores[Chosen]]:
    """The scores over statistics that depend on no percentile, then over the percentiles, which
    may follow any method."""
    exact = [
        pair if kind == "number" else (*pair, statistic == "Mean")
        for sample in found
        for statistic in _EXACT
        for pair in sample.pairs(kind, statistic)
    ]
    yield _scores(tried, exact)
    by_method = []
    for method in METHODS:
        pairs = [
            pair if kind == "number" else (*pair, True)
            for sample in found
            for statistic in _PERCENTILES
            for pair in sample.pairs(kind, statistic, method)
        ]
        scored, figures = _scores(tried, pairs)
        by_method.append([score for _, score in scored])
    yield [(one, max(scores)) for one, *scores in zip(tried, *by_method, strict=True)], figures


def _scores(tried: Sequence[Chosen], pairs: Sequence[_Pair]) -> Scores[Chosen]:
    """How many pairs of stated values and ours each candidate explains, and how many there are."""
    figures = sum(len(pair[0]) for pair in pairs)
    together = [_together(some) for some in _by_flags(pairs)]
    agrees = [(one, one.agrees) for one in tried]  # type: ignore[attr-defined]
    return [(one, sum(int(own(*pair).sum()) for pair in together)) for one, own in agrees], figures


def _by_flags(pairs: Sequence[_Pair]) -> list[list[_Pair]]:
    """The pairs with the same flags after their two columns."""
    groups: dict[tuple[bool, ...], list[_Pair]] = {}
    for pair in pairs:
        groups.setdefault(tuple(pair[2:]), []).append(pair)
    return list(groups.values())


def _together(pairs: Sequence[_Pair]) -> _Pair:
    """Pairs with the same flags as one."""
    stated, ours = (np.concatenate([pair[side] for pair in pairs]) for side in (0, 1))
    return (stated, ours, *pairs[0][2:])


def _rates(columns: tuple[Column, ...]) -> dict[RateBase, Scores[DecimalRounding]]:
    """How many rates each rounding explains, by what Rate divides: by the counts beside it."""
    decimals = decimal_candidates(DecimalRounding(5))
    exact = {base: base.of_columns(columns) for base in RATE_BASES}
    stated = columns[POSITION[FAILURE_RATE, "Rate"]].astype(np.float64)
    both = ~np.isnan(exact[RATE_BASES[0]]) & ~np.isnan(stated)
    return {base: _scores(decimals, [(stated[both], exact[base][both])]) for base in RATE_BASES}


def _best(of_rates: dict[RateBase, Scores[DecimalRounding]]) -> Scores[RateBase]:
    """What each base explains by the rounding that is best for it."""
    figures = of_rates[RATE_BASES[0]][1]
    return [(base, max(n for _, n in scored)) for base, (scored, _) in of_rates.items()], figures


def _some_cells(tables: Sequence[StatedTable]) -> tuple[Column, ...]:
    """The stated columns of at most _CELLS cells with a rate, from the first tables on."""
    taken = [[empty_column(figure.kind, 0) for figure in FIGURES]]
    left = _CELLS
    for table in tables:
        if left:
            total = table.columns[POSITION[FAILURE_RATE, "Total"]]
            having = np.flatnonzero(total > 0)[:left]
            taken.append([column[having] for column in table.columns])
            left -= len(having)
    return tuple(np.concatenate(parts) for parts in zip(*taken, strict=True))


def _zero(
    convention: str,
    tables: Sequence[StatedTable],
    places: list[tuple[str, str, str]],
    evidence: list[Evidence],
) -> bool:
    """Whether a figure of nothing is stated as 0 instead of null."""
    null = zero = 0
    for table in tables:
        for metric, count, statistic in places:
            value = table.columns[POSITION[metric, statistic]]
            nothing: Mask = table.columns[POSITION[metric, count]] == 0
            null += int((nothing & is_null(value)).sum())
            zero += int((nothing & (value == 0)).sum())
    taken = choose(convention, [([("null", null), ("zero", zero)], null + zero)], evidence)
    return taken == "zero"
