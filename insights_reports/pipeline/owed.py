"""Carrying out the deliveries that earlier runs still owe, each by itself.

What can never be delivered any more is given up with a reason, and does not stop the others.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from insights_reports.config.model import Config
from insights_reports.config.slices import SEPARATOR
from insights_reports.delivery import EditionRow, Receipt, State
from insights_reports.errors import InsightsReportsError
from insights_reports.pipeline.deliver import deliver_edition
from insights_reports.pipeline.runs import open_run
from insights_reports.pipeline.state import open_ledger, state_of


def deliver_owed(
    config: Config,
    now: datetime,
    *,
    subscriptions: Collection[str] | None = None,
    but_runs: Collection[str] = (),
) -> list[Receipt]:
    """Carry out what earlier runs still owe and can deliver now: mail that a server deferred or
    could not be reached for, and whatever a run left that died. By default of all subscriptions,
    and of those that the configuration has no longer; ``but_runs`` have just tried.

    Raises:
        DeliveryError: when the ledger cannot be used.
    """
    return [
        receipt
        for edition in _due(config, now)
        if edition.run_id not in but_runs
        and (subscriptions is None or _is_of(edition.subscription, subscriptions))
        for receipt in _owed_of(config, edition, now)
    ]


def _is_of(name: str, subscriptions: Collection[str]) -> bool:
    """Whether an edition belongs to one of them: to all of it, or to one of its slices."""
    return name in subscriptions or name.partition(SEPARATOR)[0] in subscriptions


def deliveries_due(config: Config, now: datetime) -> bool:
    """Whether `deliver_owed` has something to do."""
    return bool(_due(config, now))


def _due(config: Config, now: datetime) -> list[EditionRow]:
    """What can be carried out now; of a subscription with mistakes it stays owed."""
    with open_ledger(config) as ledger:
        due = ledger.due(now)
    return [each for each in due if not config.is_unusable(each.subscription)]


def _owed_of(config: Config, edition: EditionRow, now: datetime) -> list[Receipt]:
    name, folder = edition.subscription, state_of(config) / "runs" / edition.run_id
    if config.find(name) is None:
        return _give_up(config, edition, now, "its subscription is gone from the configuration")
    if not (edition.run_id and (folder / "run.json").is_file()):
        anew = f"run {name} --period {edition.period}"
        why = f"the files of its run are gone; `deliveries --again WHO`, then `{anew}`"
        return _give_up(config, edition, now, why)
    try:
        receipts = deliver_edition(open_run(folder))
    except (InsightsReportsError, OSError, ValueError, KeyError) as error:
        why = getattr(error, "what", None) or f"{type(error).__name__}: {error}"
        return _failed(config, edition, why)
    gone = "the subscription delivers there no longer"
    done = {receipt.key for receipt in receipts}
    return receipts + _give_up(config, edition, now, gone, but=done)


def _give_up(
    config: Config,
    edition: EditionRow,
    now: datetime,
    why: str,
    *,
    but: Collection[object] = (),
) -> list[Receipt]:
    """Refuse for good what is owed of ``edition`` and in nobody's hands."""
    found = []
    with open_ledger(config) as ledger:
        for receipt in ledger.deliveries(edition.subscription, edition.period, owed=True):
            if receipt.key.revision != edition.revision or receipt.key in but:
                continue
            if claim := ledger.claim(receipt.key, now):
                detail = f"given up: {why}"
                found.append(ledger.settle(claim, State.REFUSED, now, detail=detail))
    return found


def _failed(config: Config, edition: EditionRow, why: str) -> list[Receipt]:
    """What is owed of ``edition``, and stays so."""
    with open_ledger(config) as ledger:
        owed = ledger.deliveries(edition.subscription, edition.period, owed=True)
    return [
        replace(receipt, detail=why) for receipt in owed if receipt.key.revision == edition.revision
    ]
