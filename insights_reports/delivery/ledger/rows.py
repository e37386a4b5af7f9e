"""The rows of the ledger as values."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from insights_reports.delivery.ledger.database import instant
from insights_reports.delivery.ledger.holder import is_dead
from insights_reports.delivery.receipts import Key, Receipt, State


@dataclass(frozen=True, slots=True)
class Revision:
    """The number of an edition. ``made_at`` is when it was first made: whoever renders it again
    uses that instant, so that the same revision has the same bytes. ``new``: made just now."""

    number: int
    made_at: datetime
    new: bool


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One edition in the ledger; ``files`` are (name, size in bytes, SHA-256)."""

    subscription: str
    period: str
    revision: int
    digest: str
    status: str
    made_at: datetime
    run_id: str
    files: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to carry out one delivery. ``message`` holds the exact bytes of an earlier
    attempt."""

    key: Key
    attempt: int
    planned_at: datetime
    message: bytes | None
    reference: str


def is_free(row: sqlite3.Row, now: str, *, hold_unknown: bool = False) -> bool:
    """Whether a delivery is owed, due, and in no living run's hands."""
    match row["state"]:
        case State.PLANNED:
            return True
        case State.DEFERRED:
            return bool(row["next_try"] <= now)
        case State.SENDING:
            return is_dead(row["holder"]) or row["lease_until"] <= now
        case State.UNKNOWN:
            abandoned = row["holder"] is None or is_dead(row["holder"]) or row["lease_until"] <= now
            return abandoned and not hold_unknown
    return False


def receipt(row: sqlite3.Row) -> Receipt:
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
        in_hand=row["holder"] is not None and not is_dead(row["holder"]),
    )


def edition(row: sqlite3.Row) -> EditionRow:
    return EditionRow(
        row["subscription"],
        row["period"],
        row["revision"],
        row["digest"],
        row["status"],
        datetime.fromisoformat(row["made_at"]),
        row["run_id"],
        tuple((name, size, digest) for name, size, digest in json.loads(row["files"])),
    )
