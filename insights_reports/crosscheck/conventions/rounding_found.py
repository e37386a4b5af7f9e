"""How a server prints values: the rounding of each kind, what Rate divides, and what stands where
there is no value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from insights_reports.crosscheck.conventions.rounding import (
    RATE_BASES,
    DecimalRounding,
    RateBase,
    Rounding,
    decimal_candidates,
    duration_candidates,
)
from insights_reports.crosscheck.conventions.samples import Sample
from insights_reports.crosscheck.result import Chosen, Evidence, choose
from insights_reports.spelling.figures import (
    FAILURE_RATE,
    FIGURES,
    METRICS,
    POSITION,
    Column,
    Mask,
    empty_column,
    is_null,
)
from insights_reports.spelling.stated import StatedTable

_CELLS = 5_000
_EXACT = ("Mean", "Min", "Max")

_Pair = tuple[Any, ...]
"""A column that is stated, ours, and flags for the candidates' ``agrees``."""


def printing(
    found: list[Sample], tables: Sequence[StatedTable], evidence: list[Evidence]
) -> Rounding:
    """How durations, rates and numbers are printed, and what stands where there is no value."""
    durations = choose(
        "rounding of durations",
        *_scores(
            duration_candidates(),
            [
                (*pair, statistic == "Mean")
                for sample in found
                for statistic in _EXACT
                for pair in sample.pairs("duration", statistic)
            ],
        ),
        evidence,
    )
    numbers = choose(
        "decimals of numbers",
        *_scores(
            decimal_candidates(DecimalRounding()),
            [
                pair
                for sample in found
                for statistic in _EXACT
                for pair in sample.pairs("number", statistic)
            ],
        ),
        evidence,
    )
    base, rates = _rates(tables, evidence)
    return Rounding(
        durations,
        rates,
        base,
        numbers,
        _zero("rate of no deployments", tables, [(FAILURE_RATE, "Total", "Rate")], evidence),
        _zero(
            "statistics of no values",
            tables,
            [(metric, "Count", "Mean") for metric in METRICS if (metric, "Mean") in POSITION],
            evidence,
        ),
    )


def _scores(
    tried: Sequence[Chosen], pairs: Sequence[_Pair]
) -> tuple[list[tuple[Chosen, int]], int]:
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


def _rates(
    tables: Sequence[StatedTable], evidence: list[Evidence]
) -> tuple[RateBase, DecimalRounding]:
    """What Rate divides and how it is printed, by the counts that are stated beside it."""
    columns = _some_cells(tables)
    decimals = decimal_candidates(DecimalRounding(5))
    exact = {base: base.of_columns(columns) for base in RATE_BASES}
    stated = columns[POSITION[FAILURE_RATE, "Rate"]].astype(np.float64)
    both = ~np.isnan(exact[RATE_BASES[0]]) & ~np.isnan(stated)
    scores = {
        base: [(one, int(one.agrees(stated[both], exact[base][both]).sum())) for one in decimals]
        for base in RATE_BASES
    }
    figures = int(both.sum())
    tried = [(base, max(score for _, score in scores[base])) for base in RATE_BASES]
    base = choose("rate", tried, figures, evidence)
    return base, choose("rounding of rates", scores[base], figures, evidence)


def _some_cells(tables: Sequence[StatedTable]) -> tuple[Column, ...]:
    """The stated columns of at most _CELLS cells, from the first tables on."""
    taken = [[empty_column(figure.kind, 0) for figure in FIGURES]]
    left = _CELLS
    for table in tables:
        taken.append([column[:left] for column in table.columns])
        left = max(left - len(table.start), 0)
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
    taken = choose(convention, [("null", null), ("zero", zero)], null + zero, evidence)
    return taken == "zero"
