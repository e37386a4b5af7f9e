"""The figures against an independent implementation in plain integers: equal to the last tick."""

import os
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.metrics import (
    Conventions,
    Granularity,
    Lookups,
    Split,
    Tabulator,
    figures,
    measures,
    recompute_streams,
)
from tests.metrics import reference
from tests.metrics.reference import Rules
from tests.metrics.strategies import RULES, Case, deployments
from tests.metrics.tables import plain, table, value_of

EXAMPLES = 5_000 if os.environ.get("THOROUGH") else 150
thorough = settings(max_examples=EXAMPLES)
SPLITS = (
    "None",
    "Project",
    "ProjectGroup",
    "Environment",
    "EnvironmentGroup",
    "Tenant",
    "TenantTagSet",
)


def conventions(rules: Rules) -> Conventions:
    return Conventions(
        week_start=rules.week_start,
        percentile=rules.percentile,
        median=rules.median,
        count_as_failed=rules.count_as_failed,
        edge=rules.edge,
    )


def lookups(rules: Rules) -> Lookups:
    return Lookups(
        rules.project_groups,
        rules.project_group_names,
        rules.environment_groups,
        rules.tenant_tags,
        rules.tag_sets,
    )


def as_stated(
    expected: Mapping[tuple[str, date], dict[str, Any]],
) -> dict[tuple[str, date], dict[str, Any]]:
    """Fractions as the nearest float: what a float64 column holds."""
    return {
        key: {
            name: float(value) if isinstance(value, Fraction) else value
            for name, value in columns.items()
        }
        for key, columns in expected.items()
    }


@pytest.mark.slow
@thorough
@given(
    case=deployments(),
    rules=RULES,
    split=st.sampled_from(SPLITS),
    granularity=st.sampled_from(("Daily", "Weekly", "Monthly", None)),
    tag_set=st.sampled_from(("TagSets-1", "TagSets-2")),
)
def test_figures_equal_the_reference(
    case: Case, rules: Rules, split: Split, granularity: Granularity | None, tag_set: str
) -> None:
    zone, rows, start, end = case
    ours = figures(
        table(rows),
        split=split,
        zone=ZoneInfo(zone),
        start=start,
        end=end,
        granularity=granularity,
        lookups=lookups(rules),
        tag_set=tag_set,
        conventions=conventions(rules),
    )
    expected = reference.figures(
        rows,
        rules,
        split=split,
        zone=zone,
        start=start,
        end=end,
        granularity=granularity,
        tag_set=tag_set,
    )
    assert plain(ours) == as_stated(expected)


@pytest.mark.slow
@thorough
@given(case=deployments(most=14), rules=RULES)
def test_recomputed_streams_equal_the_reference(case: Case, rules: Rules) -> None:
    _, rows, _, _ = case
    recomputed = recompute_streams(table(rows), conventions(rules))
    expected = reference.recompute(rows, rules)
    nothing = {"at_edge": True}
    for row, record in zip(rows, recomputed.to_dict("records"), strict=True):
        ours = {name: value_of(value) for name, value in record.items()}
        ours = {name: value for name, value in ours.items() if value is not None}
        theirs = expected.get(row.deployment_id, nothing)
        assert ours == {name: value for name, value in theirs.items() if value is not None}


@pytest.mark.slow
@settings(thorough, max_examples=EXAMPLES // 10)
@given(case=deployments(), rules=RULES, other=RULES)
def test_one_tabulator_serves_all_tables_and_conventions(
    case: Case, rules: Rules, other: Rules
) -> None:
    zone, rows, start, end = case
    first = Tabulator(table(rows), ZoneInfo(zone), lookups(rules), conventions(rules))
    second = first.under(conventions(other))
    for split in ("Tenant", "EnvironmentGroup", "TenantTagSet", "Tenant"):
        for granularity in ("Daily", "Weekly", "Monthly", None):
            for tabulator, chosen in ((first, rules), (second, other)):
                mixed = reference.Rules(
                    **{
                        name: getattr(chosen if name in _CONVENTIONS else rules, name)
                        for name in reference.Rules.__dataclass_fields__
                    }
                )
                expected = reference.figures(
                    rows,
                    mixed,
                    split=split,
                    zone=zone,
                    start=start,
                    end=end,
                    granularity=granularity,
                    tag_set="TagSets-1",
                )
                ours = tabulator.figures(split, start, end, granularity, tag_set="TagSets-1")
                assert plain(ours) == as_stated(expected)


@settings(thorough, max_examples=EXAMPLES // 10)
@given(case=deployments(), rules=RULES, split=st.sampled_from(SPLITS))
def test_two_threads_find_the_same(case: Case, rules: Rules, split: Split) -> None:
    zone, rows, start, end = case
    asked: dict[str, Any] = {"split": split, "start": start, "end": end, "granularity": "Weekly"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measures, "_MANY", 0)
        ours = figures(
            table(rows),
            zone=ZoneInfo(zone),
            lookups=lookups(rules),
            tag_set="TagSets-1",
            conventions=conventions(rules),
            **asked,
        )
    expected = reference.figures(rows, rules, zone=zone, tag_set="TagSets-1", **asked)
    assert plain(ours) == as_stated(expected)


_CONVENTIONS = {"week_start", "percentile", "median", "count_as_failed", "edge"}


@pytest.mark.parametrize("method", ["linear", "nearest_rank", "floor_rank", "exclusive"])
def test_the_reference_itself_by_hand(method: str) -> None:
    """Eight values, as in the recovery times of Octopus's own sample."""
    values = [1, 2, 4, 8, 16, 32, 64, 128]
    by_hand = {
        "linear": Fraction(64) + Fraction(65, 100) * 64,  # position 0.95 x 7 = 6.65
        "nearest_rank": 128,  # rank ceil(7.6) = 8
        "floor_rank": 64,  # rank floor(7.6) = 7
        "exclusive": 128,  # rank 0.95 x 9 = 8.55, held inside the data
    }
    assert reference.percentile(values, Fraction(19, 20), method) == by_hand[method]
