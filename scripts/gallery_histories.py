"""Made-up deployment histories as Octopus's CSV download, the same each time they are drawn.

Each runs for thirteen months; the story of a kind happens in the last of them, September 2026.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

FIRST, AS_OF = datetime(2025, 9, 1, 6, tzinfo=UTC), datetime(2026, 10, 5, 6, tzinfo=UTC)
_STORY = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
COLUMNS = (
    "Deployment", "Project", "Release", "Channel", "Completed", "Environment", "Tenant", "State",
    "Had Guided Failure", "Lead Time", "Lead Time Calculated From", "Since Previous Successful",
    "Previous Successful", "Time to Recovery", "Deployments Until Recovery", "Recovery From",
    "Recovery From Version",
)  # fmt: skip
_TEN = (
    "Web shop", "Payments", "Search", "Warehouse", "Invoices", "Customer accounts",
    "Route planning", "Data platform", "Partner gateway", "Sign-in",
)  # fmt: skip
_LONG = (
    "Customer-facing order intake and fulfilment orchestration service (EMEA)",
    "Kundenbeziehungsmanagementplattform", "在庫管理システム", "Личный кабинет", "<b>R&D</b> =1+1",
)  # fmt: skip
_LINES = ("Amber", "Birch", "Cedar", "Dune", "Echo", "Fjord", "Grove", "Heath", "Islet")
_PARTS = ("API", "Web", "Worker", "Gateway", "Batch", "Reports")
_TENANTS = tuple(
    f"Customer {n:03d} {('GmbH', 'Ltd', 'SA', 'AB', 'Kft')[n % 5]}" for n in range(300)
)


@dataclass(frozen=True)
class Change:
    """By how much the story multiplies what is usual: the odds of a failure, the hours until one
    is mended, the days from a release to production, and how many releases there are."""

    failures: float = 1.0
    mending: float = 1.0
    days: float = 1.0
    releases: float = 1.0


@dataclass(frozen=True)
class Kind:
    """A company: its projects, how many releases a day the busiest of them has, its tenants, and
    what the story changes in which project (``""``: in every other)."""

    projects: Sequence[str] = _TEN
    per_day: float = 2.0
    tenants: Sequence[str] = ()
    story: Mapping[str, Change] = field(default_factory=dict)


KINDS = {
    "bad": Kind(
        story={
            "Web shop": Change(failures=13, mending=10, days=3.5),
            "Payments": Change(failures=7, mending=8, days=4),
            "Invoices": Change(failures=4, mending=6),
            "Partner gateway": Change(failures=9, mending=8),
            "Search": Change(releases=0.3),
        }
    ),
    "good": Kind(story={"": Change(failures=0.1, mending=0.2, days=0.35, releases=1.3)}),
    "few": Kind(projects=_TEN[:4], per_day=0.03),
    "big": Kind(
        projects=(*_LONG, *(f"{line} {part}" for line in _LINES for part in _PARTS)),
        per_day=3.0,
        tenants=_TENANTS,
    ),
}


@dataclass(frozen=True)
class Fact:
    """One deployment: of which release, made when, where to, ended when and how."""

    completed: datetime
    project: str
    environment: str
    tenant: str
    release: str
    created: datetime
    succeeded: bool


def draw(kind: Kind) -> list[Fact]:
    """Every deployment of a kind, by completion."""
    random = Random(7)
    facts = [
        fact
        for rank, project in enumerate(kind.projects)
        for fact in _of_project(kind, rank, project, random)
    ]
    return sorted((f for f in facts if f.completed < AS_OF), key=lambda fact: fact.completed)


def _of_project(kind: Kind, rank: int, project: str, random: Random) -> Iterator[Fact]:
    told = kind.story.get(project, kind.story.get("", Change()))
    at, number = FIRST, 0
    while at < AS_OF:
        change = told if _STORY[0] <= at < _STORY[1] else Change()
        per_day = kind.per_day / (1 + rank * 0.3) * change.releases
        at += timedelta(days=random.expovariate(per_day))
        if at.weekday() >= 5 and random.random() < 0.9:
            continue
        number += 1
        version = f"{at.year}.{at.month}.{number}"
        for environment, tenant, days in _targets(kind, rank, random):
            until = timedelta(days=days * change.days * random.lognormvariate(0, 0.5), minutes=20)
            yield from _attempts(
                Fact(at + until, project, environment, tenant, version, at, True),
                (0.03 + 0.02 * (rank % 4)) * change.failures,
                2 * change.mending,
                random,
            )


def _targets(kind: Kind, rank: int, random: Random) -> Iterator[tuple[str, str, float]]:
    """(environment, tenant, usual days until then) that a release reaches."""
    days = (0.4, 1.5, 4.0)[rank % 3]
    yield "Test", "", 0.02
    if random.random() < 0.8:
        yield "Staging", "", days / 3
    if random.random() < 0.6:
        for tenant in random.sample(kind.tenants, 2) if kind.tenants and rank % 2 == 0 else [""]:
            yield "Production", tenant, days


def _attempts(fact: Fact, failure: float, mending: float, random: Random) -> Iterator[Fact]:
    """The deployment, and while it fails, the next attempt."""
    while random.random() < min(failure, 0.6):
        yield Fact(**(vars(fact) | {"succeeded": False}))
        later = timedelta(hours=mending * random.lognormvariate(0, 0.7))
        fact = Fact(**(vars(fact) | {"completed": fact.completed + later}))
    yield fact


@dataclass
class _Stream:
    """What Octopus knows of the earlier deployments of a project to a place."""

    success: tuple[datetime, str] | None = None
    failure: tuple[datetime, str, str] | None = None
    attempts: int = 0


def write(facts: Sequence[Fact], path: Path) -> None:
    """The file that Octopus's download of these deployments would be."""
    streams: dict[tuple[str, str, str], _Stream] = {}
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(COLUMNS)
        for number, fact in enumerate(facts, 1000):
            stream = streams.setdefault((fact.project, fact.environment, fact.tenant), _Stream())
            ident, completed = f"Deployments-{number}", f"{fact.completed:%Y-%m-%dT%H:%M:%S.%f}0Z"
            place = (fact.environment, fact.tenant)
            head = (ident, fact.project, fact.release, "Default", completed, *place)
            out.writerow((*head, *_outcome(fact, ident, stream)))


def _outcome(fact: Fact, ident: str, stream: _Stream) -> list[str]:
    """The columns from the state on; the stream learns of it."""
    if not fact.succeeded:
        stream.failure = stream.failure or (fact.completed, ident, fact.release)
        stream.attempts += 1
        return ["Failed", "false", *[""] * 8]
    cells = ["Success", "false", _duration(fact.completed - fact.created), fact.release]
    before, broken = stream.success, stream.failure
    cells += [_duration(fact.completed - before[0]), before[1]] if before else ["", ""]
    if broken:
        cells += [_duration(fact.completed - broken[0]), str(stream.attempts), *broken[1:]]
    else:
        cells += [""] * 4
    stream.success, stream.failure, stream.attempts = (fact.completed, ident), None, 0
    return cells


def _duration(span: timedelta) -> str:
    minutes, seconds = divmod(span.total_seconds(), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{seconds:010.7f}"
