"""The rules of the figures, each with a few deployments and figures worked out by hand."""

import math
from datetime import date, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from insights_reports.metrics import (
    Conventions,
    Granularity,
    Lookups,
    Tabulator,
    figures,
    interval_starts,
    rounded_rate,
    to_api,
)
from insights_reports.metrics.conventions import DEFAULTS, PercentileMethod
from tests.metrics.reference import TICKS, Row
from tests.metrics.tables import plain, table, ticks

UTC = ZoneInfo("UTC")
DAY = (date(2026, 9, 14), date(2026, 9, 15))
MINUTE = 60 * TICKS


def deployed(*rows: dict[str, Any], at: str = "2026-09-14T12:00:00") -> pd.DataFrame:
    return table([Row(f"Deployments-{n}", ticks(at), **row) for n, row in enumerate(rows)])


def one(deployments: pd.DataFrame, conventions: Conventions = DEFAULTS) -> dict[str, Any]:
    """The figures of all the deployments of the day."""
    (found,) = plain(
        figures(
            deployments,
            split="None",
            zone=UTC,
            start=DAY[0],
            end=DAY[1],
            granularity="Daily",
            lookups=Lookups(),
            conventions=conventions,
        )
    ).values()
    return found


def states(*names: str, guided: bool = False) -> list[dict[str, Any]]:
    return [{"task_state": name, "had_guided_failure": guided} for name in names]


# Counts and the rate


def test_success_without_a_guided_failure_is_successful() -> None:
    found = one(deployed(*states("Success", "Success")))
    assert (found["successful"], found["failed"], found["total"]) == (2, 0, 2)
    assert found["rate"] == 0


def test_failed_and_success_with_a_guided_failure_are_failed() -> None:
    found = one(deployed(*states("Success", "Failed"), *states("Success", guided=True)))
    assert (found["successful"], found["deployment_failure"], found["guided"]) == (1, 1, 1)
    assert (found["failed"], found["total"]) == (2, 3)
    assert found["rate"] == 2 / 3


def test_a_failed_deployment_with_a_guided_failure_counts_once_as_a_deployment_failure() -> None:
    found = one(deployed(*states("Failed", guided=True)))
    assert (found["deployment_failure"], found["guided"], found["total"]) == (1, 0, 1)


def test_canceled_timed_out_and_unknown_states_are_neither_but_counted() -> None:
    found = one(deployed(*states("Canceled", "TimedOut", "Paused", "success")))
    assert (found["successful"], found["failed"], found["total"], found["other"]) == (0, 0, 0, 4)
    assert found["rate"] is None


def test_states_can_be_counted_as_failed() -> None:
    chosen = Conventions(count_as_failed=frozenset({"Canceled", "Success"}))
    found = one(deployed(*states("Canceled", "TimedOut", "Success")), chosen)
    assert (found["deployment_failure"], found["other"], found["successful"]) == (1, 1, 1)


def test_the_rate_of_octopus_own_sample() -> None:
    """8 of 255 are stated as 0.03137: failed / total, not failed / successful (0.03239)."""
    found = one(deployed(*states(*["Success"] * 247, *["Failed"] * 8)))
    assert (found["successful"], found["total"], found["failed"]) == (247, 255, 8)
    assert found["rate"] == 8 / 255
    assert rounded_rate(8, 255) == 0.03137


@pytest.mark.parametrize(
    ("failed", "total", "stated"),
    [
        (0, 0, None),
        (0, 7, 0.0),
        (7, 7, 1.0),
        (1, 3, 0.33333),
        (2, 3, 0.66667),
        (1, 200_000, 0.0),  # 0.000005: to the even 0.00000
        (3, 200_000, 0.00002),  # 0.000015: to the even 0.00002
        (5, 200_000, 0.00002),  # 0.000025: to the even 0.00002
    ],
)
def test_a_rate_is_rounded_from_the_exact_fraction_half_to_even(
    failed: int, total: int, stated: float | None
) -> None:
    assert rounded_rate(failed, total) == stated


