"""``status``: was the last period made, and did it arrive? By the ledger alone, without Prefect."""

import argparse
import sys
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from insights_reports.commands.common import (
    as_of,
    camel,
    edition_json,
    print_json,
    print_table,
    receipt_json,
    size,
)
from insights_reports.config.file import find_config, load_usable
from insights_reports.config.model import Config
from insights_reports.delivery import EditionRow, Ledger, Receipt, RunRecord
from insights_reports.owed.calendar import Due
from insights_reports.owed.standing import ENROLLED, Stand, Standing
from insights_reports.pipeline.calendars import calendar_of
from insights_reports.pipeline.prune import size_of
from insights_reports.pipeline.standing import overview
from insights_reports.pipeline.state import open_ledger, state_of

HEAD = ["SUBSCRIPTION", "PERIOD", "DUE", "STATE", "DELIVERED", "WHY", "NEXT"]
_FINE = (Stand.DONE, Stand.SKIPPED)


@dataclass(frozen=True)
class _Shown:
    """A subscription: how its periods stand, what it made last, what comes next, what is owed."""

    name: str
    standings: tuple[Standing, ...]
    unusable: str
    coming: Due | None
    last_run: RunRecord | None
    last_edition: EditionRow | None
    owed: tuple[Receipt, ...]

    def rows(self, now: datetime, *, overdue: bool) -> list[list[str]]:
        """One for its newest period, and one for each other that is not done; or those overdue."""
        shown = [s for s in self.standings if s.is_overdue(now)] if overdue else self._shown()
        coming = f"{self.coming.period.name} on {_local(self.coming.at)}" if self.coming else "-"
        rows = [_row(self.name, stands) for stands in shown]
        if self.unusable:
            rows.append([self.name, "-", "-", "unusable", "-", self.unusable])
        elif not rows and not overdue:
            rows.append([self.name, "-", "-", *self._without_periods()])
        return [[*row, coming if row is rows[-1] else ""] for row in rows]

    def _shown(self) -> list[Standing]:
        return [s for s in self.standings if s.stand not in _FINE or s is self.standings[-1]]

    def _without_periods(self) -> list[str]:
        if self.last_run is None:
            return ["never run", "-", "-"]
        began = f"{self.last_run.started_at:%Y-%m-%d %H:%M %Z}"
        return ["nothing due", "-", f"last run {began}: {self.last_run.outcome}"]


def main(options: argparse.Namespace) -> int:
    """Show how every subscription stands; with ``--overdue`` only what is overdue.

    Returns 1 with ``--overdue`` when something is due for an hour and has not arrived with
    everybody, is given up, or cannot be judged; otherwise 0.
    """
    config, now = load_usable(find_config(options.config)), as_of(options)
    shown, gone = _look(config, now)
    rows = [row for each in shown for row in each.rows(now, overdue=options.overdue)]
    rows += [[*_gone(receipt), ""] for receipt in gone]
    if options.json:
        print_json(camel([_json(each, now) for each in shown]))
    elif rows or not options.overdue:
        print_table(HEAD, rows)
        if not options.overdue:
            folder = state_of(config)
            print(f"The state takes {size(size_of([folder]))}: {folder}")
    else:
        print("Nothing is overdue.", file=sys.stderr)
    return int(options.overdue and bool(rows))


def _look(config: Config, now: datetime) -> tuple[list[_Shown], list[Receipt]]:
    """How the subscriptions stand, and what is owed of those that are gone."""
    found = overview(config, now)
    with open_ledger(config) as ledger:
        shown = [
            _Shown(
                name,
                found.standings.get(name, ()),
                found.unusable.get(name, ""),
                None if name in found.unusable else _coming(config, name, now),
                _last_run(ledger, name),
                next(reversed(ledger.editions(name, slices=True)), None),
                tuple(ledger.deliveries(name, owed=True, slices=True)),
            )
            for name in (*config.subscriptions, *config.unusable)
        ]
        owed = ledger.deliveries(owed=True)
    return shown, [r for r in owed if _is_gone(config, r.key.subscription)]


def _is_gone(config: Config, name: str) -> bool:
    return not config.is_unusable(name) and config.find(name) is None


def _coming(config: Config, name: str, now: datetime) -> Due | None:
    subscription = config.subscriptions[name]
    calendar = calendar_of(config, subscription) if subscription.enabled else None
    return next(calendar.upcoming(now)) if calendar else None


def _last_run(ledger: Ledger, name: str) -> RunRecord | None:
    runs = ledger.runs.latest(name, limit=2)  # the entry that it is served is no run
    return next((run for run in runs if run.period != ENROLLED), None)


def _row(name: str, stands: Standing) -> list[str]:
    delivered = f"{stands.delivered} of {stands.of}" if stands.edition else "-"
    next_try = f"; next at {_local(stands.next_try)}" if stands.next_try else ""
    due = _local(stands.due.at)
    return [name, stands.period, due, stands.stand, delivered, f"{stands.why}{next_try}" or "-"]


def _gone(receipt: Receipt) -> list[str]:
    key = receipt.key
    why = f"{key.destination} {key.recipient}: the subscription is gone"
    return [key.subscription, key.period, "-", receipt.state, "-", " ".join(why.split())]


def _local(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M %Z}"


def _json(shown: _Shown, now: datetime) -> dict[str, Any]:
    newest = shown.standings[-1] if shown.standings else None
    return {
        "subscription": shown.name,
        "newest": _standing_json(newest, now) if newest else None,
        "not_done": [_standing_json(s, now) for s in shown.standings if s.stand not in _FINE],
        "unusable": shown.unusable or None,
        "next": {"period": shown.coming.period.name, "at": shown.coming.at.isoformat()}
        if shown.coming
        else None,
        "last_run": asdict(shown.last_run) if shown.last_run else None,
        "last_edition": edition_json(shown.last_edition) if shown.last_edition else None,
        "owed": [receipt_json(receipt) for receipt in shown.owed],
    }


def _standing_json(stands: Standing, now: datetime) -> dict[str, Any]:
    return {
        "period": stands.period,
        "due": stands.due.at.isoformat(),
        "state": stands.stand,
        "why": stands.why,
        "revision": stands.edition.revision if stands.edition else None,
        "made": stands.edition.made_at.isoformat() if stands.edition else None,
        "delivered": stands.delivered,
        "of": stands.of,
        "refused": stands.refused,
        "attempt": stands.attempt,
        "next_try": stands.next_try.isoformat() if stands.next_try else None,
        "overdue": stands.is_overdue(now),
    }
