"""Laws that hold for any deployments."""

import os
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.metrics import (
    Granularity,
    Lookups,
    Split,
    compare_versions,
    figures,
    rework,
)
from tests.metrics.reference import MEASURES, TICKS, Row, Rules, as_counted
from tests.metrics.strategies import RULES, Case, deployments
from tests.metrics.tables import plain, table
from tests.metrics.test_against_reference import conventions, lookups

some = settings(max_examples=1_000 if os.environ.get("THOROUGH") else 25)
GRANULARITIES = st.sampled_from(("Daily", "Weekly", "Monthly", None))
COUNTS = ("successful", "deployment_failure", "guided", "total", "failed", "other")
NONE = Lookups()
PARTITIONS = st.sampled_from(("Project", "ProjectGroup", "Environment", "Tenant"))
SOME_SPLITS = st.sampled_from(("None", "Project", "EnvironmentGroup", "TenantTagSet"))
WEEK = 7 * 24 * 3600 * TICKS


def of(
    case: Case,
    split: Split,
    granularity: Granularity | None,
    looked_up: Lookups = NONE,
    **more: Any,
) -> pd.DataFrame:
    zone, rows, start, end = case
    return figures(
        table(rows),
        split=split,
        zone=ZoneInfo(zone),
        start=start,
        end=end,
        granularity=granularity,
        lookups=looked_up,
        **more,
    )


@some
@given(
    deployments(),
    RULES,
    GRANULARITIES,
    st.sampled_from(("Project", "ProjectGroup", "Environment", "Tenant")),
)
def test_partitioning_splits_add_up_to_all(
    case: Case, rules: Rules, granularity: Granularity | None, split: Split
) -> None:
    parts = of(case, split, granularity, lookups(rules))
    whole = of(case, "None", granularity)
    columns = [*COUNTS, *(f"{name}_count" for name in MEASURES)]
    summed = parts.groupby("start")[columns].sum()
    pd.testing.assert_frame_equal(summed, whole.set_index("start")[columns])


@pytest.mark.slow
@some
@given(deployments(), RULES, GRANULARITIES, st.randoms(use_true_random=False))
def test_the_order_of_the_deployments_is_irrelevant(
    case: Case, rules: Rules, granularity: Granularity | None, random: Random
) -> None:
    zone, rows, start, end = case
    shuffled = list(rows)
    random.shuffle(shuffled)
    for split in ("Tenant", "TenantTagSet", "EnvironmentGroup"):
        one, other = (
            of((zone, order, start, end), split, granularity, lookups(rules), tag_set="TagSets-1")
            for order in (rows, shuffled)
        )
        pd.testing.assert_frame_equal(one, other)


@some
@given(deployments(), RULES, st.sampled_from(("Daily", "Weekly")))
def test_a_week_later_everything_is_the_same_a_week_later(
    case: Case, rules: Rules, granularity: Granularity | None
) -> None:
    _, rows, start, end = case
    later = [
        replace(row, completed=None if row.completed is None else row.completed + WEEK)
        for row in rows
    ]
    week = timedelta(weeks=1)
    now = plain(of(("UTC", rows, start, end), "Project", granularity))
    then = plain(of(("UTC", later, start + week, end + week), "Project", granularity))
    assert {(key, at + week): found for (key, at), found in now.items()} == then


@some
@given(deployments(), RULES, GRANULARITIES)
def test_statistics_are_ordered(case: Case, rules: Rules, granularity: Granularity | None) -> None:
    for found in plain(
        of(case, "Environment", granularity, conventions=conventions(rules))
    ).values():
        for name in MEASURES:
            if found[f"{name}_count"]:
                in_order = [found[f"{name}_{s}"] for s in ("min", "p90", "p95", "max")]
                assert in_order == sorted(in_order)
                assert in_order[0] <= found[f"{name}_median"] <= in_order[-1]
                assert in_order[0] <= found[f"{name}_mean"] <= in_order[-1]


@some
@given(deployments(), GRANULARITIES)
def test_median_p90_and_p95_are_ordered_when_linear(
    case: Case, granularity: Granularity | None
) -> None:
    for found in plain(of(case, "Project", granularity)).values():
        for name in MEASURES:
            if found[f"{name}_count"]:
                assert found[f"{name}_median"] <= found[f"{name}_p90"] <= found[f"{name}_p95"]


@some
@given(deployments(least=1), GRANULARITIES, st.data())
def test_a_subset_never_counts_more(
    case: Case, granularity: Granularity | None, data: st.DataObject
) -> None:
    zone, rows, start, end = case
    subset = [row for row in rows if data.draw(st.booleans())]
    all_of_them = plain(of(case, "Tenant", granularity))
    for key, found in plain(of((zone, subset, start, end), "Tenant", granularity)).items():
        for name in (*COUNTS, "active_days", *(f"{measure}_count" for measure in MEASURES)):
            assert found[name] <= all_of_them[key][name]


@some
@given(deployments(), st.randoms(use_true_random=False))
def test_rework_does_not_depend_on_the_order_and_is_counted(case: Case, random: Random) -> None:
    _, rows, _, _ = case
    shuffled = list(rows)
    random.shuffle(shuffled)
    flags = []
    for order in (rows, shuffled):
        marked = rework(table(order), hotfix_patterns=["^1[.]10$"])
        flags.append({order[at].deployment_id for at in marked.rework})
        assert all(order[at].task_state in ("Success", "Failed") for at in marked.rework)
    assert flags[0] == flags[1]


@some
@given(deployments())
def test_rework_is_what_a_walk_along_each_stream_finds(case: Any) -> None:
    _, rows, _, _ = case
    marked = rework(table(rows))
    found: dict[str, set[Any]] = {"rollback": set(), "redeploy": set(), "unknown": set()}
    deployed: dict[object, set[str]] = {}
    last: dict[object, Row] = {}
    dated = [row for row in rows if row.completed is not None]
    for row in sorted(dated, key=lambda one: (one.completed, as_counted(one.deployment_id))):
        stream = (row.project_id, row.channel_id, row.environment_id, row.tenant_id)
        before = last.get(stream)
        had = deployed.setdefault(stream, set())
        if row.task_state not in ("Success", "Failed"):
            continue
        if before is not None and before.release_version == row.release_version:
            if before.task_state == "Success" and not before.had_guided_failure:
                found["redeploy"].add(row.deployment_id)
        elif before is not None and row.release_version in had:
            compared = compare_versions(row.release_version, before.release_version)
            kind = {-1: "rollback", None: "unknown"}.get(compared)
            if kind:
                found[kind].add(row.deployment_id)
        if row.task_state == "Success" and not row.had_guided_failure:
            had.add(row.release_version)
        last[stream] = row

    def ids(positions: Any) -> Any:
        return {rows[at].deployment_id for at in positions}

    assert ids(marked.rollbacks) == found["rollback"]
    assert ids(marked.redeploys) == found["redeploy"]
    assert ids(marked.not_comparable) == found["unknown"]


@some
@given(deployments())
def test_no_release_that_was_never_deployed_before_is_a_rollback(case: Any) -> None:
    _, rows, _, _ = case
    for at in rework(table(rows)).rollbacks:
        row = rows[at]
        assert any(
            earlier.release_version == row.release_version
            and earlier.completed <= row.completed
            and earlier.task_state == "Success"
            for earlier in rows
            if earlier.deployment_id != row.deployment_id
        )