def test_active_days_are_days_with_a_successful_deployment() -> None:
    rows = [
        Row("Deployments-1", ticks("2026-09-14T08:00:00")),
        Row("Deployments-2", ticks("2026-09-14T09:00:00")),
        Row("Deployments-3", ticks("2026-09-15T09:00:00"), task_state="Failed"),
        Row("Deployments-4", ticks("2026-09-16T09:00:00")),
    ]
    found = figures(
        table(rows),
        split="None",
        zone=UTC,
        start=date(2026, 9, 1),
        end=date(2026, 10, 1),
        granularity="Monthly",
        lookups=Lookups(),
    )
    assert found["active_days"].tolist() == [2]


# Durations


def lead(*values: int | None) -> pd.DataFrame:
    return deployed(*[{"lead_time": value} for value in values])


def test_null_is_not_zero() -> None:
    found = one(lead(None, None))
    assert (found["successful"], found["lead_time_count"]) == (2, 0)
    assert [found[f"lead_time_{s}"] for s in ("mean", "median", "min", "max", "p90", "p95")] == [
        None
    ] * 6
    assert one(lead(0, None))["lead_time_mean"] == 0


def test_negative_lead_times_are_counted() -> None:
    found = one(lead(-90 * MINUTE, 30 * MINUTE))
    assert (found["lead_time_count"], found["lead_time_mean"]) == (2, -30 * MINUTE)
    assert (found["lead_time_min"], found["lead_time_max"]) == (-90 * MINUTE, 30 * MINUTE)


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ((0, 1), 0),  # 0.5 to the even 0
        ((1, 2), 2),  # 1.5 to the even 2
        ((2, 3), 2),  # 2.5 to the even 2
        ((0, -1), 0),  # -0.5
        ((-1, -2), -2),  # -1.5
        ((-2, -3), -2),  # -2.5
        ((0, 0, 1), 0),
        ((0, 1, 1), 1),
        ((-1, 0, 0), 0),
        ((-1, -1, 0), -1),
    ],
)
def test_means_and_medians_are_rounded_half_to_even_to_a_tick(
    values: tuple[int, ...], mean: int
) -> None:
    found = one(lead(*values))
    assert found["lead_time_mean"] == mean
    if len(values) == 2:
        assert found["lead_time_median"] == mean


def test_percentiles_are_interpolated_between_values() -> None:
    """Of 1..8 minutes: positions 3.5, 6.3 and 6.65 counted from 0."""
    found = one(lead(*[n * MINUTE for n in (8, 3, 5, 1, 7, 2, 6, 4)]))
    assert found["lead_time_median"] == 4.5 * MINUTE
    assert found["lead_time_p90"] == 7 * MINUTE + 18 * TICKS
    assert found["lead_time_p95"] == 7 * MINUTE + 39 * TICKS


@pytest.mark.parametrize(
    ("method", "p90", "p95", "median"),
    [
        ("linear", 73, 76.5, 45),
        ("nearest_rank", 80, 80, 40),  # ranks 7.2 and 7.6, up to 8; 4
        ("floor_rank", 70, 70, 40),
        ("lower", 70, 70, 40),
        ("higher", 80, 80, 50),
        ("exclusive", 80, 80, 45),  # ranks 8.1 and 8.55 of 8: the last; 4.5
    ],
)
def test_the_percentile_method_is_a_convention(
    method: PercentileMethod, p90: float, p95: float, median: float
) -> None:
    """Of 10..80 seconds."""
    found = one(
        lead(*[n * 10 * TICKS for n in range(1, 9)]),
        Conventions(percentile=method, median=method),
    )
    assert found["lead_time_p90"] == p90 * TICKS
    assert found["lead_time_p95"] == p95 * TICKS
    assert found["lead_time_median"] == median * TICKS


def test_the_percentile_of_p90_and_p95_leaves_the_median_alone() -> None:
    found = one(lead(0, 10), Conventions(percentile="nearest_rank"))
    assert (found["lead_time_median"], found["lead_time_p95"]) == (5, 10)


@pytest.mark.parametrize("method", ["linear", "nearest_rank", "floor_rank", "lower", "exclusive"])
def test_one_value_is_every_statistic(method: PercentileMethod) -> None:
    found = one(lead(7), Conventions(percentile=method, median=method))
    assert {found[f"lead_time_{s}"] for s in ("mean", "median", "min", "max", "p90", "p95")} == {7}


