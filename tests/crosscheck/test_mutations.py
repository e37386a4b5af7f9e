"""Mutation proof: every stated figure that is altered is found, none is excused.

The world has every complication: same-named and restricted objects, overlapping groups, several
tags, no tenants, guided failures, other states, negative and missing lead times, ties, summer time.
"""

import copy
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from insights_reports.crosscheck.causes.judged import AGREES, DIFFERS
from insights_reports.crosscheck.check import Checker
from insights_reports.crosscheck.findings import differences, findings
from insights_reports.spelling.figures import FIGURES, is_null
from insights_reports.spelling.stated import StatedTable

from .conftest import check
from .server import Options, Reply, duration
from .world import TICKS, World

ONE_TICK = {"count": 1, "duration": TICKS, "rate": 0.00001, "number": 0.001}
THOROUGH = bool(os.environ.get("THOROUGH"))


def mutants(
    chance: random.Random, tables: Iterable[StatedTable]
) -> Iterator[tuple[StatedTable, int, int, Any, str]]:
    """Of each table and each figure some cells, by a tick and by much, up and down."""
    for one in tables:
        for number, figure in enumerate(FIGURES):
            steps = [1, -1, 1000, -1000] if THOROUGH else [chance.choice((1, -1, 1000, -1000))]
            for step in steps:
                cell = chance.randrange(len(one.start))
                before = one.columns[number][cell : cell + 1]
                change = step * ONE_TICK[figure.kind]
                after = 0 if is_null(before)[0] else before[0] + change
                if figure.kind == "rate":
                    after = round(float(after), 5)
                yield one, number, cell, after, "tick" if abs(step) == 1 else "much"


def altered(one: StatedTable, number: int, cell: int, after: Any) -> StatedTable:
    columns = list(one.columns)
    columns[number] = columns[number].copy()
    columns[number][cell] = after
    return replace(one, columns=tuple(columns))


def test_the_clean_data_have_no_difference(checker: Checker) -> None:
    for one in checker.tables:
        assert (checker.judge(one).verdict == AGREES).all()


@pytest.mark.slow
def test_every_mutant_is_found_and_none_is_excused(checker: Checker) -> None:
    made: Counter[str] = Counter()
    missed = []
    by_split = sorted(checker.tables, key=lambda one: one.source.split != "None")
    for one, number, cell, after, size in mutants(random.Random(4), by_split):
        judged = checker.judge(altered(one, number, cell, after))
        made[size] += 1
        found = np.argwhere(judged.verdict != AGREES)
        right = len(found) == 1 and found[0][0] == number
        if not right or judged.verdict[tuple(found[0])] != DIFFERS:
            missed.append((str(one.source), FIGURES[number], cell, after))
    print(f"mutation score: {made.total() - len(missed)} of {made.total()} ({dict(made)})")
    assert missed == []
    assert made.total() >= 2_000
    assert min(made.values()) > 800


@pytest.mark.parametrize("seed", range(40 if THOROUGH else 8))
def test_mutants_of_the_json_are_found_on_the_public_way(
    small: World, everything: list[Reply], seed: int
) -> None:
    """Inference and all: a few tables as JSON, one figure altered."""
    chance = random.Random(seed)
    asked = [reply for reply in everything if reply[0] == "None" or reply[2] == "LastMonth"]
    replies = copy.deepcopy(chance.sample(asked, 3))
    *_, reply = replies[0]
    interval = chance.choice(chance.choice(reply["Series"])["Intervals"])
    figure = chance.choice(FIGURES)
    place, key = interval, figure.metric
    if figure.statistic is not None:
        place, key = interval[figure.metric], figure.statistic
    before = place[key]
    if before is None:
        place[key] = "0:00:01.0" if figure.kind == "duration" else 1.0
    elif figure.kind == "duration":
        place[key] = duration(Fraction(parse(before) + chance.choice((1, -1)) * TICKS), Options())
    else:
        place[key] = round(before + chance.choice((1, -1)) * ONE_TICK[figure.kind], 5)
    result = check(small, replies)
    (one,) = result.discrepancies
    assert (one.verdict, one.metric, one.statistic) == ("differs", figure.metric, figure.statistic)
    assert (result.differs, result.agrees) == (1, result.figures - 1)


def parse(text: str) -> int:
    hours, minutes, seconds = text.lstrip("-").removesuffix(".0").split(":")
    value = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * TICKS
    return -value if text.startswith("-") else value


def test_errors_of_a_whole_kind_are_each_named_as_what_they_are(checker: Any) -> None:
    """Of every table and figure all values, by a factor and by an offset, up and down."""
    chance = random.Random(7)
    week_start = checker.inferred.conventions.week_start
    made: Counter[str] = Counter()
    missed: list[Any] = []
    for one in checker.tables:
        for at, figure in enumerate(FIGURES):
            kind = chance.choice(("constant factor", "constant offset"))
            column = one.columns[at]
            stated = ~is_null(column)
            amount: Any = (
                chance.choice((2, 3)) if kind == "constant factor" else chance.choice((7, -5))
            )
            step = {"duration": 60 * TICKS, "rate": 0.01}.get(figure.kind, 1)
            amount = amount if kind == "constant factor" else amount * step
            after = column * amount if kind == "constant factor" else column + amount
            columns = list(one.columns)
            columns[at] = np.where(stated, after, column).astype(column.dtype)
            values = column[stated & (column != 0)] if kind == "constant factor" else column[stated]
            if len(values) < 5 or len(np.unique(values)) < 3:
                continue  # too few to tell one kind from another
            made[kind] += 1
            judged = checker.judge(replace(one, columns=tuple(columns)))
            named = findings(differences(judged, week_start))
            if [each.kind for each in named] != [kind] or round((named[0].amount or 0) - amount, 3):
                missed.append((str(one.source), figure, kind, amount, named))
    print(f"whole kinds: {made.total() - len(missed)} of {made.total()} ({dict(made)})")
    assert missed == []
    assert min(made.values()) > 500
