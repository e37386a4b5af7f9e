"""How the subscriptions of a configuration stand, by the ledger; and the entries that tell it."""

from contextlib import suppress
from datetime import datetime

from insights_reports.config.model import Config
from insights_reports.delivery import Ledger
from insights_reports.errors import ConfigError, DeliveryError
from insights_reports.owed.standing import (
    COUNTED,
    ENROLLED,
    LedgerFacts,
    Overview,
    Standing,
    standings,
)
from insights_reports.pipeline.calendars import calendar_of
from insights_reports.pipeline.state import open_ledger

_ALL = 1_000_000  # runs of a subscription


def facts_of(ledger: Ledger, name: str) -> LedgerFacts:
    """What the ledger knows of a subscription and its slices."""
    return LedgerFacts(
        ledger.editions(name, slices=True),
        ledger.deliveries(name, slices=True),
        ledger.runs.latest(name, limit=_ALL),
    )


def overview(config: Config, now: datetime) -> Overview:
    """How every period that is due ``now`` stands, of each subscription that has a schedule.

    A subscription whose calendar cannot be used, or that has other mistakes, does not stop the
    others.

    Raises:
        DeliveryError: when the ledger cannot be read.
    """
    found, unusable = {}, {name: "; ".join(wrong) for name, wrong in config.unusable.items()}
    with open_ledger(config) as ledger:
        for name, subscription in config.subscriptions.items():
            try:
                if calendar := calendar_of(config, subscription):
                    facts = facts_of(ledger, name)
                    found[name] = standings(name, subscription, calendar, facts, now)
            except ConfigError as error:
                unusable[name] = " ".join(str(error).split())
    return Overview(found, unusable)


def is_made(config: Config, name: str, period: str) -> str | None:
    """What is said of the final edition of a period, if there is one, or of those of all slices."""
    with open_ledger(config) as ledger:
        made = facts_of(ledger, name).made(name, period)
    if not made:
        return None
    last = made[-1]
    return f"{period} r{last.revision} was made on {last.made_at:%Y-%m-%d %H:%M %Z}"


def enrol(config: Config, now: datetime) -> None:
    """Enter of each subscription that has never run since when it is served: what becomes due from
    now on is owed, also when nobody is there then."""
    with open_ledger(config) as ledger:
        scheduled = (name for name, one in config.subscriptions.items() if one.schedule)
        for name in scheduled:
            if not ledger.runs.latest(name, limit=1):
                run = f"served-{name}"
                with suppress(DeliveryError):  # another process was as fast
                    ledger.runs.start(run, name, ENROLLED, COUNTED[0], now)
                    ledger.runs.end(run, "done", 0, now)


def end_attempt(config: Config, standing: Standing, outcome: str, now: datetime) -> None:
    """Enter an attempt that ended without a word in the ledger: its process never came so far."""
    run = f"attempt-{standing.subscription}-{standing.period}-{standing.attempt}"
    with open_ledger(config) as ledger, suppress(DeliveryError):  # it is entered already
        ledger.runs.start(run, standing.subscription, standing.period, COUNTED[0], now)
        ledger.runs.end(run, outcome, 1, now)
