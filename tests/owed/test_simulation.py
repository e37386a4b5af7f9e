"""Hundreds of ends of period under a clock of our own: none is missed, none is made twice.

A scheduler that looks each minute, is stopped for days at a time, dies in mid-run and meets an
Octopus that fails; its ledger is a list. What it shall make is found independently, day by day.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from insights_reports.config.model import Subscription
from insights_reports.delivery import EditionRow, RunRecord
from insights_reports.owed.standing import LedgerFacts, Stand, Standing, standings
from tests.owed.rows import NAME, calendar_for, edition, subscription

MINUTE = timedelta(minutes=1)
CASES = [
    {"schedule": {"cron": "30 4 * * 0", "zone": "Europe/Vilnius"}, "every": "week"},
    {"schedule": {"cron": "0 4 * * 0", "zone": "America/New_York"}, "every": "week"},
    {"schedule": {"on": "day 1", "at": "04:00", "zone": "Australia/Lord_Howe"}, "every": "week"},
    {"schedule": {"cron": "15 6 1 * *", "zone": "Europe/Vilnius"}},
    {"schedule": {"on": "last-day", "at": "23:59", "zone": "Pacific/Chatham"}},
    {"schedule": {"on": "day 2", "at": "06:15", "zone": "Europe/Vilnius"}, "every": "quarter",
     "fiscal_year_starts": 4},
]  # fmt: skip


@dataclass
class World:
    """The ledger, and what happened."""

    given: Subscription
    chance: random.Random
    runs: list[RunRecord] = field(default_factory=list)
    made: list[EditionRow] = field(default_factory=list)

    def look(self, now: datetime) -> list[Standing]:
        facts = LedgerFacts(self.made, [], self.runs)
        found = standings(NAME, self.given, calendar_for(self.given), facts, now)
        for stands in found:
            if stands.is_to_be_made(now):
                self.attempt(stands, now)
        return list(found)

    def attempt(self, stands: Standing, now: datetime) -> None:
        """It ends well, or fails, or its process dies; one that died may have made it all the
        same. The same attempt of two schedulers is one."""
        key = f"{stands.period}-{stands.attempt}"
        if any(run.run_id == key for run in self.runs):
            return
        fate = self.chance.choice(["done", "done", "failed: Octopus", "crashed"])
        ended = None if fate == "crashed" else now
        self.runs.append(
            RunRecord(key, NAME, stands.period, "schedule", now, ended, (), fate, None)
        )  # fmt: skip
        if fate == "done" or (fate == "crashed" and self.chance.random() < 0.3):
            self.made.append(replace(edition(stands.period), made_at=now))


def periods_by_hand(given: Subscription, since: date, until: datetime) -> int:
    """How many whole periods lie between: by walking through the days."""
    assert given.schedule is not None
    today = until.astimezone(ZoneInfo(given.schedule.zone)).date()
    months = {"month": set(range(1, 13)), "quarter": {1, 4, 7, 10}}.get(given.every, set())
    starts = 0
    for n in range((today - since).days + 1):
        day = since + timedelta(days=n)
        begins = day.isoweekday() == 7 if given.every == "week" else day.day == 1
        starts += begins and (given.every == "week" or day.month in months)
    return starts - 1  # the one that is not over


@pytest.mark.parametrize("settings", CASES)
@pytest.mark.parametrize("seed", range(3))
def test_none_is_missed_and_none_is_made_twice(settings: dict[str, Any], seed: int) -> None:
    years = 2 if settings.get("every") == "week" else 5
    since, chance = date(2025, 1, 5 if years == 2 else 1), random.Random(seed)
    world = World(subscription(since=str(since), **settings), chance)
    now = datetime(2025, 1, 6, tzinfo=UTC)
    end = datetime(2025 + years, 1, 20, tzinfo=UTC)
    while now < end:
        world.look(now)
        now += chance.choice([MINUTE, 7 * MINUTE, timedelta(hours=5), timedelta(days=17)])
    while any(stands.stand is Stand.OWED for stands in world.look(now)):
        now += timedelta(hours=1)
    names = [row.period for row in world.made]
    given_up = [s.period for s in world.look(now) if s.stand is Stand.GIVEN_UP]
    assert len(names) == len(set(names))
    assert not set(names) & set(given_up)
    due = {stands.period for stands in world.look(now)}
    assert set(names) | set(given_up) == due
    by_hand = periods_by_hand(world.given, since, now)
    assert by_hand - 1 <= len(due) <= by_hand  # the last one may be due later in its time


@pytest.mark.parametrize("settings", CASES[:3])
def test_a_scheduler_that_is_there_begins_in_the_very_minute_also_when_clocks_change(
    settings: dict[str, Any],
) -> None:
    """Through both nights of a year, looking each minute around what is due."""
    calendar = calendar_for(subscription(**settings))
    zone = ZoneInfo(calendar.schedule.zone)
    offsets = set()
    for due in islice(calendar.upcoming(datetime(2026, 1, 12, tzinfo=UTC)), 52):
        world = World(subscription(since=str(due.period.start), **settings), random.Random(1))
        now = due.at.astimezone(UTC) - 3 * MINUTE
        while not world.runs:
            world.look(now)
            now += MINUTE
        assert [run.started_at for run in world.runs] == [due.at]
        local = due.at.astimezone(zone)
        assert calendar.schedule.on is None or local.time() == calendar.schedule.time
        offsets.add(local.utcoffset())
    assert len(offsets) == 2
