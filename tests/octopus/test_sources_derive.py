"""What is derived from documents, with figures worked by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.octopus.sources.derive import Releases, derive
from insights_reports.octopus.sources.release_order import ordered
from insights_reports.octopus.sources.tables import assemble

HOUR = pd.Timedelta("1h")


def at(hour: float) -> pd.Timestamp:
    return pd.Timestamp("2026-09-01T00:00Z") + hour * HOUR


def releases(*rows: tuple[str, str, float]) -> Releases:
    """Releases by id, channel and hour of assembly; the version is the number in the id."""
    return Releases(
        pd.DataFrame(
            {
                "ChannelId": [channel for _, channel, _ in rows],
                "Version": [id.partition("-")[2] + ".0" for id, _, _ in rows],
                "Assembled": pd.DatetimeIndex([at(hour) for _, _, hour in rows]),
            },
            index=[id for id, _, _ in rows],
        )
    )


def derived(known: Releases, *rows: tuple[int, int, float, str], guided: int = 0) -> pd.DataFrame:
    """Of deployments by number, release, hour of completion and state, in one stream."""
    table = assemble(
        {
            "deployment_id": [f"Deployments-{number}" for number, *_ in rows],
            "project_id": "Projects-1",
            "channel_id": "A",
            "environment_id": "Environments-1",
            "tenant_id": None,
            "release_version": [f"{release}.0" for _, release, _, _ in rows],
            "task_state": [state for *_, state in rows],
            "completed": pd.DatetimeIndex([at(hour) for _, _, hour, _ in rows]),
            "had_guided_failure": [number == guided for number, *_ in rows],
        }
    )
    release_of = {f"Deployments-{number}": f"Releases-{release}" for number, release, _, _ in rows}
    ids = np.array([release_of[id] for id in table["deployment_id"]], dtype=object)
    return derive(table, ids, known).set_index("deployment_id")


def hours(values: "pd.Series[Any]") -> list[float | None]:
    return [None if pd.isna(value) else value / HOUR for value in values]


FOUR = releases(
    ("Releases-8", "A", 1), ("Releases-9", "A", 2), ("Releases-10", "A", 3), ("Releases-11", "A", 4)
)


def test_lead_time_counts_from_the_first_release_not_yet_deployed() -> None:
    """Release 9, assembled at 2, never got there by itself; 10 brings it at 8: 6 hours."""
    found = derived(FOUR, (1, 8, 5, "Success"), (2, 10, 8, "Success"))
    assert hours(found["lead_time"]) == [4, 6]
    assert found["lead_time_from_version"].tolist() == ["8.0", "9.0"]


def test_a_failure_extends_the_lead_time_and_has_none() -> None:
    """9 fails at 6; 10 succeeds at 9, 7 hours after 9 was assembled, 3 after the failure."""
    found = derived(FOUR, (1, 8, 5, "Success"), (2, 9, 6, "Failed"), (3, 10, 9, "Success"))
    assert hours(found["lead_time"]) == [4, None, 7]
    assert hours(found["time_to_recovery"]) == [None, None, 3]
    assert found["recovered_from_id"].tolist()[2] == "Deployments-2"
    assert hours(found["time_since_previous"]) == [None, None, 4]


def test_a_guided_failure_is_a_failure() -> None:
    found = derived(
        FOUR, (1, 8, 5, "Success"), (2, 9, 6, "Success"), (3, 10, 9, "Success"), guided=2
    )
    assert hours(found["lead_time"]) == [4, None, 7]
    assert found["deployments_until_recovery"].tolist()[2] == 1


def test_a_rollback_and_the_same_release_again_bring_nothing_new() -> None:
    """After the rollback to 8 the next release counts from 9, as it is not there any more."""
    found = derived(
        FOUR,
        (1, 9, 5, "Success"),
        (2, 9, 6, "Success"),
        (3, 8, 7, "Success"),
        (4, 11, 10, "Success"),
    )
    assert hours(found["lead_time"]) == [3, None, None, 8]
    assert found["lead_time_from_version"].tolist()[3] == "9.0"


def test_releases_of_another_channel_do_not_count() -> None:
    known = releases(("Releases-1", "A", 1), ("Releases-2", "B", 2), ("Releases-3", "A", 3))
    found = derived(known, (1, 1, 5, "Success"), (2, 3, 8, "Success"))
    assert found["lead_time_from_version"].tolist() == ["1.0", "3.0"]


def test_a_release_that_was_moved_to_another_channel_has_no_successor_there() -> None:
    """Release 2 was deployed in channel A and is in B now: A has nothing after release 1."""
    known = releases(("Releases-1", "A", 1), ("Releases-2", "B", 2), ("Releases-3", "B", 3))
    found = derived(known, (1, 1, 5, "Success"), (2, 2, 8, "Success"))
    assert hours(found["lead_time"]) == [4, None]


def test_a_release_assembled_after_its_deployment_makes_a_negative_lead_time() -> None:
    assert hours(derived(FOUR, (1, 11, 1.5, "Success"))["lead_time"]) == [-2.5]


def test_a_canceled_deployment_is_neither_success_nor_failure() -> None:
    found = derived(FOUR, (1, 8, 5, "Success"), (2, 9, 6, "Canceled"), (3, 9, 7, "Success"))
    assert hours(found["lead_time"]) == [4, None, 5]
    assert hours(found["time_to_recovery"]) == [None, None, None]


def test_rows_are_ordered_by_stream_as_people_count_and_then_by_completion() -> None:
    found = assemble(
        {
            "deployment_id": ["Deployments-10", "Deployments-9", "Deployments-3", "Deployments-3"],
            "project_id": ["Projects-9", "Projects-9", "Projects-10", "Projects-10"],
            "channel_id": "Channels-1",
            "environment_id": "Environments-1",
            "tenant_id": None,
            "task_state": "Success",
            "completed": pd.DatetimeIndex([at(1), at(1), at(0), at(0)]),
            "had_guided_failure": False,
        }
    )
    assert found["deployment_id"].tolist() == ["Deployments-9", "Deployments-10", "Deployments-3"]
    assert found["stream"].tolist() == [0, 0, 1]


CHANNEL_OF = "ABAABABBA"  # of releases 1 to 9
DEPLOYED = st.tuples(
    st.sampled_from([1, 3, 4, 6, 9]),  # the releases of channel A
    st.integers(0, 40),
    st.sampled_from(["Success", "Failed", "Canceled"]),
)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(DEPLOYED, max_size=12), st.lists(st.integers(0, 50), min_size=9, max_size=9))
def test_lead_times_are_those_of_a_walk_through_the_stream(
    deployed: list[tuple[int, int, str]], assembled: list[int]
) -> None:
    known = releases(
        *(
            (f"Releases-{number}", channel, assembled[number - 1])
            for number, channel in enumerate(CHANNEL_OF, 1)
        )
    )
    rows = [(number, *row) for number, row in enumerate(deployed, 1)]
    expected: list[float | None] = []
    there: int | None = None
    for _, release, hour, state in sorted(rows, key=lambda row: (row[2], row[0])):
        new = [n for n in (1, 3, 4, 6, 9) if there is not None and there < n <= release]
        first = release if there is None else new[0] if new else None
        success = state == "Success"
        expected.append(hour - assembled[first - 1] if success and first else None)
        there = release if success else there
    assert hours(derived(known, *rows)["lead_time"]) == expected


def test_releases_in_the_order_of_versions_of_any_kind() -> None:
    """No version, numbers as numbers, pre-releases before their release, 40,000 digits last."""
    versions = ["blue", "v1.2", "1.10-beta.2", "1.10-beta.10", "1.10", "1.10.0.1", "9" * 40_000]
    ids = [f"Releases-{number}" for number in range(len(versions), 0, -1)]
    table = pd.DataFrame({"Version": versions}, index=ids)
    assert ordered(table, "version") == ids
    assert ordered(table, "id") == ids[::-1]
