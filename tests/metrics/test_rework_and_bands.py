"""Rework and DORA's levels, by hand."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from insights_reports.metrics import (
    BAND_SETS,
    compare_versions,
    dora_window,
    rework,
)
from insights_reports.metrics.bands import BandMetric
from tests.metrics.reference import TICKS, Row
from tests.metrics.tables import table, ticks

START = ticks("2026-09-14T00:00:00")


def stream(*deployments: tuple[str, str]) -> list[Row]:
    return [
        Row(f"Deployments-{n}", START + n, release_version=version, task_state=state)
        for n, (version, state) in enumerate(deployments)
    ]


def found(*deployments: tuple[str, str], **options: Any) -> Any:
    return rework(table(stream(*deployments)), **options)


def rollbacks(*deployments: tuple[str, str]) -> list[int]:
    of_stream = found(*deployments)
    assert of_stream.rework.tolist() == of_stream.rollbacks.tolist()
    return list(of_stream.rollbacks.tolist())


def unknown(*deployments: tuple[str, str]) -> list[int]:
    assert rollbacks(*deployments) == []
    return list(found(*deployments).not_comparable.tolist())


OK, FAILED, CANCELED = "Success", "Failed", "Canceled"
GO_BACK = (
    ("1.9.0", "1.10.0"),
    ("1.0.0-beta9", "1.0.0-beta10"),
    ("1.0.0-rc.9", "1.0.0-rc.10"),
    ("2.4.1.9", "2.4.1.10"),
    ("v1.4", "v1.5"),
    ("v1.4", "1.5"),
    ("1.4.0+build.9", "1.5.0+build.1"),
    ("2026.9.30", "2026.10.1"),
    ("2026.09.30", "2026.10.1"),
    ("20260930", "20261001"),
    ("2026-09-30", "2026-10-01"),
    ("2026-09-30.2", "2026-09-30.10"),
    ("1.4.0-3f2a9c1", "1.5.0-0a1b2c3"),
)


@pytest.mark.parametrize(("older", "newer"), GO_BACK)
def test_a_release_that_had_succeeded_and_comes_back_after_a_newer_one_is_a_rollback(
    older: Any, newer: Any
) -> None:
    assert rollbacks((older, OK), (newer, OK), (older, OK)) == [2]
    assert rollbacks((newer, OK), (older, OK), (newer, OK)) == []
    assert unknown((newer, OK), (older, OK), (newer, OK)) == []


@pytest.mark.parametrize(("older", "newer"), GO_BACK)
def test_an_older_release_that_was_never_there_is_none(older: Any, newer: Any) -> None:
    assert rollbacks((newer, OK), (older, OK)) == []
    assert rollbacks((older, FAILED), (newer, OK), (older, OK)) == []


def test_a_release_over_a_failed_newer_one_is_a_rollback() -> None:
    assert rollbacks(("1.0", OK), ("1.1", FAILED), ("1.0", OK), ("1.1", OK)) == [2]


def test_a_rollback_that_fails_is_one_and_its_second_try_is_none() -> None:
    assert rollbacks(("1.0", OK), ("1.1", OK), ("1.0", FAILED), ("1.0", OK)) == [2]


def test_two_steps_back_are_two_rollbacks() -> None:
    assert rollbacks(("1.0", OK), ("1.1", OK), ("1.2", OK), ("1.1", OK), ("1.0", OK)) == [3, 4]


def test_the_release_that_had_just_succeeded_is_a_redeploy_and_no_rework() -> None:
    again = found(("1.0", OK), ("1.0", OK), ("1.1", FAILED), ("1.1", OK), ("1.1", CANCELED))
    assert again.redeploys.tolist() == [1]
    assert again.rework.tolist() == []
    assert again.counted.tolist() == [0, 1, 2, 3]


def test_versions_that_are_as_new_are_no_rollback() -> None:
    assert unknown(("1.0+build.7", OK), ("1.0+build.8", OK), ("1.0+build.7", OK)) == []


def test_canceled_deployments_neither_are_rollbacks_nor_are_rolled_back() -> None:
    assert rollbacks(("1.0", OK), ("2.0", CANCELED), ("1.0", OK), ("0.9", CANCELED)) == []


def test_a_rollback_stays_in_its_stream() -> None:
    rows = [
        Row("Deployments-1", START, release_version="1.0", tenant_id="Tenants-2", stream=1),
        Row("Deployments-2", START + 1, release_version="2.0", tenant_id="Tenants-1", stream=0),
        Row("Deployments-3", START + 2, release_version="1.0", tenant_id="Tenants-1", stream=0),
    ]
    assert not len(rework(table(rows)).rework)


HASHES = ("3f2a9c1", "9b1c2d3", "0a1b2c3")


def test_releases_named_by_hashes_are_no_rework() -> None:
    names = [f"{number:07x}" for number in range(0xABC0000, 0xABC0000 + 40)]
    assert unknown(*((name, OK) for name in reversed(names))) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        HASHES[:2],
        ("1.0.0-3f2a9c1", "1.0.0-9b1c2d3"),
        ("1.0.0-ci.3f2a9c1", "1.0.0-ci.9b1c2d3"),
        ("1.0.0", "1.0.0-5-g3f2a9c1"),
        ("1.0.0", "3f2a9c1"),
        ("1.0.0", "nightly"),
        ("4.2.0", "2026.10.1"),  # two schemes
        ("1234567", "7654321"),
    ],
)
def test_what_cannot_be_compared_is_no_rollback_and_is_counted(one: Any, other: Any) -> None:
    for first, second in ((one, other), (other, one)):
        assert unknown((first, OK), (second, OK), (first, OK)) == [2]
        assert unknown((first, OK), (second, OK)) == []


def test_hotfixes_are_named_by_patterns_found_in_the_version() -> None:
    rows = [
        Row("Deployments-1", START, release_version="1.0-hotfix.1"),
        Row("Deployments-2", START, release_version="1.0"),
        Row("Deployments-3", START, release_version="2.0.9001"),
        Row("Deployments-4", START, release_version="1.2-hotfix", task_state=CANCELED),
    ]
    marked = rework(table(rows), hotfix_patterns=["-hotfix", r"[.]9\d{3}$"])
    assert marked.hotfixes.tolist() == marked.rework.tolist() == [0, 2]
    assert rework(table(rows)).hotfixes.tolist() == []


def test_a_window_has_its_own() -> None:
    versions = ["1.0", "1.1", "1.0", "1.0", "1.1-hotfix", "3f2a9c1", "1.1-hotfix"]
    every = found(*((version, OK) for version in versions), hotfix_patterns=["hotfix"])
    assert [every.rollbacks.tolist(), every.redeploys.tolist()] == [[2], [3]]
    assert [every.hotfixes.tolist(), every.not_comparable.tolist()] == [[4, 6], [6]]
    late = every.within(np.arange(len(versions)) >= 4)
    assert [late.rework.tolist(), late.counted.tolist()] == [[4, 6], [4, 5, 6]]
    assert [late.rollbacks.tolist(), late.redeploys.tolist()] == [[], []]


def test_the_six_months_of_doras_question_end_where_the_period_does() -> None:
    assert dora_window(date(2026, 11, 1)) == (date(2026, 5, 1), date(2026, 11, 1))
    assert dora_window(date(2026, 8, 31)) == (date(2026, 2, 28), date(2026, 8, 31))


ORDER = (
    *("1.0.0-1", "1.0.0-2", "1.0.0-11", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"),
    *("1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-beta2", "1.0.0-beta11", "1.0.0-rc.1"),
    *("1.0.0", "1.0.0.1", "v1.0.1", "1.9", "1.10"),
)


def test_versions_are_ordered_as_semantic_versioning_says_and_numbers_in_words_by_value() -> None:
    for place, one in enumerate(ORDER):
        for other in ORDER[place + 1 :]:
            assert compare_versions(one, other) == -1, (one, other)
            assert compare_versions(other, one) == 1, (one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.0", "1.0.0"), ("1.0.0+a", "1.0.0+b"), ("1.0-RC", "1.0-rc"), ("2026.9.3", "20260903")],
)
def test_versions_that_are_as_new(one: Any, other: Any) -> None:
    assert compare_versions(one, other) == compare_versions(other, one) == 0


@pytest.mark.parametrize("text", ["", "latest", "1.x", "release-1.0", "1..2", "١.٢", "1" * 5000])
def test_what_is_no_version(text: Any) -> None:
    assert compare_versions(text, "1.0") is None


# DORA's levels

HOUR = 3600 * TICKS
DAY = 24 * HOUR


@pytest.mark.parametrize(
    ("name", "metric", "value", "levels"),
    [
        ("dora-2021", "lead_time", HOUR - 1, ("elite",)),
        ("dora-2021", "lead_time", 5 * HOUR, ()),  # the study leaves this gap
        ("dora-2021", "lead_time", 2 * DAY, ("high",)),
        ("dora-2021", "failure_rate", 0.12, ("elite",)),
        ("dora-2021", "failure_rate", 0.2, ("high", "medium", "low")),
        ("dora-2021", "time_to_recovery", 5 * HOUR, ("high",)),
        ("dora-2021", "deployment_frequency", 1 / 60 * 7, ("medium",)),
        ("dora-2023", "deployment_frequency", 7.0, ("high",)),
        ("dora-2023", "deployment_frequency", 7.5, ("elite",)),
        ("dora-2023", "deployment_frequency", 0.5, ("medium", "low")),
        ("dora-2023", "failure_rate", 0.12, ("high",)),  # the nearest average: 10 %
        ("dora-2023", "failure_rate", 0.125, ("high", "medium")),
        ("dora-2024", "failure_rate", 0.11, ("medium",)),
        ("dora-2024", "failure_rate", 0.19, ("high",)),
        ("dora-2024", "lead_time", -HOUR, ("elite",)),
        ("dora-2024", "time_to_recovery", 8 * DAY, ("low",)),
    ],
)
def test_levels_are_those_the_study_published(
    name: str, metric: BandMetric, value: float, levels: tuple[str, ...]
) -> None:
    assert BAND_SETS[name].levels_of(metric, value) == levels


def test_every_set_names_its_study() -> None:
    for name, bands in BAND_SETS.items():
        assert name == bands.name == f"dora-{bands.year}"
        assert str(bands.year) in bands.source
