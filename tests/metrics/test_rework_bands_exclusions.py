"""Rework, DORA's levels and the exclusion ledger, by hand."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from insights_reports.metrics import BAND_SETS, Lookups, exclusion_ledger, rework, version_key
from insights_reports.metrics.bands import BandMetric
from tests.metrics.reference import TICKS, Row
from tests.metrics.tables import table, ticks

START = ticks("2026-09-14T00:00:00")


def stream(*deployments: tuple[str, str]) -> list[Row]:
    return [
        Row(f"Deployments-{n}", START + n, release_version=version, task_state=state)
        for n, (version, state) in enumerate(deployments)
    ]


def rollbacks(*deployments: tuple[str, str]) -> list[int]:
    found = rework(table(stream(*deployments)))
    assert found["rework"].equals(found["rollback"])
    return found.index[found["rollback"]].tolist()


OK, FAILED, CANCELED = "Success", "Failed", "Canceled"


def test_an_older_release_over_a_newer_one_is_a_rollback() -> None:
    assert rollbacks(("1.9", OK), ("1.10", OK), ("1.9", OK)) == [2]


def test_a_release_over_a_failed_newer_one_is_a_rollback() -> None:
    assert rollbacks(("1.0", OK), ("1.1", FAILED), ("1.0", OK), ("1.1", OK)) == [2]


def test_deploying_the_same_release_again_is_none() -> None:
    assert rollbacks(("1.0", OK), ("1.0", OK), ("1.0.0", OK), ("1.0+build.7", OK)) == []


def test_canceled_deployments_neither_are_rollbacks_nor_are_rolled_back() -> None:
    assert rollbacks(("1.0", OK), ("2.0", CANCELED), ("1.0", OK), ("0.9", CANCELED)) == []


def test_a_rollback_stays_in_its_stream() -> None:
    rows = [
        Row("Deployments-1", START, release_version="2.0", tenant_id="Tenants-1", stream=0),
        Row("Deployments-2", START + 1, release_version="1.0", tenant_id="Tenants-2", stream=1),
    ]
    assert not rework(table(rows))["rework"].any()


def test_text_that_is_no_version_is_never_a_rollback() -> None:
    assert rollbacks(("2.0", OK), ("nightly", OK), ("1.0", OK), ("0.9", OK)) == [3]


def test_hotfixes_are_named_by_patterns_found_in_the_version() -> None:
    rows = [
        Row("Deployments-1", START, release_version="1.0-hotfix.1"),
        Row("Deployments-2", START, release_version="1.0"),
        Row("Deployments-3", START, release_version="2.0.9001"),
        Row("Deployments-4", START, release_version="1.2-hotfix", task_state=CANCELED),
    ]
    found = rework(table(rows), hotfix_patterns=["-hotfix", r"[.]9\d{3}$"])
    assert found["hotfix"].tolist() == [True, False, True, False]
    assert found["rework"].equals(found["hotfix"] | found["rollback"])
    assert not rework(table(rows))["hotfix"].any()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9", "1.10"),
        ("2022.3.0", "2022.3.1"),
        ("1.0.0-beta", "1.0.0"),
        ("1.0.0-alpha", "1.0.0-alpha.1"),
        ("1.0.0-alpha.1", "1.0.0-alpha.beta"),
        ("1.0.0-alpha.beta", "1.0.0-beta"),
        ("1.0.0-beta.2", "1.0.0-beta.11"),
        ("1.0.0-beta.11", "1.0.0-rc.1"),
        ("v1.2", "1.2.0.1"),
    ],
)
def test_versions_are_ordered(older: str, newer: str) -> None:
    one, other = version_key(older), version_key(newer)
    assert one is not None
    assert other is not None
    assert one < other


@pytest.mark.parametrize(
    ("one", "other"), [("1.0", "1.0.0"), ("1.0.0+a", "1.0.0+b"), ("1.0-RC", "1.0-rc")]
)
def test_versions_that_are_equal(one: str, other: str) -> None:
    assert version_key(one) == version_key(other) is not None


@pytest.mark.parametrize("text", ["", "latest", "1.x", "release-1.0", "1..2", "١.٢"])
def test_what_is_no_version(text: str) -> None:
    assert version_key(text) is None


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


# The exclusion ledger


def test_every_deployment_is_used_or_excluded_for_its_first_reason() -> None:
    day = "2026-09-14T12:00:00"
    rows = [
        Row("Deployments-0", ticks(day)),
        Row("Deployments-1", ticks(day), task_state=FAILED),
        Row("Deployments-2", None, task_state=CANCELED),
        Row("Deployments-3", ticks("2026-09-13T23:59:59.9999999"), task_state=CANCELED),
        Row("Deployments-4", ticks("2026-09-15T00:00:00")),
        Row("Deployments-5", ticks(day), environment_id="Environments-9", task_state=CANCELED),
        Row("Deployments-6", ticks(day), task_state=CANCELED),
        Row("Deployments-7", ticks(day), task_state="TimedOut"),
        Row("Deployments-8", ticks(day), task_state=CANCELED),
    ]
    ledger = exclusion_ledger(
        table(rows),
        zone=ZoneInfo("UTC"),
        start=date(2026, 9, 14),
        end=date(2026, 9, 15),
        lookups=Lookups(environment_groups=(("Production", ("Environments-1",)),)),
        split="EnvironmentGroup",
    )
    assert (ledger.read, ledger.used) == (9, 2)
    assert [(entry.reason, entry.state, entry.rows.tolist()) for entry in ledger.excluded] == [
        ("no_completion_time", "", [2]),
        ("before_range", "", [3]),
        ("after_range", "", [4]),
        ("no_series", "", [5]),
        ("state", "Canceled", [6, 8]),
        ("state", "TimedOut", [7]),
    ]