def test_sums_beyond_sixty_four_bits_stay_exact() -> None:
    """Two hundred lead times of 285 years are 1.8e19 ticks in sum, past 2**63."""
    century = 9 * 10**16
    found = one(lead(*[century] * 199, century - 100))
    assert found["lead_time_mean"] == century - 0  # 0.5 ticks below, to the even tick
    found = one(lead(*[-century] * 199, -century - 300))
    assert found["lead_time_mean"] == -century - 2  # 1.5 ticks below


def test_deployments_until_recovery_are_numbers_with_decimals() -> None:
    found = one(deployed(*[{"deployments_until_recovery": n} for n in (1, 2, 2, None)]))
    assert found["deployments_until_recovery_count"] == 3
    assert found["deployments_until_recovery_mean"] == 5 / 3
    assert found["deployments_until_recovery_p95"] == 2
    assert math.isclose(
        one(deployed(*[{"deployments_until_recovery": n} for n in (1, 2)]))[
            "deployments_until_recovery_p95"
        ],
        1.95,
    )


def test_numbers_that_are_not_whole_are_refused() -> None:
    deployments = deployed({})
    deployments["deployments_until_recovery"] = [1.5]
    with pytest.raises(ValueError, match="deployments_until_recovery"):
        one(deployments)


# Intervals


def dated(*instants: str) -> pd.DataFrame:
    return table([Row(f"Deployments-{n}", ticks(text)) for n, text in enumerate(instants)])


def starts(
    deployments: pd.DataFrame,
    granularity: Granularity | None,
    start: date,
    end: date,
    zone: tzinfo = UTC,
    conventions: Conventions = DEFAULTS,
) -> dict[date, int]:
    found = figures(
        deployments,
        split="None",
        zone=zone,
        start=start,
        end=end,
        granularity=granularity,
        lookups=Lookups(),
        conventions=conventions,
    )
    return dict(zip(found["start"].dt.date, found["total"], strict=True))


def test_ranges_are_half_open() -> None:
    rows = dated(
        "2026-08-31T23:59:59.9999999", "2026-09-01T00:00:00", "2026-09-30T23:59:59.9999999"
    )
    later = pd.concat([rows, dated("2026-10-01T00:00:00")], ignore_index=True)
    assert starts(later, "Monthly", date(2026, 9, 1), date(2026, 10, 1)) == {date(2026, 9, 1): 2}


def test_the_day_of_a_completion_is_that_of_the_zone() -> None:
    rows = dated("2026-09-14T23:30:00")
    assert list(starts(rows, "Daily", date(2026, 9, 1), date(2026, 10, 1))) == [date(2026, 9, 14)]
    london = starts(rows, "Daily", date(2026, 9, 1), date(2026, 10, 1), ZoneInfo("Europe/London"))
    assert list(london) == [date(2026, 9, 15)]


def test_weeks_keep_their_own_start_where_the_range_cuts_them() -> None:
    """September 2026 begins on a Tuesday, in the week from Sunday 30 August."""
    rows = dated("2026-08-31T12:00:00", "2026-09-01T12:00:00", "2026-09-06T12:00:00")
    september = (date(2026, 9, 1), date(2026, 10, 1))
    assert starts(rows, "Weekly", *september) == {date(2026, 8, 30): 1, date(2026, 9, 6): 1}
    whole = Conventions(edge="whole")
    assert starts(rows, "Weekly", *september, conventions=whole) == {
        date(2026, 8, 30): 2,
        date(2026, 9, 6): 1,
    }
    monday = Conventions(week_start="Monday")
    assert starts(rows, "Weekly", *september, conventions=monday) == {date(2026, 8, 31): 2}


def test_without_a_granularity_the_range_is_one_interval() -> None:
    rows = dated("2026-08-31T12:00:00", "2026-09-01T12:00:00")
    assert starts(rows, None, date(2026, 8, 25), date(2026, 9, 2)) == {date(2026, 8, 25): 2}


def test_a_deployment_without_completion_time_is_in_no_interval() -> None:
    rows = table(
        [
            Row("Deployments-1", None, lead_time=5),
            Row("Deployments-2", ticks("2026-09-14T12:00:00")),
        ]
    )
    found = one(rows)
    assert (found["total"], found["lead_time_count"]) == (1, 0)


