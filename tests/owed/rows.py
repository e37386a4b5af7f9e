"""Rows of a ledger, made by hand."""

from datetime import UTC, datetime
from typing import Any

from insights_reports.config.model import Subscription
from insights_reports.config.schedule import Schedule
from insights_reports.delivery import EditionRow, Key, Made, Receipt, RunRecord, State
from insights_reports.owed.calendar import PeriodCalendar

NAME = "monthly"


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def subscription(**more: Any) -> Subscription:
    schedule = {"cron": "0 6 1 * *", "zone": "UTC"}
    return Subscription.model_validate({"report": "R", "schedule": schedule, **more})


def calendar_for(given: Subscription) -> PeriodCalendar:
    assert isinstance(given.schedule, Schedule)
    return PeriodCalendar(given.every, given.schedule, given.week_start, given.fiscal_year_starts)


def run(period: str, began: str, outcome: str = "done", **more: Any) -> RunRecord:
    given = {"trigger": "schedule", "ended_at": at(began), "exit_status": 0, "stages": (), **more}
    return RunRecord(
        run_id=f"{period}-{began}",
        subscription=NAME,
        period=period,
        started_at=at(began),
        outcome=outcome,
        **given,
    )


def edition(period: str, *, revision: int = 1, **more: Any) -> EditionRow:
    given = {"status": "final", "state": Made.MADE, "made_at": at("2026-11-01T06:01"), **more}
    return EditionRow(NAME, period, revision, "digest", run_id="run", files=(), **given)


def receipt(period: str, to: str, state: State, *, revision: int = 1, **more: Any) -> Receipt:
    key = Key(NAME, period, revision, "board", to)
    return Receipt(key, state, at("2026-11-01T06:02"), **more)
