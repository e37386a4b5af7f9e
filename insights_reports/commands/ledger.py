"""``editions`` and ``deliveries``: what the ledger remembers."""

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from insights_reports.commands.common import (
    camel,
    edition_json,
    print_json,
    print_table,
    receipt_json,
)
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config
from insights_reports.config.slices import SEPARATOR
from insights_reports.delivery import EditionRow, Ledger, Made, Receipt, State
from insights_reports.errors import UsageError
from insights_reports.pipeline.again import Again, owe_again
from insights_reports.pipeline.state import open_ledger
from insights_reports.spelling.nearest import meant_or_all


def main(options: argparse.Namespace) -> int:
    """Show one of the ledger's tables; before, owe again what `--again` names."""
    config = load_config(find_config(options.config))
    with open_ledger(config) as ledger:
        if options.show == "deliveries" and options.again is not None:
            _owe_again(ledger, config, options)
        shown = _TABLES[options.show](ledger, config)
        _check_names(shown[2], config, options)
        head, rows, values = _filtered(shown, options)
    if options.json:
        print_json(camel(values))
    else:
        print_table(head, rows)
    return 0


def _owe_again(ledger: Ledger, config: Config, options: argparse.Namespace) -> None:
    wanted = Again(options.again, options.subscription, options.period, options.file)
    for key in owe_again(config, ledger, wanted, datetime.now(UTC)):
        only = f", {options.file} alone" if options.file and key.recipient else ""
        print(f"{key}: owed again{only}; the next run carries it out.", file=sys.stderr)


def _check_names(values: list[dict[str, Any]], config: Config, options: argparse.Namespace) -> None:
    """A filter that nothing can match is a slip.

    Raises:
        UsageError: when there is and was no such subscription.
    """
    there = dict.fromkeys([*config.subscriptions, *(each["subscription"] for each in values)])
    if options.subscription is not None and options.subscription not in there:
        raise UsageError(
            "There is no such subscription.",
            f"--subscription {options.subscription}",
            meant_or_all(options.subscription, there),
        )
    periods = dict.fromkeys(each["period"] for each in values)
    if options.period is not None and options.period not in periods:
        said = meant_or_all(options.period, periods)
        print(f"Nothing is of the period {options.period!r}. {said}", file=sys.stderr)


_Shown = tuple[list[str], list[list[str]], list[dict[str, Any]]]


def _filtered(shown: _Shown, options: argparse.Namespace) -> _Shown:
    """The rows that the options ask for; ``--limit`` keeps the newest."""
    head, rows, values = shown
    kept = [
        n for n, value in enumerate(values) if options.show == "status" or _asked(value, options)
    ]
    if options.show != "status" and options.limit:
        kept = kept[-options.limit :]
    return head, [rows[n] for n in kept], [values[n] for n in kept]


def _asked(value: dict[str, Any], options: argparse.Namespace) -> bool:
    subscription = value["subscription"]
    here = options.subscription in (None, subscription, subscription.partition(SEPARATOR)[0])
    then = options.period in (None, value["period"])
    return here and then and not (options.failed and _arrived(value))


def _arrived(value: dict[str, Any]) -> bool:
    """Whether a delivery is done, or all of an edition are and it is not held."""
    if "delivered" in value:
        return bool(value["state"] == "made" and value["delivered"] == value["deliveries"])
    return value["state"] in ("sent", "superseded", "withheld")


def _editions(ledger: Ledger, config: Config) -> _Shown:
    editions = ledger.editions()
    counts = _delivered(ledger)
    rows, values = [], []
    for edition in editions:
        sent, owed = counts.get((edition.subscription, edition.period, edition.revision), (0, 0))
        values.append({**edition_json(edition), "deliveries": owed, "delivered": sent})
        rows.append(
            [
                edition.subscription,
                edition.period,
                f"r{edition.revision}",
                edition.status,
                _instant(edition.made_at),
                _made(edition, sent, owed),
                str(len(edition.files)),
                edition.digest[:12],
            ]
        )
    head = ["SUBSCRIPTION", "PERIOD", "REVISION", "STATUS", "MADE", "DELIVERED", "FILES", "DIGEST"]
    return head, rows, values


def _delivered(ledger: Ledger) -> dict[tuple[str, str, int], tuple[int, int]]:
    """(sent, of how many) for each edition of which anything was ever owed."""
    counts: dict[tuple[str, str, int], tuple[int, int]] = {}
    for receipt in ledger.deliveries():
        key = (receipt.key.subscription, receipt.key.period, receipt.key.revision)
        sent, owed = counts.get(key, (0, 0))
        counts[key] = (sent + receipt.done, owed + (receipt.state is not State.WITHHELD))
    return counts


def _made(edition: EditionRow, sent: int, owed: int) -> str:
    """Whether an edition that was made was also delivered, in words."""
    if edition.state is Made.HELD:
        return f"held: {edition.note}"
    if edition.note.startswith("not mailed: "):
        return edition.note
    if owed == 0:
        return "to nobody"
    return "to all" if sent == owed else f"to {sent} of {owed}"


def _deliveries(ledger: Ledger, config: Config) -> _Shown:
    receipts = ledger.deliveries()
    rows = [
        [
            receipt.key.subscription,
            receipt.key.period,
            f"r{receipt.key.revision}",
            receipt.key.destination,
            receipt.key.recipient or "-",
            receipt.state,
            _instant(receipt.at),
            next_try(receipt),
            receipt.detail.splitlines()[0] if receipt.detail else "",
        ]
        for receipt in receipts
    ]
    head = [
        "SUBSCRIPTION",
        "PERIOD",
        "REVISION",
        "DESTINATION",
        "RECIPIENT",
        "STATE",
        "AT",
        "NEXT TRY",
        "DETAIL",
    ]
    values = [{**receipt_json(receipt), "next": next_try(receipt)} for receipt in receipts]
    return head, rows, values


def next_try(receipt: Receipt) -> str:
    """What becomes of a delivery next, in words; "-" when nothing does."""
    words = {
        State.PLANNED: "with the next run",
        State.SENDING: "with the next run",
        State.UNKNOWN: "in doubt: sent again with the next run",
        State.REFUSED: "none, unless --again",
        State.WITHHELD: "none, unless --again",
    }
    if receipt.in_hand:
        return "a run is at it"
    if receipt.held_until:
        return f"another machine has it, or after {_instant(receipt.held_until)}"
    if receipt.decide:
        return "in doubt: held until --again"
    if receipt.state is State.DEFERRED and receipt.next_try:
        return f"after {_instant(receipt.next_try)}"
    return words.get(receipt.state, "-")


_TABLES = {"editions": _editions, "deliveries": _deliveries}


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M %Z")