def test_no_deployments_make_an_empty_table_of_the_same_columns() -> None:
    empty = figures(
        table([]),
        split="Project",
        zone=UTC,
        start=DAY[0],
        end=DAY[1],
        granularity="Weekly",
        lookups=Lookups(),
    )
    full = figures(
        deployed({}),
        split="Project",
        zone=UTC,
        start=DAY[0],
        end=DAY[1],
        granularity="Weekly",
        lookups=Lookups(),
    )
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_the_columns_and_dtypes_are_those_documented() -> None:
    found = figures(
        deployed({}),
        split="None",
        zone=UTC,
        start=DAY[0],
        end=DAY[1],
        granularity="Daily",
        lookups=Lookups(),
    )
    counts = ["successful", "deployment_failure", "guided", "total", "failed", "other"]
    statistics = ["mean", "median", "min", "max", "p90", "p95"]
    expected = {"series_key": "object", "series_name": "object", "start": "datetime64[s]"}
    expected |= dict.fromkeys([*counts, "active_days"], "int64") | {"rate": "float64"}
    for name in ("lead_time", "time_since_previous", "time_to_recovery"):
        expected[f"{name}_count"] = "int64"
        expected |= dict.fromkeys([f"{name}_{s}" for s in statistics], "timedelta64[ns]")
    expected["deployments_until_recovery_count"] = "int64"
    expected |= dict.fromkeys([f"deployments_until_recovery_{s}" for s in statistics], "float64")
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == expected


def test_the_deployments_are_only_read() -> None:
    deployments = deployed({"lead_time": 5}, {"task_state": "Failed"})
    before = deployments.copy(deep=True)
    for column in deployments.select_dtypes(exclude=["category", "string"]).columns:
        values = deployments[column].to_numpy()
        if isinstance(values, np.ndarray):
            values.flags.writeable = False
    one(deployments)
    pd.testing.assert_frame_equal(deployments, before)


# Octopus's own shape


def test_the_reply_has_every_interval_with_zeros_and_nulls() -> None:
    rows = [
        Row("Deployments-1", ticks("2026-09-07T12:00:00"), lead_time=90 * MINUTE),
        Row("Deployments-2", ticks("2026-09-08T12:00:00"), task_state="Failed"),
    ]
    range_ = (date(2026, 9, 6), date(2026, 9, 20))
    tabulator = Tabulator(table(rows), UTC, Lookups())
    reply = to_api(
        tabulator.figures("Project", *range_, "Weekly"),
        interval_starts(*range_, "Weekly"),
        lambda ticks: f"{ticks // MINUTE} min",
    )
    nothing = dict.fromkeys(("Mean", "Median", "Min", "Max", "NinetyFifth"))
    empty = {"Count": 0} | nothing
    full = {"Count": 1} | dict.fromkeys(nothing, "90 min")
    (series,) = reply["Series"]
    assert series["Name"] == "Shop"
    assert series["Intervals"] == [
        {
            "StartOfInterval": "2026-09-06",
            "NumberOfSuccessfulDeployments": 1,
            "LeadTime": full,
            "DeploymentFailureRate": {
                "Successful": 1,
                "DeploymentFailure": 1,
                "SuccessfulButHadGuidedFailure": 0,
                "Total": 2,
                "Failed": 1,
                "Rate": 0.5,
            },
            "TimeSincePreviousDeployment": empty,
            "MeanTimeToRecovery": empty,
            "DeploymentsUntilRecovery": empty,
        },
        {
            "StartOfInterval": "2026-09-13",
            "NumberOfSuccessfulDeployments": 0,
            "LeadTime": empty,
            "DeploymentFailureRate": {
                "Successful": 0,
                "DeploymentFailure": 0,
                "SuccessfulButHadGuidedFailure": 0,
                "Total": 0,
                "Failed": 0,
                "Rate": None,
            },
            "TimeSincePreviousDeployment": empty,
            "MeanTimeToRecovery": empty,
            "DeploymentsUntilRecovery": empty,
        },
    ]


def test_the_reply_states_series_without_deployments_in_the_range_when_asked() -> None:
    tabulator = Tabulator(dated("2025-01-01T12:00:00"), UTC, Lookups())
    found = tabulator.figures("Project", *DAY, "Daily")
    reply = to_api(found, [DAY[0]], str, tabulator.series("Project"))
    assert [series["Name"] for series in reply["Series"]] == ["Shop"]
    assert to_api(found, [DAY[0]], str) == {"Series": []}
