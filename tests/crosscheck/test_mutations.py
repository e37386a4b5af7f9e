"""Mutation proof: every stated figure that is altered is found, none is excused.

The world has every complication: same-named and restricted objects, overlapping groups, several
tags, no tenants, guided failures, other states, negative and missing lead times, ties, summer time.
"""

import copy
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from insights_reports.crosscheck.causes.judged import AGREES, DIFFERS, JudgedCells
from insights_reports.crosscheck.check import Checker
from insights_reports.crosscheck.findings import differences, findings
from insights_reports.spelling.figures import FIGURES, MEMBERS, POSITION, empty_column, is_null
from insights_reports.spelling.stated import StatedTable

from .conftest import check, checker_of
from .server import Options, Reply, all_replies, duration
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


def is_alone(judged: JudgedCells) -> bool:
    """Whether the one difference is said to be off by itself."""
    return [one.kind for one in findings(differences(judged, "Sunday"))] == ["alone"]


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
        if not right or judged.verdict[tuple(found[0])] != DIFFERS or not is_alone(judged):
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


KINDS = (
    "constant factor",
    "constant offset",
    "other statistic",
    "shifted interval",
    "other population",
)
FEWEST = 5  # differences, of which
ALIKE = 0.8  # at most this part is what another kind would make of them, too
Columns = Sequence[Any]


@dataclass(frozen=True)
class Wrong:
    """The columns of a table of which one figure is wrong in one way, in every cell."""

    kind: str
    number: int
    columns: Columns
    amount: float | None = None


@pytest.fixture(scope="module")
def half(small: World) -> Checker:
    """Of the world without every second deployment."""
    odd = small.with_rows(row for row in small.rows if int(row.deployment_id[12:]) % 2)
    return checker_of(odd, all_replies(odd))


def test_errors_of_a_whole_kind_are_each_named_as_what_they_are(
    checker: Checker, half: Checker
) -> None:
    """In every table every figure is wrong in one of five ways, in all cells; what two ways make
    alike is left out, by their definitions."""
    chance = random.Random(7)
    made: Counter[str] = Counter()
    missed = []
    for whole, part in zip(checker.tables, half.tables, strict=True):
        assert str(whole.source) == str(part.source)
        every = range(len(FIGURES))
        for number in (*every, *every) if THOROUGH else chance.sample(every, 5):
            ours, other = chance.choice((((checker, whole), part), ((half, part), whole)))
            wrong = next(wrongs(chance, ours[1], other, number), None)
            if wrong is not None:
                made[wrong.kind] += 1
                missed += [] if is_named(*ours, wrong) else [(str(whole.source), wrong)]
    print(f"whole kinds: {made.total() - len(missed)} of {made.total()} ({dict(made)})")
    assert missed == []
    assert made.total() >= (2_000 if THOROUGH else 200)
    assert min(made[kind] for kind in KINDS) >= (200 if THOROUGH else 15)


def is_named(checker: Checker, table: StatedTable, wrong: Wrong) -> bool:
    judged = checker.judge(replace(table, columns=tuple(wrong.columns)))
    week_start = checker.inferred.conventions.week_start
    own = [one for one in differences(judged, week_start) if one.number == wrong.number]
    (*found,) = findings(own)
    if [one.kind for one in found] != [wrong.kind]:
        return False
    if wrong.kind == "other statistic":
        place = POSITION[found[0].metric or "", found[0].other]
        return bool(same(wrong.columns[wrong.number], table.columns[place]).mean() > ALIKE)
    return round((found[0].amount or 0) - (wrong.amount or 0), 3) == 0


def wrongs(
    chance: random.Random, right: StatedTable, other: StatedTable, number: int
) -> Iterator[Wrong]:
    """A figure wrong in each way in which it can be told, in any order."""
    ways = [factor, offset, statistic, interval, population]
    for way in chance.sample(ways, len(ways)):
        for wrong in way(chance, right, other, number):
            if is_told_apart(right, wrong):
                yield wrong


