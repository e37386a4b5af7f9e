"""The headline, by hand: what the reader reads first must say no more than the figures do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from insights_reports.edition import compose
from insights_reports.edition.values import Status
from insights_reports.formats.words.words import words
from tests.edition.inputs import HOUR, deployment, inputs, settings
from tests.metrics.reference import Row

LOCAL = timedelta(hours=2)  # Berlin's midnight is two hours before that of UTC in summer


def spread(
    start: datetime, days: int, many: int, *, failed: int = 0, lead: int = 10 * HOUR
) -> list[dict[str, Any]]:
    """Deployments evenly over some days, the first of them failed."""
    step = timedelta(days=days) / max(many, 1)
    return [
        {"moment": start - LOCAL + step * (i + 0.5), "failed": i < failed, "lead": lead}
        for i in range(many)
    ]


def rows(*groups: list[dict[str, Any]]) -> list[Row]:
    flat = [each for group in groups for each in group]
    return [
        deployment(
            number,
            each["moment"],
            task_state="Failed" if each["failed"] else "Success",
            lead_time=None if each["failed"] else each["lead"] + number,
        )
        for number, each in enumerate(flat, start=1)
    ]


AUGUST, SEPTEMBER = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)


def headline(*groups: list[dict[str, Any]], **changes: Any) -> str:
    document = compose(inputs(rows(*groups), **changes), settings(splits=()))[0]
    return words("en").phrase(document.headline).replace("\u00a0", " ").replace("\u2212", "-")


def test_a_clear_rise() -> None:
    """93 in 31 days are 21 a week, 150 in 30 days are 35 a week: + 67 %."""
    text = headline(spread(AUGUST, 31, 93), spread(SEPTEMBER, 30, 150))
    assert text == (
        "Deployments rose by 67 % compared with August 2026, to 35.0 per week; "
        "failure rate 0.0 %, no clear change."
    )


def test_a_clear_fall_and_a_clearly_higher_failure_rate() -> None:
    """Of 150 in September 30 failed, so that 120 succeeded: 28 a week after 42, - 33 %."""
    text = headline(spread(AUGUST, 31, 186), spread(SEPTEMBER, 30, 150, failed=30))
    assert text == (
        "Deployments fell by 33 % compared with August 2026, to 28.0 per week; "
        "the failure rate rose by 20.0 points to 20.0 %."
    )


def test_no_clear_change() -> None:
    text = headline(spread(AUGUST, 31, 93), spread(SEPTEMBER, 30, 100, failed=1))
    assert text == (
        "99 successful deployments, 23.1 per week: no clear change from August 2026; "
        "failure rate 1.0 %, no clear change."
    )


def test_a_clear_change_of_the_lead_time_is_said() -> None:
    text = headline(
        spread(AUGUST, 31, 93, lead=20 * HOUR), spread(SEPTEMBER, 30, 90, lead=10 * HOUR)
    )
    assert text.endswith("; the median lead time fell by 50 % to 10 h.")


def test_too_few_to_compare() -> None:
    text = headline(spread(AUGUST, 31, 9), spread(SEPTEMBER, 30, 30))
    assert text == (
        "30 successful deployments, too few to compare with August 2026; "
        "failure rate 0.0 %, too few deployments to judge a change."
    )


def test_one_deployment() -> None:
    text = headline(spread(SEPTEMBER, 30, 1))
    assert text.startswith("1 successful deployment, too few to compare with August 2026;")


def test_only_failures() -> None:
    text = headline(spread(SEPTEMBER, 30, 3, failed=3))
    assert text.startswith("0 successful deployments, ")
    assert "failure rate 100.0 %" in text


@pytest.mark.parametrize("groups", [[], [spread(AUGUST, 31, 5)]])
def test_no_deployments(groups: list[list[dict[str, Any]]]) -> None:
    assert headline(*groups) == "No deployment succeeded or failed in September 2026."


def test_a_period_before_the_data() -> None:
    text = headline(
        spread(SEPTEMBER, 30, 30), period="2025-09", as_of=datetime(2026, 10, 1, 4, tzinfo=UTC)
    )
    assert text == "September 2025 begins before the deployments that are known."


def test_a_provisional_period_is_held_against_as_many_days_without_a_percentage() -> None:
    """On the 15th fourteen days are complete: 28 deployments, after 70 in 14 days of August."""
    text = headline(
        spread(AUGUST, 14, 70),
        spread(SEPTEMBER, 14, 28),
        as_of=datetime(2026, 9, 15, 4, tzinfo=UTC),
        status=Status.PROVISIONAL,
    )
    assert text == (
        "September 2026, its first 14 days only: Deployments fell by 21.0 compared with "
        "1 to 14 August 2026, to 14.0 per week; failure rate 0.0 %, no clear change."
    )
    assert "fell by" in text
    assert text.count("%") == 1


def test_the_first_day_of_a_period() -> None:
    text = headline(
        spread(AUGUST, 31, 70),
        as_of=datetime(2026, 9, 1, 4, tzinfo=UTC),
        status=Status.PROVISIONAL,
    )
    assert text == "September 2026: its first day is not over yet."


def test_deployments_without_a_tenant_are_no_tenant() -> None:
    rows = [
        deployment(n, datetime(2026, 9, 1 + n, 12, tzinfo=UTC), **tenant)
        for n, tenant in enumerate([{}] * 3 + [{"tenant_id": "Tenants-1", "tenant_name": "A"}])
    ]
    said = {}
    for which in (rows, rows[:3]):
        tenants = compose(inputs(which), settings(splits=("Tenant",)))[1]
        english = words("en")
        said[len(which)] = english.phrase(tenants.headline), english.phrase(tenants.identity.scope)
    assert said[4] == (
        "Untenanted made 3 of 4 successful deployments; 0 of 1 tenant lie outside their usual "
        "range.",
        "1 tenant",
    )
    assert said[3] == ("Untenanted made 3 of 3 successful deployments.", "0 tenants")
