"""``editions``: what was made; one of them in full, or in a browser."""

import argparse
import sys
import webbrowser
from pathlib import Path

from insights_reports.commands import ledger as table
from insights_reports.commands.common import (
    edition_json,
    print_json,
    print_table,
    receipt_json,
    receipt_text,
    size,
)
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config
from insights_reports.delivery import EditionRow
from insights_reports.errors import UsageError
from insights_reports.pipeline.rerun import find_edition
from insights_reports.pipeline.seal import how_to_make_anew
from insights_reports.pipeline.state import open_ledger, state_of


def main(options: argparse.Namespace) -> int:
    """List them, or show or open the one that is named.

    Raises:
        UsageError: when none is named, or there is no such edition, or its files are gone.
    """
    if options.action == "list":
        return table.main(options)
    config = load_config(find_config(options.config))
    if not options.edition:
        raise UsageError(
            "No edition is named.",
            f"editions {options.action}",
            "Name it as SUBSCRIPTION/PERIOD or SUBSCRIPTION/PERIOD/rN.",
        )
    edition = find_edition(config, options.edition)
    return (_show if options.action == "show" else _open)(options, config, edition)


def _show(options: argparse.Namespace, config: Config, edition: EditionRow) -> int:
    with open_ledger(config) as ledger:
        every = ledger.deliveries(edition.subscription, edition.period)
    receipts = [receipt for receipt in every if receipt.key.revision == edition.revision]
    folder = _folder(config, edition)
    if options.json:
        about = {**edition_json(edition), "folder": str(folder)}
        print_json({**about, "receipts": [receipt_json(receipt) for receipt in receipts]})
        return 0
    print(
        f"{edition.subscription} {edition.period}, revision {edition.revision} ({edition.status})"
    )
    print(f"made {edition.made_at:%Y-%m-%d %H:%M %Z} by run {edition.run_id}")
    if edition.note:
        print(edition.note)
    print(f"digest {edition.digest}")
    print_table(
        ["FILE", "SIZE"], [[name, size(count)] for name, count, _ in edition.files], right="lr"
    )
    for receipt in receipts:
        print(f"{receipt_text(receipt)} ({receipt.at:%Y-%m-%d %H:%M %Z})")
    print(f"Kept in {folder}" if folder.is_dir() else "Its files are not in the state any more.")
    return 0


def _folder(config: Config, edition: EditionRow) -> Path:
    return state_of(config) / "runs" / edition.run_id / "files"


def _open(options: argparse.Namespace, config: Config, edition: EditionRow) -> int:
    """Its first web page, else its first PDF, else its first file."""
    folder = _folder(config, edition)
    names = [name for name, _, _ in edition.files if (folder / name).is_file()]
    if not names:
        raise UsageError(
            "The edition's files are not here any more.",
            str(folder),
            how_to_make_anew(edition.name, folder.parent),
        )
    best = min(names, key=lambda name: (not name.endswith(".html"), not name.endswith(".pdf")))
    path = folder / best
    if options.json:
        print_json({"opened": str(path)})
    else:
        print(path)
    if sys.stdout.isatty():
        webbrowser.open(path.as_uri())
    return 0
