"""``editions``, ``deliveries`` and ``status``: what the ledger remembers."""

import argparse
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from insights_reports.commands.common import print_json, print_table
from insights_reports.config import Config
from insights_reports.config_file import find_config, load_config
from insights_reports.delivery import Ledger
from insights_reports.errors import UsageError


def main(options: argparse.Namespace) -> int:
    """Show one of the ledger's tables; before, owe again what `--again` names."""
    config = load_config(find_config(options.config))
    path = config.resolve(config.state) / "ledger.sqlite"
    with Ledger(path) as ledger:
        if options.show == "deliveries" and options.again is not None:
            _owe_again(ledger, options.again)
        head, rows, values = _TABLES[options.show](ledger, config)
    if options.json:
        print_json(_plain(values))
    else:
        print_table(head, rows)
    return 0


def _owe_again(ledger: Ledger, who: str) -> None:
    """Raises UsageError when nothing was refused there, and nothing is unclear."""
    keys = [
        receipt.key
        for receipt in ledger.deliveries()
        if who in (receipt.key.recipient, receipt.key.destination)
    ]
    now = datetime.now(UTC)
    again = [key for key in keys if ledger.reopen(key, now)]
    if not again:
        raise UsageError(
            "Nothing of the last revisions was refused there, and nothing is unclear.",
            f"--again {who}, {len(keys)} deliveries",
            "Name a recipient or a destination as `insights-reports deliveries` does.",
        )
    for key in again:
        print(f"{key}: owed again; the next run carries it out.", file=sys.stderr)


_Shown = tuple[list[str], list[list[str]], list[dict[str, Any]]]


def _editions(ledger: Ledger, config: Config) -> _Shown:
    editions = ledger.editions()
    rows = [
        [
            edition.subscription,
            edition.period,
            f"r{edition.revision}",
            edition.status,
            _instant(edition.made_at),
            str(len(edition.files)),
            edition.digest[:12],
        ]
        for edition in editions
    ]
    head = ["SUBSCRIPTION", "PERIOD", "REVISION", "STATUS", "MADE", "FILES", "DIGEST"]
    return head, rows, [asdict(edition) for edition in editions]


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
        "DETAIL",
    ]
    return head, rows, [asdict(receipt) for receipt in receipts]


def _status(ledger: Ledger, config: Config) -> _Shown:
    """One line a subscription: its last run, its last edition, and what is owed of it."""
    rows, values = [], []
    for name in config.subscriptions:
        runs = ledger.runs.latest(name, limit=1)
        editions = ledger.editions(name)
        owed = ledger.deliveries(name, owed=True)
        value = {
            "subscription": name,
            "last_run": asdict(runs[0]) if runs else None,
            "last_edition": asdict(editions[-1]) if editions else None,
            "owed": [asdict(receipt) for receipt in owed],
        }
        values.append(value)
        rows.append(
            [
                name,
                f"{runs[0].outcome} {_instant(runs[0].started_at)}" if runs else "never",
                f"{editions[-1].period} r{editions[-1].revision}" if editions else "none",
                str(len(owed)) if owed else "nothing",
            ]
        )
    return ["SUBSCRIPTION", "LAST RUN", "LAST EDITION", "OWED"], rows, values


_TABLES = {"editions": _editions, "deliveries": _deliveries, "status": _status}


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M %Z")


def _plain(value: Any) -> Any:
    """``value`` with instants and enumerations as text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, int | float) else str(value)
