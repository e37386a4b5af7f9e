"""What each slice adds to the change of a rate: hand-worked, and the law that the parts add up."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from insights_reports.edition.cases import Group
from insights_reports.edition.contributions import (
    contribution_table,
    median_shares,
    points,
    shares,
    waterfall,
)
from insights_reports.edition.facts import Facts
from insights_reports.edition.judging import judge_edition
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import Metric, Phrase
from insights_reports.edition.values import Part as Points
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.metrics.reference import Row

AUGUST, SEPTEMBER = datetime(2026, 8, 9, tzinfo=UTC), datetime(2026, 9, 9, tzinfo=UTC)
WORKED = {  # deployments and failures before and after: section 11 of the design's example
    "Web": ((120, 6), (100, 7)),
    "API": ((60, 9), (90, 22)),
    "Batch": ((20, 1), (0, 0)),
    "Mobile": ((0, 0), (10, 4)),
}


def rows_of(slices: dict[str, tuple[tuple[int, int], tuple[int, int]]]) -> list[Row]:
    made: list[Row] = []
    for name, sides in slices.items():
        for moment, (total, failed) in zip((AUGUST, SEPTEMBER), sides, strict=True):
            made += [
                deployment(
                    len(made) + n,
                    moment,
                    project_id=f"Projects-{name}",
                    project_name=name,
                    task_state="Failed" if n < failed else "Success",
                    lead_time=None if n < failed else (n + 1) * HOUR,
                )
                for n in range(total)
            ]
    return made


def part_of(rows: list[Row], split: Any = "Project") -> SplitPart:
    facts = Facts(inputs(rows), settings())
    slices = facts.slices(split)
    inner = inputs(rows).remembered
    groups = [Group(facts, facts.whole), Group(facts, slices)]
    return SplitPart(facts, slices, judge_edition(groups, inner, "range"))


def test_the_worked_example() -> None:
    """8.0 % to 16.5 %: API +3.5417 by its rate and +1.1208 by its share, Web +1.1000 and +0.6250,
    Batch gone +0.7250, Mobile new +1.3875."""
    part = part_of(rows_of(WORKED))
    found = shares(part.facts, part.slices)
    assert found is not None
    assert found.change == Fraction(33, 200) - Fraction(16, 200)
    by_name = {
        part.slices.names[at]: one for at, one in zip(found.series, found.parts, strict=True)
    }
    worked = {
        "API": (0.035417, 0.011208),
        "Web": (0.011000, 0.006250),
        "Batch": (0.0, 0.007250),
        "Mobile": (0.0, 0.013875),
    }
    for name, (rate, mix) in worked.items():
        assert float(by_name[name].rate) == pytest.approx(rate, abs=5e-7)
        assert float(by_name[name].mix) == pytest.approx(mix, abs=5e-7)


def test_the_waterfall_prints_parts_that_add_up_and_names_who_made_most() -> None:
    part = part_of(rows_of(WORKED))
    found = shares(part.facts, part.slices)
    assert found is not None
    drawn = waterfall(part.facts, part, found)
    assert [round(1000 * step.printed.size) for step in drawn.steps] == [47, 17, 14, 7]
    assert sum(step.size for step in drawn.steps) == pytest.approx(0.085, abs=1e-15)
    said = words("en").phrase(drawn.title).replace("\u00a0", " ")
    assert said == "API made 4.7 of the 8.5 points"
    assert (drawn.before.value, drawn.after.value) == (16 / 200, 33 / 200)


def test_a_slice_that_made_more_than_the_whole_change_is_not_said_to_be_a_part_of_it() -> None:
    """A from 10 of 100 to 30 of 100, B from 20 to 10 of 100: +10.0 and -5.0 of 15 % to 20 %."""
    for turn, text in ((1, "A alone: 10.0 more; with the others 5.0 points more"),
                       (-1, "A alone: 10.0 less; with the others 5.0 points less")):  # fmt: skip
        sides = {"A": ((100, 10), (100, 30)), "B": ((100, 20), (100, 10))}
        part = part_of(
            rows_of({name: (pair[::turn][0], pair[::turn][1]) for name, pair in sides.items()})
        )
        found = shares(part.facts, part.slices)
        assert found is not None
        drawn = waterfall(part.facts, part, found)
        assert words("en").phrase(drawn.title).replace("\u00a0", " ") == text


def test_small_slices_are_put_together_up_and_down() -> None:
    many = {f"P{n}": ((20, 2), (20, 2 + n % 5)) for n in range(9)} | {"Z": ((20, 8), (20, 1))}
    part = part_of(rows_of(many))
    found = shares(part.facts, part.slices)
    assert found is not None
    drawn = waterfall(part.facts, part, found)
    keys = [step.label.key for step in drawn.steps if isinstance(step.label, Phrase)]
    assert keys == ["chart.waterfall.others_up"]
    units = sum(round(1000 * step.printed.size) for step in drawn.steps)
    assert units == round(found.change * 1000)


def test_the_whole_table_sums_to_the_change() -> None:
    part = part_of(rows_of(WORKED))
    found = shares(part.facts, part.slices)
    assert found is not None
    table = contribution_table(part.facts, part, found)
    assert table.total is not None
    assert table.total[1:5] == (200, 200, 16, 33)
    assert table.total[-1] == Points(0.085, points(found.change).unit)
    assert table.row_ids[0] == "Projects-API"


counts = st.tuples(st.integers(0, 9), st.integers(0, 9)).map(lambda pair: (max(pair), min(pair)))


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(counts, counts), min_size=1))
def test_parts_add_up_to_the_change_to_the_last_bit(slices: dict[str, Any]) -> None:
    rows = rows_of(slices)
    facts = Facts(inputs(rows), settings())
    totals = [sum(side[at][0] for side in slices.values()) for at in (0, 1)]
    failed = [sum(side[at][1] for side in slices.values()) for at in (0, 1)]
    for split in ("Project", "Environment", "Tenant", "ProjectGroup", "EnvironmentGroup"):
        found = shares(facts, facts.slices(split))
        if not all(totals):
            assert found is None
        elif found is not None:
            change = Fraction(failed[1], totals[1]) - Fraction(failed[0], totals[0])
            assert sum(one.part for one in found.parts) == change


@hypothesis_settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from("ABCD"), st.tuples(counts, counts), min_size=1))
def test_parts_of_a_median_add_up_to_the_share_above_the_old_one(slices: dict[str, Any]) -> None:
    rows = rows_of(slices)
    facts = Facts(inputs(rows), settings())
    found = median_shares(facts, facts.slices("Project"), Metric.LEAD_TIME)
    old, new = (
        [row.lead_time for row in rows if row.lead_time is not None and row.completed == moment]
        for moment in (
            rows_of({"A": ((1, 0), (0, 0))})[0].completed,
            rows_of({"A": ((0, 0), (1, 0))})[0].completed,
        )
    )
    if not old or not new:
        assert found is None
        return
    assert found is not None
    median = float(np.median(np.array(old)))

    def above(values: list[int]) -> Fraction:
        halves = sum(2 * (value > median) + (value == median) for value in values)
        return Fraction(halves, 2 * len(values))

    assert found.change == above(new) - above(old)
