"""How a period stands, by the rows of the ledger."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from insights_reports.delivery import Made, State
from insights_reports.owed.standing import (
    ATTEMPTS,
    BACK_OFF,
    LedgerFacts,
    Stand,
    Standing,
    standings,
)
from tests.owed.rows import NAME, at, calendar_for, edition, receipt, run, subscription

NOW = at("2026-11-01T06:30")  # October is due since half an hour
BEGAN = run("", "2026-10-05T12:00")


def october(facts: LedgerFacts, now: Any = NOW, **settings: Any) -> Standing:
    """How the newest period stands."""
    given = subscription(**settings)
    return standings(NAME, given, calendar_for(given), facts, now)[-1]


def test_a_period_that_nobody_has_made() -> None:
    stands = october(LedgerFacts(runs=[BEGAN]))
    assert (stands.period, stands.stand, stands.attempt) == ("2026-10", Stand.OWED, 1)
    assert stands.is_to_be_made(NOW)
    assert not stands.is_overdue(NOW)
    assert stands.is_overdue(NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("states", "stand", "counts"),
    [
        ([State.SENT, State.SENT], Stand.DONE, (2, 2, 0)),
        ([State.SENT, State.DEFERRED], Stand.DELIVERING, (1, 2, 0)),
        ([State.SENT, State.REFUSED], Stand.REFUSED, (1, 2, 1)),
        ([State.PLANNED, State.REFUSED], Stand.DELIVERING, (0, 2, 1)),
        ([State.SENT, State.SUPERSEDED], Stand.DONE, (1, 1, 0)),
        ([], Stand.DONE, (0, 0, 0)),
    ],
)
def test_a_period_that_was_made(
    states: list[State], stand: Stand, counts: tuple[int, int, int]
) -> None:
    receipts = [receipt("2026-10", f"{n}@example.com", s) for n, s in enumerate(states)]
    facts = LedgerFacts([edition("2026-10")], receipts, [BEGAN])
    stands = october(facts)
    assert (stands.stand, (stands.delivered, stands.of, stands.refused)) == (stand, counts)
    assert stands.is_overdue(NOW + timedelta(hours=1)) is (stand is not Stand.DONE)
    assert not stands.is_to_be_made(NOW)


def test_the_last_revision_counts() -> None:
    receipts = [
        receipt("2026-10", "a@example.com", State.SENT),
        receipt("2026-10", "a@example.com", State.REFUSED, revision=2, detail="550 no"),
    ]
    facts = LedgerFacts([edition("2026-10", revision=2), edition("2026-10")], receipts, [BEGAN])
    stands = october(facts)
    assert stands.stand is Stand.REFUSED
    assert stands.why == "a@example.com refused it: 550 no"


def test_what_is_held_waits_for_a_word() -> None:
    held = edition("2026-10", state=Made.HELD, note="3 of its figures differ")
    stands = october(LedgerFacts([held], [], [BEGAN]))
    assert (stands.stand, stands.why) == (Stand.HELD, "held: 3 of its figures differ")


@pytest.mark.parametrize("more", [{"state": Made.DRAFT}, {"status": "provisional"}])
def test_a_draft_and_an_edition_before_the_end_of_its_period_leave_it_owed(more: Any) -> None:
    assert october(LedgerFacts([edition("2026-10", **more)], [], [BEGAN])).stand is Stand.OWED


def test_an_attempt_counts_from_its_beginning_and_the_next_waits() -> None:
    """The first died without a word, the second failed; a run by hand is no attempt."""
    died = run("2026-10", "2026-11-01T06:00", "crashed", ended_at=None, exit_status=None)
    stands = october(LedgerFacts(runs=[BEGAN, died]))
    assert (stands.attempt, stands.next_try) == (2, at("2026-11-01T06:05"))
    assert stands.why == f"attempt 1 of {ATTEMPTS}: crashed"
    failed = run("2026-10", "2026-11-01T06:06", "failed: Octopus cannot be reached.", exit_status=3)
    by_hand = run("2026-10", "2026-11-01T06:10", "failed: no", trigger="manual")
    stands = october(LedgerFacts(runs=[failed, BEGAN, by_hand, died]))
    assert (stands.attempt, stands.next_try) == (3, at("2026-11-01T06:21"))
    assert not stands.is_to_be_made(at("2026-11-01T06:20:59"))
    assert stands.is_to_be_made(at("2026-11-01T06:21"))


def test_a_run_that_is_at_work_is_left_alone_whoever_began_it() -> None:
    by_hand = run(
        "2026-10", "2026-11-01T06:10", "running", ended_at=None, exit_status=None, trigger="manual"
    )
    stands = october(LedgerFacts(runs=[BEGAN, by_hand]))
    assert stands.stand is Stand.AT_WORK
    assert not stands.is_to_be_made(NOW)


def test_after_the_last_attempt_it_is_given_up_and_overdue() -> None:
    failed = [
        run("2026-10", f"2026-11-01T06:{n:02}", "failed: no key", exit_status=2)
        for n in range(ATTEMPTS)
    ]
    ended = failed[-2].ended_at
    assert ended is not None
    assert october(LedgerFacts(runs=[BEGAN, *failed[:-1]])).next_try == ended + BACK_OFF[-1]
    stands = october(LedgerFacts(runs=[BEGAN, *failed]))
    assert stands.stand is Stand.GIVEN_UP
    assert stands.is_overdue(NOW)
    assert "insights-reports run monthly --period 2026-10" in stands.why


@pytest.mark.parametrize(
    ("policy", "stands"),
    [
        ("run", ["owed", "owed", "owed"]),
        ("latest", ["skipped", "skipped", "owed"]),
        ("skip", ["skipped", "skipped", "owed"]),
    ],
)
def test_what_becomes_of_periods_that_were_missed(policy: str, stands: list[str]) -> None:
    given = subscription(since="2026-08-01", catch_up=policy)
    found = standings(NAME, given, calendar_for(given), LedgerFacts(), NOW)
    assert [each.stand for each in found] == stands


def test_skip_gives_a_period_up_when_nobody_began_in_time_and_only_then() -> None:
    late = NOW + timedelta(hours=1)
    assert october(LedgerFacts(runs=[BEGAN]), late, catch_up="skip").stand is Stand.SKIPPED
    begun = run("2026-10", "2026-11-01T06:00", "failed: no", exit_status=3)
    assert october(LedgerFacts(runs=[BEGAN, begun]), late, catch_up="skip").stand is Stand.OWED


def test_a_subscription_that_is_not_enabled_owes_nothing() -> None:
    given = subscription(since="2026-08-01", enabled=False)
    assert standings(NAME, given, calendar_for(given), LedgerFacts(), NOW) == ()


def test_of_slices_a_period_is_made_when_a_run_made_all_of_them() -> None:
    rows = [replace(edition("2026-10"), subscription=f"{NAME}@{slice}") for slice in "ab"]
    sent = receipt("2026-10", "a@example.com", State.SENT)
    owed = receipt("2026-10", "b@example.com", State.DEFERRED)
    receipts = [
        replace(each, key=replace(each.key, subscription=row.subscription))
        for each, row in zip((sent, owed), rows, strict=True)
    ]
    died = run("2026-10", "2026-11-01T06:01", "crashed")
    stands = october(LedgerFacts(rows, receipts, [BEGAN, died]))
    assert (stands.stand, stands.attempt) == (Stand.OWED, 2)
    done = run("2026-10", "2026-11-01T06:10")
    stands = october(LedgerFacts(rows, receipts, [BEGAN, died, done]))
    assert (stands.stand, stands.delivered, stands.of) == (Stand.DELIVERING, 1, 2)
    assert "b@example.com is deferred" in stands.why
    held = [rows[0], replace(rows[1], state=Made.HELD, note="it would show")]
    assert october(LedgerFacts(held, receipts, [BEGAN, done])).stand is Stand.HELD
    dry = run("2026-10", "2026-11-01T06:10", "done, without an edition")
    assert october(LedgerFacts(rows, receipts, [BEGAN, dry])).stand is Stand.OWED
