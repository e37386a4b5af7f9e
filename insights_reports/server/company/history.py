"""What the made-up company released and deployed, day by day.

Each project assembles releases, which climb from environment to environment: at each opportunity
the newest release that succeeded in the environment below is deployed, failures are tried
again, and sometimes production is rolled back. Everything is drawn from one `Random` for each
project, so a change to one project leaves the others as they were.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from insights_reports.server.company.cast import HOTFIX_CHANNELS, Project
from insights_reports.server.company.rhythm import ZONE, Calendar, is_frozen, office_hours
from insights_reports.server.ticks import TICKS_PER_SECOND, from_datetime

_MINUTE = 60 * TICKS_PER_SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
_DEVELOPMENT, _QA, _FIRST_PRODUCTION = 1, 3, 5


@dataclass
class Release:
    """A release; `index` counts the releases of its channel, `assembled` is in ticks."""

    project: int
    channel: int
    index: int
    version: str
    created: int
    assembled: int


@dataclass(frozen=True)
class Attempt:
    """One deployment and its task; instants in ticks. `guided`: someone had to help it along."""

    release: Release
    environment: int
    tenant: int | None
    queued: int
    started: int
    completed: int
    state: str
    guided: bool


class ProjectHistory:
    """The releases and deployments of one project, drawn when the object is made."""

    def __init__(self, project: Project, calendar: Calendar, seed: int, older_lines: bool) -> None:
        self.project = project
        self.calendar = calendar
        self._older_lines = older_lines
        self.random = Random(f"{seed}/{project.id}")  # noqa: S311 - made-up data
        self.attempts: list[Attempt] = []
        self.releases = list(self._assemble())
        self._climb(self.releases)
        self._hotfix()
        self._rewrite_some_assembly_times()

    def _assemble(self) -> Iterator[Release]:
        index = 0
        for day in self.calendar.days():
            for moment in sorted(self._moments(day)):
                created = from_datetime(moment) + self.random.randrange(TICKS_PER_SECOND)
                version = f"{day.year}.{day.month}.{index}"
                yield Release(self.project.id, self.project.id, index, version, created, created)
                index += 1

    def _moments(self, day: date) -> list[datetime]:
        pace = self.project.releases_per_day * self.calendar.pace(day)
        if self.calendar.in_last_quarter(day) and self.project.drift < 1:
            pace *= 1.6
        count = int(pace) + (self.random.random() < pace % 1)
        return [office_hours(self.random, day) for _ in range(count)]

    def _climb(self, releases: list[Release]) -> None:
        """Take the releases through the environments, each fed by the one below."""
        ready = [(release.created, release) for release in releases]
        for environment in self.project.environments:
            if environment <= _QA:
                opportunities = [moment + self._wait(4) for moment, _ in ready]
            else:
                opportunities = list(self._opportunities(environment))
            passed: dict[int, tuple[int, Release]] = {}
            for tenant in self._targets(environment):
                for moment, release in self._promote(environment, tenant, ready, opportunities):
                    passed.setdefault(release.index, (moment, release))
            if environment < _FIRST_PRODUCTION:
                ready = sorted(passed.values(), key=lambda item: item[0])

    def _targets(self, environment: int) -> tuple[int | None, ...]:
        if environment < _FIRST_PRODUCTION or not self.project.tenants:
            return (None,)
        return self.project.tenants

    def _opportunities(self, environment: int) -> Iterator[int]:
        """When staging or production is open for a new release."""
        project, random = self.project, self.random
        for day in self.calendar.days():
            if is_frozen(day) or day.weekday() > 4:
                continue
            if environment >= _FIRST_PRODUCTION:
                week = day.isocalendar().week
                if day.weekday() not in project.production_days or week % project.production_every:
                    continue
            elif random.random() > 0.8:
                continue
            yield from_datetime(office_hours(random, day))

    def _promote(
        self,
        environment: int,
        tenant: int | None,
        ready: list[tuple[int, Release]],
        opportunities: list[int],
    ) -> Iterator[tuple[int, Release]]:
        """Deploy to one target; yields (completion, release) of what succeeded."""
        current, free, position, newest = -1, 0, 0, None
        for opening in sorted(opportunities):
            if tenant is not None and self.random.random() < 0.25:
                continue  # this customer skips a turn
            moment = max(opening + self._wait(10), free)
            while position < len(ready) and ready[position][0] < moment:
                newest = max(newest, ready[position][1], key=_age) if newest else ready[position][1]
                position += 1
            if newest is None or newest.index <= current:
                continue
            last = self._try(newest, environment, tenant, moment)
            free = last.completed + _MINUTE
            if last.state != "Success":
                continue
            yield last.completed, newest
            before, current = current, newest.index
            if environment >= _FIRST_PRODUCTION and before >= 0 and self.random.random() < 0.03:
                rolled_back = self._roll_back(before, environment, tenant, last.completed)
                free, current = rolled_back.completed + _MINUTE, before

    def _try(self, release: Release, environment: int, tenant: int | None, moment: int) -> Attempt:
        """Deploy, and try again after a failure until it works or the team gives up for the day."""
        attempt = self._attempt(release, environment, tenant, moment)
        for _ in range(4):
            if attempt.state == "Success" or self.random.random() < 0.1:
                break
            pause = self._wait(35 if environment < _FIRST_PRODUCTION else 70) * self._slowness(
                attempt.completed
            )
            attempt = self._attempt(release, environment, tenant, attempt.completed + int(pause))
        return attempt

    def _roll_back(self, index: int, environment: int, tenant: int | None, moment: int) -> Attempt:
        return self._attempt(
            self.releases[index], environment, tenant, moment + self._wait(90), failure=0.0
        )

    def _attempt(
        self,
        release: Release,
        environment: int,
        tenant: int | None,
        moment: int,
        failure: float | None = None,
    ) -> Attempt:
        started = moment + self._wait(0.6)
        worked = int(self.random.lognormvariate(math.log(self.project.minutes), 0.5) * _MINUTE)
        state, guided = self._outcome(environment, moment, failure)
        if guided:
            worked += self._wait(25)
        if state == "TimedOut":
            worked = 60 * _MINUTE
        attempt = Attempt(
            release, environment, tenant, moment, started, started + worked, state, guided
        )
        self.attempts.append(attempt)
        return attempt

    def _outcome(self, environment: int, moment: int, failure: float | None) -> tuple[str, bool]:
        odds = self._failure(environment, moment) if failure is None else failure
        chance = self.random.random()
        if chance < odds:
            return "Failed", self.random.random() < 0.1
        if chance < odds + 0.004:
            return "Canceled", False
        if chance < odds + 0.006:
            return "TimedOut", False
        return "Success", self.random.random() < odds * 0.12

    def _failure(self, environment: int, moment: int) -> float:
        day = _date(moment)
        odds = self.project.failure * self.calendar.trouble(day)
        if self.calendar.in_last_quarter(day):
            odds *= self.project.drift
        if environment == _DEVELOPMENT:
            odds *= 2
        return min(odds * (0.8 if environment >= _FIRST_PRODUCTION else 1.0), 0.6)

    def _slowness(self, moment: int) -> float:
        day = _date(moment)
        slow = 3.0 if self.calendar.trouble(day) > 2 else 1.0
        return slow * (self.project.drift if self.calendar.in_last_quarter(day) else 1.0)

    def _wait(self, minutes: float) -> int:
        """A pause of about so many minutes, in ticks."""
        return int(self.random.lognormvariate(math.log(minutes), 0.8) * _MINUTE) + 1

    def _hotfix(self) -> None:
        """Now and then a release of the hotfix channel goes straight to production."""
        channels = [id_ for id_, project in HOTFIX_CHANNELS.items() if project == self.project.id]
        for channel in channels:
            days = [day for day in self.calendar.days() if day.weekday() < 5]
            for index, day in enumerate(sorted(self.random.sample(days, 22))):
                created = from_datetime(datetime.combine(day, time(12), ZONE)) + self._wait(60)
                line = day - timedelta(days=61) if self._older_lines and index % 3 == 2 else day
                version = f"{line.year}.{line.month}.{index}-hotfix"
                release = Release(self.project.id, channel, index, version, created, created)
                self.releases.append(release)
                moment = created + self._wait(20)
                for environment in self.project.environments[-2:]:
                    moment = self._try(release, environment, None, moment).completed + _MINUTE

    def _rewrite_some_assembly_times(self) -> None:
        """A few releases were imported again later, so they look younger than their deployments."""
        for release in self.releases:
            if self.random.random() < 0.006:
                release.assembled += 2 * _DAY + self._wait(60 * 30)


def draw(
    projects: tuple[Project, ...], calendar: Calendar, seed: int, older_lines: bool
) -> tuple[list[Release], list[Attempt]]:
    """The whole company's releases and deployments, each in the order in which they were made."""
    histories = [ProjectHistory(project, calendar, seed, older_lines) for project in projects]
    releases = [release for history in histories for release in history.releases]
    attempts = [attempt for history in histories for attempt in history.attempts]
    releases.sort(key=lambda r: (r.created, r.channel, r.index))
    attempts.sort(key=lambda a: (a.queued, a.release.channel, a.environment, a.tenant or 0))
    return releases, attempts


def _age(release: Release) -> int:
    return release.index


def _date(moment: int) -> date:
    return datetime.fromtimestamp(moment // TICKS_PER_SECOND, ZONE).date()
