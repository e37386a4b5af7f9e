"""Owing a delivery again: to one recipient, to one destination, or of one file alone.

What was refused, or may not have arrived, is owed as it was. What was sent goes out once more only
when the edition is named, so that nobody gets a year's mails again by a slip.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from insights_reports.config.model import Config
from insights_reports.delivery import (
    Edition,
    EditionRow,
    Key,
    Ledger,
    MailDestination,
    Receipt,
    State,
)
from insights_reports.delivery.mail.mailing import Mailing
from insights_reports.errors import UsageError
from insights_reports.pipeline.deliver import compose_mail, destinations, edition_of
from insights_reports.pipeline.runs import Run, open_run
from insights_reports.pipeline.seal import how_to_make_anew
from insights_reports.pipeline.state import state_of
from insights_reports.pipeline.told import places_of
from insights_reports.spelling.nearest import meant_or_all


@dataclass(frozen=True)
class Again:
    """What is asked for: ``who`` is a recipient or a destination, ``file`` the name of a file of
    the edition that ``subscription`` and ``period`` name."""

    who: str
    subscription: str | None = None
    period: str | None = None
    file: str | None = None

    @property
    def names_edition(self) -> bool:
        return self.subscription is not None and self.period is not None

    def means(self, key: Key) -> bool:
        return (
            self.who.lower() in (key.recipient, key.destination.lower())
            and self.subscription in (None, key.subscription)
            and self.period in (None, key.period)
        )


def owe_again(config: Config, ledger: Ledger, asked: Again, now: datetime) -> list[Key]:
    """Owe what is asked for; the next run carries it out.

    Raises:
        UsageError: when there is nothing to owe, ``file`` is no file of the edition, or the files
            of its run are gone.
    """
    if asked.file and not asked.names_edition:
        raise UsageError(
            "Of which edition is this file?",
            f"--file {asked.file}",
            "Name it by --subscription and --period; `insights-reports editions show` lists files.",
        )
    meant = [receipt for receipt in ledger.deliveries() if asked.means(receipt.key)]
    again = [each.key for each in meant if _owe(config, ledger, asked, each, now)]
    if not again:
        raise _nothing(ledger, asked, len(meant))
    return again


def _owe(config: Config, ledger: Ledger, asked: Again, receipt: Receipt, now: datetime) -> bool:
    if asked.file is None and not (asked.names_edition and receipt.state is State.SENT):
        return ledger.reopen(receipt.key, now)
    edition = _edition(ledger, receipt.key)
    if asked.file is not None:
        _check_file(asked.file, edition)
    if not receipt.key.recipient:  # a place is looked through, and what is missing is put back
        return ledger.reopen(receipt.key, now, sent=True)
    run = _run(config, edition)
    made = edition_of(run)
    only = next((file for file in made.files if file.name == asked.file), None)
    return any(
        mailing.again(receipt.key, only)
        for mailing in _mailings(run, made, ledger, receipt.key.destination)
    )


def _mailings(run: Run, made: Edition, ledger: Ledger, name: str) -> Iterator[Mailing]:
    """Of the destination ``name``, if editions still go there."""
    receipts = ledger.deliveries(made.about.subscription, made.about.period)
    of_it = [each for each in receipts if each.key.revision == made.about.revision]
    folders = tuple(places_of(run, of_it))
    for each in destinations(run):
        if each.name == name and isinstance(each, MailDestination):
            composing = lambda edition, notes: compose_mail(run, notes)  # noqa: E731
            yield Mailing(made, each, folders, ledger, ledger.now, composing)


def _edition(ledger: Ledger, key: Key) -> EditionRow:
    found = ledger.editions(key.subscription, key.period)
    return next(each for each in found if each.revision == key.revision)


def _check_file(name: str, edition: EditionRow) -> None:
    known = [file for file, _, _ in edition.files]
    if name not in known:
        raise UsageError(
            "The edition has no such file.", f"--file {name}", meant_or_all(name, known)
        )


def _run(config: Config, edition: EditionRow) -> Run:
    folder: Path = state_of(config) / "runs" / edition.run_id
    if not (folder / "run.json").is_file():
        raise UsageError(
            "The files of this edition's run are gone.",
            str(folder),
            how_to_make_anew(edition.name, folder),
        )
    return open_run(folder)


def _nothing(ledger: Ledger, asked: Again, found: int) -> UsageError:
    if found:
        return UsageError(
            "Nothing of the last revisions was refused or withheld there, and nothing is unclear.",
            f"--again {asked.who}, of {found} deliver{'ies' if found > 1 else 'y'}",
            "What was sent is sent again when --subscription and --period name the edition.",
        )
    keys = [receipt.key for receipt in ledger.deliveries()]
    known = dict.fromkeys(each for key in keys for each in (key.destination, key.recipient) if each)
    edition = " ".join(filter(None, (asked.subscription, asked.period)))
    return UsageError(
        "Nothing was ever delivered there.",
        f"--again {asked.who}{f', of {edition}' if edition else ''}",
        meant_or_all(asked.who, known),
    )
