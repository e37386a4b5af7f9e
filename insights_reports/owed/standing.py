"""How each period of a subscription stands: due, made, delivered, owed or given up, and why.

Pure functions of the ledger's rows. A run that was started for a period counts as an attempt from
its first moment on, so that one that dies without a word is one as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from insights_reports.config.model import Subscription
from insights_reports.delivery import EditionRow, Made, Receipt, RunRecord, State
from insights_reports.edition.values import Status
from insights_reports.owed.calendar import Due, PeriodCalendar

# After each attempt that failed, how long until the next: some 46 hours in all, a weekend's fault.
BACK_OFF = tuple(
    timedelta(minutes=minutes) for minutes in (5, 15, 60, 4 * 60, 8 * 60, 12 * 60, 21 * 60)
)
ATTEMPTS = len(BACK_OFF) + 1
GRACE = timedelta(hours=1)  # in which what is due may still be under way
COUNTED = ("schedule", "retry")  # the triggers whose runs are attempts
ENROLLED = ""  # the period of the entry that says since when a subscription is served


class Stand(StrEnum):
    """How a period stands. ``done``: made and delivered to all. ``delivering``: made, and something
    of it is owed to somebody. ``refused``: made, and somebody refused it for good. ``held``: made,
    and waiting for somebody's word. ``owed``: to be made. ``at work``: a run makes it now.
    ``given up``: after the last attempt. ``skipped``: by the policy of the subscription."""

    DONE = "done"
    DELIVERING = "delivering"
    REFUSED = "refused"
    HELD = "held"
    OWED = "owed"
    AT_WORK = "at work"
    GIVEN_UP = "given up"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Standing:
    """How the edition of one period stands. ``attempt`` is the number of the next attempt to make
    it, ``next_try`` the instant from which on it may be made; ``why`` is for people."""

    subscription: str
    due: Due
    stand: Stand
    why: str = ""
    edition: EditionRow | None = None
    delivered: int = 0
    of: int = 0
    refused: int = 0
    attempt: int = 1
    next_try: datetime | None = None

    @property
    def period(self) -> str:
        return self.due.period.name

    def is_to_be_made(self, now: datetime) -> bool:
        """Whether a run may begin now."""
        return self.stand is Stand.OWED and (self.next_try is None or self.next_try <= now)

    def is_overdue(self, now: datetime) -> bool:
        """Whether it is due for more than `GRACE` and has not arrived with everybody."""
        fine = self.stand in (Stand.DONE, Stand.SKIPPED)
        return not fine and (self.stand is Stand.GIVEN_UP or now > self.due.at + GRACE)


@dataclass(frozen=True)
class LedgerFacts:
    """The ledger's rows of one subscription, in any order."""

    editions: Sequence[EditionRow] = ()
    receipts: Sequence[Receipt] = ()
    runs: Sequence[RunRecord] = ()

    def made(self, name: str, period: str) -> list[EditionRow]:
        """The newest edition of a period; of slices that of each, once a run came to its end that
        made all of them. Empty while it is to be made."""
        rows = [row for row in self.editions if row.period == period and counts(row)]
        newest = {row.subscription: row for row in sorted(rows, key=lambda row: row.revision)}
        whole = any(run.period == period and run.outcome == "done" for run in self.runs)
        return list(newest.values()) if name in newest or whole else []

    @property
    def began(self) -> datetime | None:
        """When the subscription was first run or served."""
        return min((run.started_at for run in self.runs), default=None)


@dataclass(frozen=True)
class Overview:
    """How every subscription that has a schedule stands; of those that cannot be judged, why."""

    standings: Mapping[str, tuple[Standing, ...]]
    unusable: Mapping[str, str]


def standings(
    name: str,
    subscription: Subscription,
    calendar: PeriodCalendar,
    facts: LedgerFacts,
    now: datetime,
) -> tuple[Standing, ...]:
    """How every period stands that is due ``now``, oldest first; none while it is not enabled."""
    if not subscription.enabled:
        return ()
    dues = calendar.owed_since(subscription.since, facts.began, now)
    found = []
    for due in dues:
        stands = _standing(name, due, facts, now)
        skipped = _skipped(subscription.catch_up, stands, newest=due is dues[-1], now=now)
        found.append(skipped or stands)
    return tuple(found)