def is_told_apart(right: StatedTable, wrong: Wrong) -> bool:
    """Whether there are enough differences, and no other way would make nearly the same ones."""
    before, after = right.columns[wrong.number], wrong.columns[wrong.number]
    differ = ~same(before, after)
    if differ.sum() < FEWEST:
        return False
    known = differ & ~is_null(before) & ~is_null(after)
    some = known & (before != 0) & (after != 0)
    alike = {
        "constant offset": modal(after[known] - before[known]) / differ.sum(),
        "constant factor": modal(np.round(after[some] / before[some], 2)) / differ.sum(),
        "other statistic": max(
            (same(right.columns[at], after)[differ].mean() for at in beside(wrong.number)),
            default=0,
        ),
        "shifted interval": max(
            same(neighbour(right, wrong.number, step), after)[differ].mean() for step in (1, -1)
        ),
    }
    return all(share < ALIKE for kind, share in alike.items() if kind != wrong.kind)


def factor(chance: random.Random, right: StatedTable, other: StatedTable, number: int) -> Any:
    column, amount = right.columns[number], chance.choice((2, 3))
    yield changed(right, "constant factor", number, column * amount, amount)


def offset(chance: random.Random, right: StatedTable, other: StatedTable, number: int) -> Any:
    step = {"duration": 60 * TICKS, "rate": 0.01}.get(FIGURES[number].kind, 1)
    amount = chance.choice((7, -5)) * step
    yield changed(right, "constant offset", number, right.columns[number] + amount, amount)


def statistic(chance: random.Random, right: StatedTable, other: StatedTable, number: int) -> Any:
    for place in chance.sample(beside(number), len(beside(number))):
        yield changed(right, "other statistic", number, right.columns[place])


def interval(chance: random.Random, right: StatedTable, other: StatedTable, number: int) -> Any:
    step = chance.choice((1, -1))
    yield changed(right, "shifted interval", number, neighbour(right, number, step), step)


def population(chance: random.Random, right: StatedTable, other: StatedTable, number: int) -> Any:
    """All figures of a metric as they are of half of the deployments, or of twice as many."""
    keys = {key: at for at, key in enumerate(cells(other))}
    if any(len({*table.names}) < len(table.names) for table in (right, other)):
        return  # two series have one name: which is which is not stated
    place = np.array([keys.get(key, -1) for key in cells(right)])
    columns: Any = list(right.columns)
    for at in MEMBERS[FIGURES[number].metric]:
        theirs: Any = np.append(other.columns[at], empty_column(FIGURES[at].kind, 1))
        columns[at] = theirs[place]
    total = POSITION["DeploymentFailureRate", "Total"]
    more = right.columns[total].sum() < other.columns[total].sum()
    yield Wrong("other population", number, columns, 1 if more else -1)


def changed(right: StatedTable, kind: str, number: int, after: Any, amount: Any = None) -> Wrong:
    before = right.columns[number]
    columns: Any = list(right.columns)
    columns[number] = np.where(is_null(before), before, after).astype(before.dtype)
    return Wrong(kind, number, columns, amount)


def neighbour(table: StatedTable, number: int, step: int) -> Any:
    """Each cell with the figure of the same series an interval on; its own where there is none."""
    column, starts = table.columns[number].copy(), table.start
    if table.source.granularity == "Monthly":
        months = starts.astype("datetime64[D]").astype("datetime64[M]") + step
        asked = months.astype("datetime64[D]").astype(np.int64)
    else:
        asked = starts + step * {"Daily": 1, "Weekly": 7}[table.source.granularity]
    series = table.series.tolist()
    keys = {key: at for at, key in enumerate(zip(series, starts.tolist(), strict=True))}
    for at, key in enumerate(zip(series, asked.tolist(), strict=True)):
        column[at] = table.columns[number][keys.get(key, at)]
    return column


def cells(table: StatedTable) -> list[tuple[str | None, int]]:
    names = [table.names[series] for series in table.series]
    return list(zip(names, table.start.tolist(), strict=True))


def beside(number: int) -> list[int]:
    """The other figures of the metric that are of the same kind."""
    own = FIGURES[number]
    return [at for at in MEMBERS[own.metric] if at != number and FIGURES[at].kind == own.kind]


def same(one: Any, other: Any) -> Any:
    return (one == other) | (is_null(one) & is_null(other))


def modal(values: Any) -> int:
    """How often the most frequent value stands there."""
    return int(np.unique(values, return_counts=True)[1].max(initial=0))
