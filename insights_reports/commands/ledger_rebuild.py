"""``ledger rebuild``: enter again what the archives know and a lost ledger does not."""

import argparse
from datetime import UTC, datetime

from insights_reports.commands.common import print_json
from insights_reports.config.file import find_config, load_config
from insights_reports.pipeline.rebuild import rebuild
from insights_reports.pipeline.state import make_private, open_ledger, state_of


def main(options: argparse.Namespace) -> int:
    """Say what was entered; the ledger keeps what it knows."""
    config = load_config(find_config(options.config))
    make_private(state_of(config))
    with open_ledger(config) as ledger:
        entered = rebuild(config, ledger, datetime.now(UTC))
        doubts = [receipt for receipt in ledger.deliveries(owed=True) if receipt.decide]
    names = [f"{e.subscription} {e.period} r{e.revision}" for e in entered]
    if options.json:
        print_json({"entered": names, "inDoubt": [str(receipt.key) for receipt in doubts]})
        return 0
    for name in names:
        print(f"{name}: entered from the archive")
    if not names:
        print("The ledger knows every edition that stands in the archives.")
    if doubts:
        print(f"{len(doubts)} mails may have been sent and are held: see `deliveries`, --again.")
    return 0