def _skipped(policy: str, stands: Standing, *, newest: bool, now: datetime) -> Standing | None:
    """What the policy makes of a period that was not made in time; None: nothing."""
    if stands.stand not in (Stand.OWED, Stand.GIVEN_UP):
        return None
    if policy == "latest" and not newest:
        why = "a newer period is due: catch_up: latest"
    elif policy == "skip" and stands.attempt == 1 and now > stands.due.at + GRACE:
        why = "nobody was there when it was due: catch_up: skip"
    else:
        return None
    return Standing(stands.subscription, stands.due, Stand.SKIPPED, why)


def _standing(name: str, due: Due, facts: LedgerFacts, now: datetime) -> Standing:
    period = due.period.name
    if made := facts.made(name, period):
        receipts = [r for r in facts.receipts if r.key.period == period]
        return _made(name, due, made, receipts)
    return _not_made(name, due, [run for run in facts.runs if run.period == period], now)


def counts(row: EditionRow) -> bool:
    """An edition that was made before its period had ended leaves the final one owed."""
    return row.state is not Made.DRAFT and row.status != Status.PROVISIONAL


def _made(
    name: str, due: Due, editions: Sequence[EditionRow], receipts: Sequence[Receipt]
) -> Standing:
    of = {(edition.subscription, edition.revision) for edition in editions}
    mine = [r for r in receipts if (r.key.subscription, r.key.revision) in of]
    held = [edition for edition in editions if edition.state is Made.HELD]
    sent = sum(r.done for r in mine)
    refused = [r for r in mine if r.state is State.REFUSED]
    waiting = [r for r in mine if r.owed and r.state is not State.REFUSED]
    if held:
        stand, why = Stand.HELD, f"held: {held[0].note}{_more(held)}"
    elif waiting:
        stand, why = Stand.DELIVERING, f"{_to(waiting[0])} is {waiting[0].state}" + _detail(waiting)
    elif refused:
        stand, why = Stand.REFUSED, f"{_to(refused[0])} refused it" + _detail(refused)
    else:
        stand, why = Stand.DONE, _not_mailed(editions)
    last = max(editions, key=lambda edition: edition.made_at)
    count = sum(r.done or r.owed for r in mine)
    return Standing(name, due, stand, why, last, sent, count, len(refused))


def _to(receipt: Receipt) -> str:
    return receipt.key.recipient or receipt.key.destination


def _detail(receipts: Sequence[Receipt]) -> str:
    detail = " ".join(receipts[0].detail.split())
    return (f": {detail}" if detail else "") + _more(receipts)


def _not_mailed(editions: Sequence[EditionRow]) -> str:
    """What of it nobody got a mail of, by the condition of its subscription."""
    some = [edition for edition in editions if edition.note.startswith("not mailed: ")]
    return f"{some[0].note}{_more(some)}" if some else ""


def _more(some: Sequence[object]) -> str:
    return f" (and {len(some) - 1} more)" if len(some) > 1 else ""


def _not_made(name: str, due: Due, runs: Sequence[RunRecord], now: datetime) -> Standing:
    under_way = [run for run in runs if run.ended_at is None and run.outcome == "running"]
    ended = sorted(
        (run for run in runs if run.trigger in COUNTED and run not in under_way),
        key=lambda run: run.started_at,
    )
    attempt = len(ended) + 1
    if under_way:
        began = f"{under_way[0].started_at:%Y-%m-%d %H:%M %Z}"
        return Standing(name, due, Stand.AT_WORK, f"a run makes it since {began}", attempt=attempt)
    if not ended:
        return Standing(name, due, Stand.OWED, "not made yet")
    last = ended[-1]
    failed = f"attempt {len(ended)} of {ATTEMPTS}: {last.outcome}"
    if len(ended) >= ATTEMPTS:
        again = f"insights-reports run {name} --period {due.period.name}"
        return Standing(name, due, Stand.GIVEN_UP, f"{failed}; by hand: {again}", attempt=attempt)
    next_try = (last.ended_at or last.started_at) + BACK_OFF[len(ended) - 1]
    return Standing(name, due, Stand.OWED, failed, attempt=attempt, next_try=next_try)
