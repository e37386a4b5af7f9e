"""``release``: deliver an edition that is held, by somebody's word."""

import argparse
import re
import sys
from pathlib import Path

from insights_reports.commands.common import print_json, receipt_json
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config
from insights_reports.delivery import EditionRow, Made, failure, said
from insights_reports.delivery.interruptions import stoppable
from insights_reports.errors import UsageError
from insights_reports.pipeline.deliver import deliver_edition
from insights_reports.pipeline.runs import Run, open_run
from insights_reports.pipeline.state import open_ledger, state_of

_EDITION = re.compile(r"([a-z0-9@-]+)/([0-9A-Za-z-]+)")


def main(options: argparse.Namespace) -> int:
    """Deliver the latest revision of the edition, and enter who released it and why.

    Raises:
        UsageError: when there is no such edition, it is not held, or its files are gone.
    """
    config = load_config(find_config(options.config))
    with open_ledger(config) as ledger:
        held = _held(options.edition, ledger.editions())
    by = " ".join(options.by.split())
    note = f"released by {by}" + (f": {' '.join(options.note.split())}" if options.note else "")
    run = _run(config, held)
    with stoppable():
        receipts = deliver_edition(run, note=note, released_by=by)
    if options.json:
        print_json({"edition": options.edition, "receipts": [receipt_json(r) for r in receipts]})
    else:
        for receipt in receipts:
            print(f"{receipt.key}: {said(receipt)}")
    if error := failure(receipts):
        print(f"insights-reports: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def _run(config: Config, held: EditionRow) -> Run:
    folder: Path = state_of(config) / "runs" / held.run_id
    if not (folder / "run.json").is_file():
        raise UsageError(
            "The files of this edition's run are gone.",
            str(folder),
            f"`insights-reports run {held.subscription} --period {held.period}` makes them again.",
        )
    return open_run(folder)


def _held(name: str, editions: list[EditionRow]) -> EditionRow:
    asked = _EDITION.fullmatch(name)
    if asked is None:
        raise UsageError(
            "The edition cannot be understood.", f"{name!r}", "Write it as board-monthly/2026-09."
        )
    found = [e for e in editions if (e.subscription, e.period) == asked.groups()]
    if not found:
        raise UsageError(
            "There is no such edition.", name, "`insights-reports editions` lists what was made."
        )
    latest = max(found, key=lambda edition: edition.revision)
    if latest.state is not Made.HELD and not latest.note.startswith("not mailed: "):
        raise UsageError(
            "The edition is not held.",
            f"{name} r{latest.revision}: {latest.note or latest.state}",
            "What is owed of it, `insights-reports deliveries` says.",
        )
    return latest
