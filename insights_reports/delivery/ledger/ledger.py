"""The ledger: which editions were made, what is owed to whom, and what became of it.

No report is lost and none is sent twice as long as everybody asks the ledger first: a delivery is
claimed in one transaction, and only its holder may carry it out. A holder that died, or let its
lease run out, loses the claim to the next who asks.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from insights_reports.delivery.ledger.database import Database, stamp
from insights_reports.delivery.ledger.holder import this_process
from insights_reports.delivery.ledger.rows import (
    Claim,
    EditionRow,
    Revision,
    edition,
    is_free,
    receipt,
)
from insights_reports.delivery.ledger.runs import Runs
from insights_reports.delivery.receipts import Edition, Key, Receipt, State
from insights_reports.errors import DeliveryError

LEASE = timedelta(minutes=15)  # longer than any one answer of a mail server may take (10 minutes)
_OPEN = (State.PLANNED, State.DEFERRED, State.SENDING, State.UNKNOWN)
_OF_KEY = "subscription = ? AND period = ? AND revision = ? AND destination = ? AND recipient = ?"
_OWE = """
INSERT INTO deliveries (subscription, period, revision, destination, recipient,
                        state, planned_at, at, attempts, reference, sha256, detail)
VALUES (?, ?, ?, ?, ?, 'planned', ?, ?, 0, '', '', '') ON CONFLICT DO NOTHING"""
_EARLIER = """
SELECT * FROM deliveries
WHERE subscription = ? AND period = ? AND revision < ? AND destination = ? AND recipient = ?"""


class Ledger(AbstractContextManager["Ledger"]):
    """The ledger in the SQLite file at ``path``, made when it is missing.

    Every method that writes has the result on the disk when it returns.

    Raises:
        DeliveryError: when the file cannot be opened, read or written.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.runs = Runs(self._database)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def next_revision(
        self,
        subscription: str,
        period: str,
        digest: str,
        *,
        status: str,
        now: datetime,
        run_id: str,
    ) -> Revision:
        """The revision that content ``digest`` has, or gets.

        The latest revision, when it has this very digest: nothing new is to be sent. Its number
        again, with the new content, as long as none of it was ever owed to anybody. Otherwise the
        next.
        """
        name = (subscription, period)
        made = (digest, status, stamp(now), run_id)
        with self._database.transaction() as write:
            latest = write.execute(
                "SELECT * FROM editions WHERE subscription = ? AND period = ? "
                "ORDER BY revision DESC LIMIT 1",
                name,
            ).fetchone()
            owed = bool(latest) and _was_owed(write, (*name, latest["revision"]))
            if latest and latest["digest"] == digest:
                if not owed:  # its files will be this run's, then
                    write.execute(
                        "UPDATE editions SET run_id = ? "
                        "WHERE subscription = ? AND period = ? AND revision = ?",
                        (run_id, *name, latest["revision"]),
                    )
                return Revision(
                    latest["revision"], datetime.fromisoformat(latest["made_at"]), new=False
                )
            number = latest["revision"] + owed if latest else 1
            write.execute(
                "INSERT OR REPLACE INTO editions "
                "(subscription, period, revision, digest, status, made_at, run_id) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*name, number, *made),
            )
        return Revision(number, now, new=True)

    def plan(self, edition: Edition, keys: Iterable[Key], now: datetime) -> None:
        """Record what is owed of ``edition``, before any of it is carried out.

        What an earlier revision still owed to the same destinations is superseded.

        Raises:
            DeliveryError: when the revision is not in the ledger with this content.
        """
        row = (edition.subscription, edition.period, edition.revision)
        files = json.dumps([(f.name, len(f.content), f.sha256) for f in edition.files])
        with self._database.transaction() as write:
            known = write.execute(
                "UPDATE editions SET files = CASE files WHEN '[]' THEN ? ELSE files END "
                "WHERE subscription = ? AND period = ? AND revision = ? AND digest = ?",
                (files, *row, edition.digest),
            )
            if known.rowcount != 1:
                raise DeliveryError(
                    "This revision is another edition's by now, or was never entered.",
                    f"{edition.subscription} {edition.period} r{edition.revision}",
                    "Another run may have made this edition meanwhile; run again.",
                )
            for key in keys:
                write.execute(_OWE, (*_values(key), stamp(now), stamp(now)))
                _supersede(write, key, stamp(now))

    def claim(self, key: Key, now: datetime, *, hold_unknown: bool = False) -> Claim | None:
        """Take delivery ``key`` in hand, or None when it is done, not due, or another's.

        ``hold_unknown``: a message that may have arrived is left alone rather than sent again.
        """
        with self._database.transaction() as write:
            row = write.execute(
                f"SELECT * FROM deliveries WHERE {_OF_KEY}", _values(key)
            ).fetchone()
            if row is None or not is_free(row, stamp(now), hold_unknown=hold_unknown):
                return None
            write.execute(
                "UPDATE deliveries SET state = 'sending', at = ?, attempts = attempts + 1, "
                f"holder = ?, lease_until = ?, next_try = NULL WHERE {_OF_KEY}",
                (stamp(now), this_process(), stamp(now + LEASE), *_values(key)),
            )
            message = write.execute(
                f"SELECT content FROM messages WHERE {_OF_KEY}", _values(key)
            ).fetchone()
        return Claim(
            key,
            row["attempts"] + 1,
            datetime.fromisoformat(row["planned_at"]),
            message["content"] if message else None,
            row["reference"],
        )

    def prepare(self, claim: Claim, message: bytes, reference: str) -> None:
        """Keep the exact bytes that are about to be sent, so that they can be sent again."""
        with self._database.transaction() as write:
            self._update(
                write,
                claim,
                "state = 'sending', reference = ?, sha256 = ?",
                (reference, hashlib.sha256(message).hexdigest()),
            )
            write.execute(
                "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?, ?, ?)",
                (*_values(claim.key), message),
            )

    def hand_over(self, claim: Claim, now: datetime) -> None:
        """From here on the message may arrive, whether or not an answer does."""
        with self._database.transaction() as write:
            self._update(
                write,
                claim,
                "state = 'unknown', at = ?, lease_until = ?",
                (stamp(now), stamp(now + LEASE)),
            )

    def settle(
        self,
        claim: Claim,
        state: State,
        now: datetime,
        *,
        detail: str = "",
        next_try: datetime | None = None,
        reference: str | None = None,
        sha256: str | None = None,
    ) -> Receipt:
        """Record what became of it and give the claim back. The bytes kept are dropped once the
        state is final; their SHA-256 stays."""
        with self._database.transaction() as write:
            self._update(
                write,
                claim,
                "state = ?, at = ?, detail = ?, next_try = ?, holder = NULL, lease_until = NULL, "
                "reference = coalesce(?, reference), sha256 = coalesce(?, sha256)",
                (state, stamp(now), detail, next_try and stamp(next_try), reference, sha256),
            )
            if state not in _OPEN:
                write.execute(f"DELETE FROM messages WHERE {_OF_KEY}", _values(claim.key))
        return self.receipt(claim.key)

    def reopen(self, key: Key, now: datetime) -> bool:
        """Owe a delivery again that was refused, or that is held because it may have arrived.
        False when it is neither, or of a revision that was replaced."""
        with self._database.transaction() as write:
            done = write.execute(
                f"UPDATE deliveries SET state = 'planned', at = ? WHERE {_OF_KEY} "
                "AND (state = 'refused' OR state = 'unknown' AND holder IS NULL) AND NOT EXISTS ("
                "SELECT 1 FROM deliveries later WHERE later.subscription = deliveries.subscription "
                "AND later.period = deliveries.period AND later.revision > deliveries.revision)",
                (stamp(now), *_values(key)),
            )
        return done.rowcount == 1

    def receipt(self, key: Key) -> Receipt:
        """How delivery ``key`` stands.

        Raises:
            KeyError: when it was never planned.
        """
        rows = self._database.rows(f"SELECT * FROM deliveries WHERE {_OF_KEY}", _values(key))
        if not rows:
            raise KeyError(key)
        return receipt(rows[0])

    def deliveries(
        self, subscription: str | None = None, period: str | None = None, *, owed: bool = False
    ) -> list[Receipt]:
        """All deliveries, oldest first; ``owed``: only those that are neither sent nor given up."""
        rows = self._database.rows(
            "SELECT * FROM deliveries WHERE coalesce(?1, subscription) = subscription "
            "AND coalesce(?2, period) = period "
            "ORDER BY planned_at, subscription, period, revision, destination, recipient",
            (subscription, period),
        )
        return [receipt(row) for row in rows if not owed or row["state"] in _OPEN]

    def due(self, now: datetime) -> list[EditionRow]:
        """The editions of which something is owed that can be delivered now: a server asked to try
        later and it is later, could not be reached, or the run died. ``run_id`` names the run whose
        files these are; `deliver` called with them again carries out the rest."""
        rows = self._database.rows("SELECT * FROM deliveries")
        due = {_values(receipt(row).key)[:3] for row in rows if is_free(row, stamp(now))}
        return [e for e in self.editions() if (e.subscription, e.period, e.revision) in due]

    def editions(
        self, subscription: str | None = None, period: str | None = None
    ) -> list[EditionRow]:
        """The editions made, oldest first."""
        rows = self._database.rows(
            "SELECT * FROM editions WHERE coalesce(?1, subscription) = subscription "
            "AND coalesce(?2, period) = period ORDER BY made_at, subscription, period, revision",
            (subscription, period),
        )
        return [edition(row) for row in rows]

    @staticmethod
    def _update(
        write: sqlite3.Connection, claim: Claim, change: str, values: tuple[object, ...]
    ) -> None:
        done = write.execute(
            f"UPDATE deliveries SET {change} WHERE {_OF_KEY} AND holder = ? AND attempts = ?",
            (*values, *_values(claim.key), this_process(), claim.attempt),
        )
        if done.rowcount != 1:
            raise DeliveryError(
                "Another run took over this delivery.",
                str(claim.key),
                "This run was halted for longer than its lease; the other one carries it out.",
            )


def _values(key: Key) -> tuple[object, ...]:
    return (key.subscription, key.period, key.revision, key.destination, key.recipient)


def _was_owed(write: sqlite3.Connection, edition: tuple[object, ...]) -> bool:
    """Whether anything of the edition was ever planned for delivery."""
    found = write.execute(
        "SELECT 1 FROM deliveries WHERE subscription = ? AND period = ? AND revision = ? LIMIT 1",
        edition,
    ).fetchone()
    return found is not None


def _supersede(write: sqlite3.Connection, key: Key, now: str) -> None:
    """Close what earlier revisions still owe to the same recipient, unless a run is at it."""
    for row in write.execute(_EARLIER, _values(key)).fetchall():
        if row["state"] == State.DEFERRED or is_free(row, now):
            write.execute(
                f"UPDATE deliveries SET state = ?, at = ?, detail = ?, next_try = NULL "
                f"WHERE {_OF_KEY}",
                (
                    State.SUPERSEDED,
                    now,
                    f"revision {key.revision} goes out instead",
                    *_values(replace(key, revision=row["revision"])),
                ),
            )
            write.execute(
                f"DELETE FROM messages WHERE {_OF_KEY}",
                _values(replace(key, revision=row["revision"])),
            )
