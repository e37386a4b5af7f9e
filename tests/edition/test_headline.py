"""The headline, by hand: what the reader reads first must say no more than the figures do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from insights_reports.edition import compose
from insights_reports.edition.headline import verb
from insights_reports.edition.values import Phrase, Status
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
            lead_time=None if each["failed"] else each["lead"] + number * 7919 % 3600,
        )
        for number, each in enumerate(flat, start=1)
    ]


AUGUST, SEPTEMBER = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC)


def headline(*groups: list[dict[str, Any]], **changes: Any) -> str:
    document = compose(inputs(rows(*groups), **changes), settings(splits=()))[0]
    return plain(document.headline)


def plain(phrase: Phrase) -> str:
    return words("en").phrase(phrase).replace("\u00a0", " ").replace("\u2212", "-")


MONTHS = [datetime(2025 + (n > 12), (n - 1) % 12 + 1, 1, tzinfo=UTC) for n in range(10, 21)]


def past(many: int = 60, failed: int = 3, lead: int = 10 * HOUR) -> list[dict[str, Any]]:
    """The eleven months before September 2026, all alike."""
    made: list[dict[str, Any]] = []
    for month in MONTHS:
        made += spread(month, 28, many, failed=failed, lead=lead)
    return made


def test_a_higher_failure_rate_leads() -> None:
    """20 of 60 after 3 of 60: 33.3 % is more than 3.8 times 5 %."""
    text = headline(past(), spread(SEPTEMBER, 28, 60, failed=20))
    assert text.startswith("Failures rose")
    assert text.endswith(": 20 of 60 deployments failed (33.3 %).")


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (0.0, 0.1, "rose"),
        (0.05, 0.094, "rose"),
        (0.05, 0.1, "doubled"),
        (0.05, 0.12, "more_than_doubled"),
        (0.05, 0.142, "almost_tripled"),
        (0.05, 0.15, "tripled"),
        (0.05, 0.18, "more_than_tripled"),
        (0.05, 0.25, "rose"),
        (0.1, 0.05, "halved"),
        (0.1, 0.033, "fell_to_third"),
        (0.1, 0.02, "fell"),
        (0.1, 0.07, "fell"),
    ],
)
def test_the_verb_follows_the_ratio(before: float, after: float, word: str) -> None:
    assert verb(before, after) == word


def test_a_change_of_the_lead_time_is_said_with_the_month_before() -> None:
    text = headline(past(lead=10 * HOUR), spread(SEPTEMBER, 28, 60, failed=3, lead=20 * HOUR))
    assert text == "Changes took 20 h to reach an environment (10 h in August)."


def test_worse_comes_before_better_and_the_second_change_after_the_first() -> None:
    text = headline(past(lead=20 * HOUR), spread(SEPTEMBER, 28, 60, failed=20, lead=5 * HOUR))
    first, second = text.split(". ")
    assert first.startswith("Failures rose")
    assert second == "Changes took 5.0 h to reach an environment (20 h in August)."


def test_nothing_moved() -> None:
    text = headline(past(), spread(SEPTEMBER, 28, 60, failed=3))
    assert text.startswith(
        "60 deployments in September 2026, 3 failed: nothing moved beyond its usual range. "
        "Nearest to its limit: "
    )


def test_without_a_past_nothing_can_be_judged() -> None:
    text = headline(spread(SEPTEMBER, 30, 3, failed=3))
    assert text == "3 deployments in September 2026, 3 failed; nothing can be judged yet."
    assert headline(spread(SEPTEMBER, 30, 1)).startswith("1 deployment in September 2026, 0 failed")


def test_what_cannot_be_judged_is_told_beside_the_period_before() -> None:
    """Two months are no history to judge by, but 6 of 60 after 3 of 60 can be said."""
    august = spread(AUGUST, 28, 60, failed=3)
    text = headline(august, spread(SEPTEMBER, 28, 60, failed=6))
    said = "10.0 % of 60 deployments failed in September 2026 (5.0 % in August)"
    assert text == f"{said}; too short a history to judge."


def test_a_rate_of_few_is_not_told_beside_another() -> None:
    august = spread(AUGUST, 28, 60, failed=3)
    text = headline(august, spread(SEPTEMBER, 28, 10, failed=1))
    assert text == "10 deployments in September 2026, 1 failed; nothing can be judged yet."


def test_of_few_deployments_only_their_number_is_judged() -> None:
    """One a month: enough to say that one is as many as ever, and of nothing else."""
    text = headline(past(1, 0), spread(SEPTEMBER, 28, 1))
    said = "1 deployment in September 2026, 0 failed: as many as usual"
    assert text == f"{said}; too few to judge anything else."


def test_the_subject_says_the_gravest_change() -> None:
    made = inputs(rows(past(), spread(SEPTEMBER, 28, 60, failed=20)))
    document = compose(made, settings(splits=()))[0]
    assert plain(document.subject) == (
        "September 2026: 33.3 % of deployments failed (5.0 % before)"
    )
    calm = compose(inputs(rows(past(), spread(SEPTEMBER, 28, 60, failed=3))), settings())[0]
    assert plain(calm.subject) == "September 2026: nothing moved beyond its usual range"


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (
            [spread(AUGUST, 28, 60, failed=3), spread(SEPTEMBER, 28, 60, failed=6)],
            "September 2026: 10.0 % of deployments failed (5.0 % before)",
        ),
        ([spread(SEPTEMBER, 30, 3, failed=3)], "September 2026: nothing can be judged yet"),
        ([past(1, 0), spread(SEPTEMBER, 28, 1)], "September 2026: 1 deployment, as many as usual"),
    ],
    ids=["a rate beside the one before", "nothing", "their number alone"],
)
def test_the_subject_says_no_more_than_could_be_judged(
    groups: list[list[dict[str, Any]]], said: str
) -> None:
    document = compose(inputs(rows(*groups)), settings(splits=()))[0]
    assert plain(document.subject) == said


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
        "September 2026, its first 14 days only: "
        "28 deployments in September 2026, 0 failed; nothing can be judged yet."
    )


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
        "Untenanted made 3 of 4 deployments; nothing can be judged yet.",
        "1 tenant",
    )
    assert said[3] == ("Untenanted made 3 of 3 deployments.", "0 tenants")
