"""What each deployment says of its stream, by hand."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest

from insights_reports.metrics import Conventions, octopus_trend, recompute_streams
from tests.metrics.reference import TICKS, Row
from tests.metrics.tables import table, ticks, value_of

HOUR = 3600 * TICKS
START = ticks("2026-09-14T00:00:00")


def stream(*states: str, **more: Any) -> list[Row]:
    """One deployment an hour; "Guided" is a success with a guided failure."""
    return [
        Row(
            f"Deployments-{hour}",
            START + hour * HOUR,
            task_state="Success" if state == "Guided" else state,
            had_guided_failure=state == "Guided",
            release_version=f"1.{hour}",
            **more,
        )
        for hour, state in enumerate(states)
    ]


def recomputed(rows: list[Row], conventions: Conventions | None = None) -> list[dict[str, Any]]:
    found = recompute_streams(table(rows), *([conventions] if conventions else []))
    return [
        {str(name): value_of(value) for name, value in row.items()}
        for row in found.to_dict("records")
    ]


def test_the_gap_is_to_the_previous_successful_deployment() -> None:
    _, failed, canceled, last = recomputed(stream("Success", "Failed", "Canceled", "Success"))
    assert (last["time_since_previous"], last["previous_successful_id"]) == (
        3 * HOUR,
        "Deployments-0",
    )
    assert failed["time_since_previous"] is None
    assert canceled["time_since_previous"] is None


def test_recovery_is_from_the_first_failure_of_the_run() -> None:
    rows = recomputed(stream("Success", "Failed", "Guided", "Failed", "Success", "Success"))
    assert rows[4]["time_to_recovery"] == 3 * HOUR
    assert rows[4]["deployments_until_recovery"] == 3
    assert rows[4]["recovered_from_id"] == "Deployments-1"
    assert rows[4]["recovered_from_version"] == "1.1"
    assert all(rows[n]["time_to_recovery"] is None for n in (0, 1, 2, 3, 5))


def test_canceled_deployments_are_no_attempts_and_end_no_run() -> None:
    rows = recomputed(stream("Success", "Failed", "Canceled", "Failed", "Success"))
    assert rows[4]["deployments_until_recovery"] == 2
    counted = Conventions(count_as_failed=frozenset({"Canceled"}))
    rows = recomputed(stream("Success", "Failed", "Canceled", "Failed", "Success"), counted)
    assert rows[4]["deployments_until_recovery"] == 3


def test_nulls_and_the_edge_where_the_predecessor_lies_before_the_data() -> None:
    rows = recomputed(stream("Failed", "Success", "Success"))
    assert [row["at_edge"] for row in rows] == [True, True, False]
    assert rows[1]["time_since_previous"] is None
    assert rows[1]["previous_successful_id"] is None
    assert rows[1]["time_to_recovery"] == HOUR  # perhaps more: the edge says so


def test_streams_do_not_mix_and_equal_streams_are_one() -> None:
    first = stream("Success", "Success")
    other = stream("Success", "Success", tenant_id="Tenants-1")
    other = [
        Row(**{**vars_of(row), "deployment_id": f"Deployments-{50 + n}", "stream": 1})
        for n, row in enumerate(other)
    ]
    rows = recomputed([*first, *other])
    assert [row["previous_successful_id"] for row in rows] == [
        None,
        "Deployments-0",
        None,
        "Deployments-50",
    ]
    same = [Row(**{**vars_of(row), "tenant_id": None}) for row in other]
    rows = recomputed([*first, *same])  # two ordinals, one stream: ties by id
    assert [row["previous_successful_id"] for row in rows] == [
        None,
        "Deployments-50",
        "Deployments-0",
        "Deployments-1",
    ]


def vars_of(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}


def test_ties_go_by_id_as_people_count() -> None:
    rows = [Row("Deployments-10", START), Row("Deployments-9", START)]
    assert [row["previous_successful_id"] for row in recomputed(rows)] == ["Deployments-9", None]


def test_the_table_has_the_index_of_the_deployments() -> None:
    deployments = table(stream("Success", "Failed", "Success")).iloc[[2, 0, 1]]
    found = recompute_streams(deployments)
    assert found.index.tolist() == [2, 0, 1]
    assert found.loc[2, "time_to_recovery"] == pd.Timedelta(hours=1)
    assert found.dtypes.astype(str).to_dict() == {
        "time_since_previous": "timedelta64[ns]",
        "previous_successful_id": "string",
        "time_to_recovery": "timedelta64[ns]",
        "deployments_until_recovery": "float64",
        "recovered_from_id": "string",
        "recovered_from_version": "category",
        "at_edge": "bool",
    }


# Octopus's trend

AS_OF = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)
NOW = ticks("2026-09-30T12:00:00")
DAY = 24 * HOUR


def spread(before: int, after: int, **more: Any) -> list[Row]:
    """So many deployments in the 28 days before the last 28, and in these."""
    instants = [NOW - 28 * DAY - n for n in range(before)] + [NOW - n for n in range(after)]
    return [Row(f"Deployments-{n}", at, **more) for n, at in enumerate(instants)]


@pytest.mark.parametrize(
    ("before", "after", "direction", "good"),
    [
        (9, 40, "none", None),
        (40, 9, "none", None),
        (10, 10, "steady", None),
        (100, 104, "steady", None),
        (100, 105, "up", True),
        (100, 95, "down", False),
        (100, 96, "steady", None),
    ],
)
def test_frequency_needs_ten_deployments_and_moves_from_five_percent(
    before: int, after: int, direction: str, good: bool | None
) -> None:
    trend = octopus_trend(table(spread(before, after)), "deployment_frequency", AS_OF)
    assert (trend.direction, trend.good) == (direction, good)
    assert (trend.before, trend.after) == (Fraction(before, 4), Fraction(after, 4))


def test_a_longer_lead_time_is_not_good() -> None:
    rows = spread(10, 0, lead_time=100) + [
        Row(f"Deployments-{n}", NOW - n, lead_time=150) for n in range(100, 110)
    ]
    trend = octopus_trend(table(rows), "lead_time", AS_OF)
    assert (trend.direction, trend.good, trend.change) == ("up", False, Fraction(1, 2))


def test_the_windows_are_twenty_eight_times_twenty_four_hours_up_to_the_instant() -> None:
    edge = [Row("Deployments-900", NOW - 56 * DAY), Row("Deployments-901", NOW + 1)]
    trend = octopus_trend(table([*spread(10, 10), *edge]), "deployment_frequency", AS_OF)
    assert (trend.before, trend.after) == (Fraction(10, 4), Fraction(10, 4))


def test_a_rate_that_was_zero_is_no_base() -> None:
    rows = spread(10, 10)
    rows[-1] = Row("Deployments-999", NOW, task_state="Failed")
    trend = octopus_trend(table(rows), "failure_rate", AS_OF)
    assert (trend.direction, trend.before, trend.after) == ("none", Fraction(0), Fraction(1, 10))


def test_no_recoveries_are_no_trend() -> None:
    trend = octopus_trend(table(spread(10, 10)), "time_to_recovery", AS_OF)
    assert (trend.direction, trend.before, trend.after) == ("none", None, None)
