"""The rows of an edition's workbook: what stands beside each deployment, and that they add up to
the figures of page one."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from insights_reports.edition import compose
from insights_reports.edition.rows import deployment_rows
from insights_reports.edition.values import Statistic
from insights_reports.metrics import Conventions
from tests.edition.inputs import HOUR, inputs, instant, settings
from tests.metrics.reference import Row


def at(*moment: int) -> int:
    return instant(datetime(*moment, tzinfo=UTC))  # type: ignore[misc, arg-type]


def rows(*made: Row, period: str = "2026-09", every: bool = True, **chosen: object) -> pd.DataFrame:
    return deployment_rows(inputs(list(made), period), settings(**chosen), every=every)


def test_times_are_by_the_report_s_zone() -> None:
    """22:30 UTC on Monday 31 August is half past midnight on Tuesday in Berlin."""
    (row,) = rows(Row("Deployments-1", at(2026, 8, 31, 22, 30))).to_dict("records")
    assert (row["period"], row["month"], row["week"]) == (
        "2026-09",
        pd.Timestamp("2026-09-01"),
        pd.Timestamp("2026-08-30"),  # a Sunday
    )
    assert (row["weekday"], row["hour"], row["in_period"]) == (1, 0, True)


@pytest.mark.parametrize(
    ("start", "moment", "week"),
    [
        ("Sunday", (2026, 9, 6, 10), "2026-09-06"),
        ("Monday", (2026, 9, 6, 10), "2026-08-31"),
        ("Sunday", (2026, 9, 12, 10), "2026-09-06"),
        ("Monday", (2026, 9, 7, 10), "2026-09-07"),
        ("Monday", (1969, 12, 31, 10), "1969-12-29"),
    ],
)
def test_a_week_goes_by_its_first_day(start: str, moment: tuple[int, ...], week: str) -> None:
    conventions = Conventions(week_start=start)  # type: ignore[arg-type]
    made = rows(Row("Deployments-1", at(*moment)), conventions=conventions)
    assert made["week"][0] == pd.Timestamp(week)


@pytest.mark.parametrize(
    ("period", "names"),
    [
        ("2026-09", ["2026-08", "2026-09"]),
        ("2026-Q3", ["2026-Q3", "2026-Q3"]),
        ("2026-W40", ["2026-W36", "2026-W40"]),
        ("2026-09-10..2026-10-05", [None, "2026-09-10..2026-10-05"]),
    ],
)
def test_periods_have_the_names_of_the_edition_s(period: str, names: list[str | None]) -> None:
    made = rows(
        Row("Deployments-1", at(2026, 8, 31, 12)),
        Row("Deployments-2", at(2026, 9, 29, 12)),
        period=period,
    )
    assert [None if pd.isna(name) else name for name in made["period"]] == names


def test_groups_are_those_of_the_project_and_of_the_environment() -> None:
    made = rows(
        Row("Deployments-1", at(2026, 9, 1, 10), project_id="Projects-1"),
        Row("Deployments-2", at(2026, 9, 2, 10), project_id="Projects-999",
            environment_id="Environments-9"),
        Row("Deployments-3", at(2026, 9, 3, 10), environment_id="Environments-2"),
    )  # fmt: skip
    groups = made[["project_group", "environment_group"]].astype(object)
    assert groups.where(groups.notna(), None).to_numpy().tolist() == [
        ["Back office", "Test"],
        [None, None],
        ["Back office", "Live"],
    ]


def test_failed_is_empty_where_a_deployment_counts_as_neither() -> None:
    states = [
        Row("Deployments-1", at(2026, 9, 1, 10)),
        Row("Deployments-2", at(2026, 9, 2, 10), task_state="Failed"),
        Row("Deployments-3", at(2026, 9, 3, 10), had_guided_failure=True),
        Row("Deployments-4", at(2026, 9, 4, 10), task_state="Canceled"),
    ]
    assert rows(*states)["failed"].tolist()[:3] == [0, 1, 1]
    assert np.isnan(rows(*states)["failed"][3])
    counting = Conventions(count_as_failed=frozenset({"Canceled"}))
    assert rows(*states, conventions=counting)["failed"].tolist() == [0, 1, 1, 1]


def test_rows_are_all_or_the_period_s() -> None:
    two = (Row("Deployments-2", at(2026, 9, 2, 10)), Row("Deployments-1", at(2026, 8, 2, 10)))
    assert rows(*two)["deployment_id"].tolist() == ["Deployments-1", "Deployments-2"]
    assert rows(*two, every=False)["deployment_id"].tolist() == ["Deployments-2"]
    few = deployment_rows(inputs(list(two)), settings(), most=1)
    assert few["deployment_id"].tolist() == ["Deployments-2"]
    enough = deployment_rows(inputs(list(two)), settings(), most=2)
    assert len(enough) == 2


day = st.datetimes(datetime(2026, 7, 1), datetime(2026, 9, 30, 20))
deployment = st.builds(
    Row,
    deployment_id=st.uuids().map(str),
    completed=day.map(lambda moment: instant(moment.replace(tzinfo=UTC, microsecond=0))),
    stream=st.integers(0, 2),
    release_version=st.sampled_from(["1.0", "1.1", "2.0"]),
    task_state=st.sampled_from(["Success", "Success", "Failed", "Canceled"]),
    had_guided_failure=st.booleans(),
    lead_time=st.none() | st.integers(-5, 90).map(lambda hours: hours * HOUR),
)


@limits(max_examples=25, deadline=None)
@given(st.lists(deployment, min_size=1, max_size=40, unique_by=lambda row: row.deployment_id))
def test_the_rows_add_up_to_the_figures_of_page_one(made: list[Row]) -> None:
    found = rows(*made)
    found = found[found["in_period"]]
    (summary, *_) = compose(inputs(made), settings())
    said = {
        (figure.metric, figure.statistic): figure
        for tile in summary.tiles
        for figure in (tile.figure, *tile.extra)
    }
    for (metric, statistic), figure in said.items():
        if figure.value is None:
            continue
        if statistic is Statistic.COUNT:
            assert figure.value == (found["failed"] == 0).sum()
        elif statistic is Statistic.RATE:
            flags = found["rework"] if metric == "rework_rate" else found["failed"] == 1
            assert figure.value == flags.sum() / found["failed"].notna().sum()
        elif statistic is Statistic.MEDIAN:
            hours = found[str(metric)].dropna().dt.total_seconds() / 3600
            assert figure.value / HOUR == pytest.approx(hours.median(), abs=1e-9)


def test_dates_of_no_deployment_are_missing() -> None:
    (row,) = rows(Row("Deployments-1", None)).to_dict("records")
    assert pd.isna(row["period"])
    assert pd.isna(row["month"])
    assert (row["weekday"], row["hour"], row["in_period"]) == (-1, -1, False)
