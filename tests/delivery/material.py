"""What the tests of delivery are made of: an edition, a mail body, a clock that is set by hand."""

import os
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from insights_reports.delivery import (
    Destination,
    Edition,
    FolderDestination,
    GraphTransport,
    Holders,
    Ledger,
    MailBody,
    MailDestination,
    MailNotes,
    MailTransport,
    Receipt,
    StorageDestination,
    deliver,
)
from insights_reports.delivery.ledger.postgres import PostgresDatabase, PostgresLedger
from insights_reports.edition.about import About
from insights_reports.edition.files import File
from insights_reports.spelling.folders import DEFAULT, Folders

# One folder for the processes of all tests, outside of what they look at.
HOLDERS_FOLDER = Path(tempfile.gettempdir()) / f"insights-reports-tests-{os.getuid()}"
HOLDERS = Holders(HOLDERS_FOLDER)
Where = Path | PostgresLedger
NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
FILES = (
    File("board-2026-09-summary.pdf", "summary", b"%PDF-1.7 summary"),
    File("board-2026-09-summary.xlsx", "summary", b"PK summary"),
    File("board-2026-09-project.pdf", "project", b"%PDF-1.7 project"),
)
ABOUT = About(
    subscription="board",
    report="Delivery performance",
    period="2026-09",
    start=date(2026, 9, 1),
    end=date(2026, 10, 1),
    revision=1,
    status="final",
    digest="a" * 64,
    made_at=NOON,
    verdict="agrees",
    title="September 2026",
)
EDITION = Edition(ABOUT, FILES)


def altered(edition: Edition, files: tuple[File, ...] | None = None, **about: Any) -> Edition:
    """The edition, but for its files or something that is said of it."""
    kept = edition.files if files is None else files
    return Edition(edition.about.model_copy(update=about), kept)


@dataclass
class Clock:
    """Shows the same instant until it is moved on."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def move(self, step: timedelta) -> None:
        self.at += step


@dataclass(frozen=True)
class Image:
    cid: str = "trend"
    png: bytes = b"\x89PNG trend"


@dataclass(frozen=True)
class Body:
    subject: str = "September 2026: lead time down"
    text: str = "Lead time: 3 h 12 min\r\n.\r\n.dots stay\r\n"
    html: str = '<p>Lead time: 3 h 12 min</p><img src="cid:trend" alt="">'
    images: tuple[Image, ...] = (Image(),)


def compose(edition: Edition, notes: MailNotes) -> MailBody:
    lines = [f"{edition.about.title} r{edition.about.revision}"]
    lines += [f"attached: {file.name}" for file in notes.attached]
    lines += [f"left out: {file.name}" for file in notes.left_out]
    lines += [f"folder: {folder}" for folder in notes.folders]
    return Body(text="\n".join(lines))


def entered(ledger: Ledger, edition: Edition = EDITION, now: datetime = NOON) -> Edition:
    """``edition`` with the revision that the ledger gives it."""
    given = ledger.next_revision(
        edition.about.subscription,
        edition.about.period,
        edition.about.digest,
        status=edition.about.status,
        now=now,
        run_id="run-1",
    )
    return altered(edition, revision=given.number, made_at=given.made_at)


def opened(where: Where) -> Ledger:
    """The ledger at ``where``, in a file or in PostgreSQL."""
    if isinstance(where, Path):
        return Ledger(where)
    return Ledger(PostgresDatabase(where), HOLDERS_FOLDER)


@dataclass
class Office:
    """A ledger, a folder and recipients, to deliver one edition after another."""

    root: Path
    transport: MailTransport | GraphTransport
    clock: Clock = field(default_factory=Clock)
    recipients: tuple[str, ...] = ("cto@example.com",)
    with_folder: bool = False
    settings: dict[str, object] = field(default_factory=dict)
    where: Where | None = None  # the ledger; by default in the root
    period: str = "2026-09"
    stores: tuple[StorageDestination, ...] = ()
    folders: Folders = DEFAULT

    @property
    def ledger_path(self) -> Path:
        return self.root / "state" / "ledger.sqlite"

    @property
    def destinations(self) -> list[Destination]:
        mailing = MailDestination("mail", self.recipients, self.transport, **self.settings)  # type: ignore[arg-type]
        folder = FolderDestination("folder", self.root / "editions", folders=self.folders)
        return [*self.stores, *([folder] if self.with_folder else []), mailing]

    def deliver(self, edition: Edition = EDITION) -> list[Receipt]:
        with opened(self.where or self.ledger_path) as ledger:
            return deliver(
                entered(ledger, altered(edition, period=self.period), self.clock()),
                self.destinations,
                ledger,
                now=self.clock,
                compose_mail=compose,
            )
