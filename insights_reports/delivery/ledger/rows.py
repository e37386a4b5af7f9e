"""The rows of the ledger as values."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from insights_reports.delivery.ledger.database import Row, instant
from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.receipts import Key, Receipt, State


@dataclass(frozen=True, slots=True)
class Revision:
    """The number of an edition. ``made_at`` is when it was first made: whoever renders it again
    uses that instant, so that the same revision has the same bytes. ``new``: made just now."""

    number: int
    made_at: datetime
    new: bool


class Made(StrEnum):
    """Where an edition stands, whatever became of its deliveries.

    ``draft``: numbered by a run that has not rendered it, or never will. ``made``: rendered, and
    its deliveries are owed. ``held``: rendered, and waiting until somebody releases it.
    """

    DRAFT = "draft"
    MADE = "made"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One edition in the ledger; ``files`` are (name, size in bytes, SHA-256). ``note`` says why it
    is held, or who released it."""

    subscription: str
    period: str
    revision: int
    digest: str
    status: str
    made_at: datetime
    run_id: str
    files: tuple[tuple[str, int, str], ...]
    state: Made = Made.MADE
    note: str = ""

    @property
    def name(self) -> str:
        """What commands call it: ``monthly/2026-09/r1``."""
        return f"{self.subscription}/{self.period}/r{self.revision}"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry out one delivery, which ``was`` in that state. ``message`` holds the exact
    bytes of an earlier attempt."""

    key: Key
    attempt: int
    planned_at: datetime
    message: bytes | None
    reference: str
    was: State = State.PLANNED

    @property
    def handle(self) -> str:
        """By what the carrier knows a message that was handed over without an answer; it follows
        the Message-ID in the reference."""
        return self.reference.partition(" ")[2]


def is_free(row: Row, now: str, holders: Holders) -> bool:
    """Whether a delivery is owed, due, and in no living run's hands."""
    match row["state"]:
        case State.PLANNED:
            return True
        case State.DEFERRED:
            return bool(row["next_try"] <= now)
        case State.SENDING:
            return _let_go(row, now, holders)
        case State.UNKNOWN:
            return row["on_unknown"] == "resend" and _let_go(row, now, holders)
    return False


def _let_go(row: Row, now: str, holders: Holders) -> bool:
    """Whether whoever held the delivery holds it no longer."""
    holder = row["holder"]
    return holder is None or holders.is_dead(holder) or row["lease_until"] <= now


def receipt(row: Row, holders: Holders) -> Receipt:
    """The receipt that a row of deliveries stands for."""
    holder = row["holder"]
    held_elsewhere = holder is not None and not (
        holders.is_dead(holder) or holders.is_alive(holder)
    )
    return Receipt(
        Key(
            row["subscription"],
            row["period"],
            row["revision"],
            row["destination"],
            row["recipient"],
        ),
        State(row["state"]),
        datetime.fromisoformat(row["at"]),
        row["attempts"],
        row["detail"],
        row["reference"],
        row["sha256"],
        instant(row["next_try"]),
        in_hand=holder is not None and holders.is_alive(holder),
        held_until=instant(row["lease_until"]) if held_elsewhere else None,
        decide=row["state"] == State.UNKNOWN and row["on_unknown"] == "hold",
    )


def edition(row: Row) -> EditionRow:
    """The edition that a row of revisions stands for."""
    return EditionRow(
        row["subscription"],
        row["period"],
        row["revision"],
        row["digest"],
        row["status"],
        datetime.fromisoformat(row["made_at"]),
        row["run_id"],
        tuple((name, size, digest) for name, size, digest in json.loads(row["files"])),
        Made(row["state"]),
        row["note"],
    )
