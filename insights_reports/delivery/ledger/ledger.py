"""The ledger: which editions were made, what is owed to whom, and what became of it.

No report is lost and none is sent twice as long as everybody asks the ledger first: a delivery is
claimed in one transaction, and only its holder may carry it out. A holder that died, or let its
lease run out, loses the claim to the next who asks.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType, TracebackType

from insights_reports.delivery.ledger import statements as sql
from insights_reports.delivery.ledger.database import Database, Row, SqliteDatabase, Write, stamp
from insights_reports.delivery.ledger.entering import (
    delivery_key,
    edition_key,
    enter_made,
    files_of,
)
from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.ledger.lease import Leases
from insights_reports.delivery.ledger.rows import (
    Claim,
    EditionRow,
    Made,
    Revision,
    edition,
    is_free,
    receipt,
)
from insights_reports.delivery.ledger.runs import Runs
from insights_reports.delivery.receipts import Edition, Key, Receipt, State
from insights_reports.errors import DeliveryError

_OPEN = (State.PLANNED, State.DEFERRED, State.SENDING, State.UNKNOWN)


class Ledger(AbstractContextManager["Ledger"]):
    """The ledger in the SQLite file at ``where``, made when it is missing, or in a database.

    ``holders`` is the folder in which processes prove that they live; by default it lies beside the
    file. Every method that writes has the result on the disk when it returns.

    Raises:
        DeliveryError: when it cannot be opened, read or written.
    """

    def __init__(self, where: Path | Database, holders: Path | None = None) -> None:
        if isinstance(where, Path):
            hidden = "." if where.name.startswith(".") else ""
            holders = holders or where.parent / f"{hidden}holders"
            self._database: Database = SqliteDatabase(where)
        else:
            self._database = where
        self.holders = Holders(holders or Path("holders"))
        self.runs = Runs(self._database, self.holders)
        self._leases = Leases(self._renew)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._leases.close()
        self._database.close()

    def now(self) -> datetime:
        """The instant by the clock that all users of this ledger go by."""
        return self._database.now()

    def next_revision(
        self,
        subscription: str,
        period: str,
        digest: str,
        *,
        status: str,
        now: datetime,
        run_id: str,
        enter: bool = True,
    ) -> Revision:
        """The revision that content ``digest`` has, or gets.

        The latest revision, when it has this very digest: nothing new is to be sent. Its number
        again, with the new content, as long as it is but a draft. Otherwise the next. With
        ``enter`` False only the answer is given, and the ledger stays as it is.
        """
        name = {"subscription": subscription, "period": period}
        with self._database.transaction() as write:
            latest = write.execute(sql.LATEST_EDITION, name).fetchone()
            draft = latest is not None and latest["state"] == Made.DRAFT
            known = latest is not None and latest["digest"] == digest
            number = 1 if latest is None else latest["revision"] + int(not (draft or known))
            made_at = datetime.fromisoformat(latest["made_at"]) if known else now
            if enter and (draft or not known):  # of a draft the files will be this run's
                row = {"digest": digest, "status": status, "made_at": stamp(made_at)}
                more = {"run_id": run_id, "files": "[]", "state": Made.DRAFT, "note": ""}
                write.execute(sql.ENTER_EDITION, {**name, "revision": number, **row, **more})
        return Revision(number, made_at, new=not known)

    def plan(
        self,
        edition: Edition,
        keys: Iterable[Key],
        now: datetime,
        *,
        hold_unknown: Collection[Key] = (),
        note: str = "",
        withheld: Mapping[Key, str] = MappingProxyType({}),
    ) -> None:
        """Record that ``edition`` is made and what is owed of it, before any is carried out.

        What an earlier revision still owed to the same destinations is superseded. Of
        ``hold_unknown``, what may have arrived waits for somebody's decision. ``note`` says who
        released an edition that was held. What is ``withheld``, for the reason given, waits until
        it is reopened.

        Raises:
            DeliveryError: when the revision has another content in the ledger.
        """
        with self._database.transaction() as write:
            enter_made(write, edition, Made.MADE, note)
            for key in keys:
                why = withheld.get(key, "")
                state = State.WITHHELD if key in withheld else State.PLANNED
                more = {"reference": "", "sha256": "", "detail": why, "state": state}
                policy = "hold" if key in hold_unknown else "resend"
                row = {**asdict(key), **more, "on_unknown": policy, "now": stamp(now)}
                write.execute(sql.OWE, row)
                if key not in withheld:
                    self._supersede(write, key, stamp(now))

    def hold(self, edition: Edition, note: str, run_id: str) -> None:
        """Record that ``edition`` is made and that nothing of it is owed until it is released.
        It belongs to the last run that made it, whose files are there.

        Raises: as `plan`.
        """
        made = {**edition_key(edition), "run_id": run_id, "files": files_of(edition)}
        with self._database.transaction() as write:
            enter_made(write, edition, Made.HELD, note)
            write.execute(sql.HOLD_EDITION, made)

    def reenter(self, edition: EditionRow, receipts: Iterable[Receipt]) -> bool:
        """Enter what an archive knows of an edition that this ledger does not; False when the
        ledger knows of it. Deliveries in doubt are held."""
        key = edition_key(edition)
        with self._database.transaction() as write:
            query = f"SELECT 1 FROM editions WHERE {sql.OF_EDITION} AND state <> 'draft'"
            if write.execute(query, key).fetchone():
                return False
            row = {
                **key,
                "digest": edition.digest,
                "status": edition.status,
                "made_at": stamp(edition.made_at),
                "run_id": edition.run_id,
                "files": json.dumps(edition.files),
                "state": edition.state,
                "note": edition.note,
            }
            write.execute(sql.ENTER_EDITION, row)
            for each in receipts:
                values = {"state": each.state, "now": stamp(each.at), "detail": each.detail}
                more = {"reference": each.reference, "sha256": each.sha256, "on_unknown": "hold"}
                write.execute(sql.OWE, {**asdict(each.key), **values, **more})
        return True

    def claim(self, key: Key, now: datetime) -> Claim | None:
        """Take delivery ``key`` in hand, or None when it is done, not due, or another's."""
        until = self._leases.take(now)
        claim = None
        try:
            claim = self._claim(key, now, until)
        finally:
            if claim is None:
                self._leases.give_back()
        return claim

    def _claim(self, key: Key, now: datetime, until: datetime) -> Claim | None:
        with self._database.transaction() as write:
            row = write.execute(
                f"SELECT * FROM deliveries WHERE {sql.OF_KEY}", asdict(key)
            ).fetchone()
            if row is None or not is_free(row, stamp(now), self.holders):
                return None
            found = {name: row[name] for name in ("attempts", "state")}
            mine = {"holder": self.holders.name, "until": stamp(until), "now": stamp(now)}
            values = {**asdict(key), **found, "held": row["holder"] or "", **mine}
            if write.execute(sql.CLAIM, values).rowcount != 1:
                return None
            message = write.execute(
                f"SELECT content FROM messages WHERE {sql.OF_KEY}", asdict(key)
            ).fetchone()
        planned = datetime.fromisoformat(row["planned_at"])
        content = bytes(message["content"]) if message else None
        was, number = State(row["state"]), row["attempts"] + 1
        return Claim(key, number, planned, content, row["reference"], was)

    def prepare(self, claim: Claim, message: bytes, reference: str) -> None:
        """Keep the exact bytes that are about to be sent, so that they can be sent again."""
        digest = hashlib.sha256(message).hexdigest()
        with self._database.transaction() as write:
            change = "reference = :reference, sha256 = :sha256"
            self._update(write, claim, change, {"reference": reference, "sha256": digest})
            write.execute(sql.KEEP_MESSAGE, {**asdict(claim.key), "content": message})

    def hand_over(self, claim: Claim, now: datetime, *, reference: str | None = None) -> None:
        """From here on the message may arrive, whether or not an answer does."""
        change = "state = 'unknown', at = :now, reference = coalesce(:reference, reference)"
        with self._database.transaction() as write:
            self._update(write, claim, change, {"now": stamp(now), "reference": reference})

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
        values: dict[str, object] = {
            "state": state,
            "now": stamp(now),
            "detail": detail,
            "next_try": stamp(next_try) if next_try else None,
            "reference": reference,
            "sha256": sha256,
        }
        try:
            with self._database.transaction() as write:
                self._update(write, claim, sql.SETTLE, values)
                if state not in _OPEN:
                    write.execute(f"DELETE FROM messages WHERE {sql.OF_KEY}", asdict(claim.key))
        finally:
            self._leases.give_back()
        return self.receipt(claim.key)

    def reopen(
        self,
        key: Key,
        now: datetime,
        *,
        sent: bool = False,
        message: tuple[bytes, str] | None = None,
    ) -> bool:
        """Owe a delivery again that was refused or withheld, or that is held because it may have
        arrived, and with ``sent`` one that was sent. False when it is none of these, or of a
        revision that was replaced. ``message`` is what goes out then, and its Message-ID."""
        content, reference = message or (None, None)
        values = {"now": stamp(now), "sent": int(sent), "reference": reference}
        with self._database.transaction() as write:
            done = write.execute(sql.REOPEN, {**asdict(key), **values}).rowcount == 1
            if done and content is not None:
                write.execute(sql.KEEP_MESSAGE, {**asdict(key), "content": content})
        return done

    def receipt(self, key: Key) -> Receipt:
        """How delivery ``key`` stands.

        Raises:
            KeyError: when it was never planned.
        """
        rows = self._database.rows(f"SELECT * FROM deliveries WHERE {sql.OF_KEY}", asdict(key))
        if not rows:
            raise KeyError(key)
        return receipt(rows[0], self.holders)

    def deliveries(
        self,
        subscription: str | None = None,
        period: str | None = None,
        *,
        owed: bool = False,
        slices: bool = False,
    ) -> list[Receipt]:
        """All deliveries, oldest first; ``owed``: only those that are neither sent nor given up;
        ``slices``: also those of the subscription's slices."""
        rows = self._of("deliveries", subscription, period, slices=slices)
        rows.sort(key=lambda row: (row["planned_at"], *delivery_key(row)))
        return [
            receipt(row, self.holders) for row in rows if not owed or State(row["state"]) in _OPEN
        ]

    def due(self, now: datetime) -> list[EditionRow]:
        """The editions of which something is owed that can be delivered now: a server asked to try
        later and it is later, could not be reached, or the run died. ``run_id`` names the run whose
        files these are; `deliver` called with them again carries out the rest."""
        rows = self._of("deliveries", None, None)
        due = {delivery_key(row)[:3] for row in rows if is_free(row, stamp(now), self.holders)}
        return [e for e in self.editions() if (e.subscription, e.period, e.revision) in due]

    def editions(
        self,
        subscription: str | None = None,
        period: str | None = None,
        *,
        drafts: bool = False,
        slices: bool = False,
    ) -> list[EditionRow]:
        """The editions made, oldest first; ``drafts``: also those that were only numbered;
        ``slices``: also those of the subscription's slices."""
        rows = self._of("editions", subscription, period, slices=slices)
        rows.sort(key=lambda r: (r["made_at"], r["subscription"], r["period"], r["revision"]))
        return [edition(row) for row in rows if drafts or row["state"] != Made.DRAFT]

    def is_empty(self) -> bool:
        """Whether no edition was ever made."""
        return not self._database.rows("SELECT 1 FROM editions WHERE state <> 'draft' LIMIT 1")

    def sweep(self) -> None:
        """Remove the proofs of life of the dead that nothing refers to any more."""
        query = (
            "SELECT holder FROM deliveries WHERE holder IS NOT NULL "
            "UNION SELECT holder FROM runs WHERE outcome = 'running'"
        )
        self.holders.sweep({row["holder"] for row in self._database.rows(query)})

    def _of(
        self, table: str, subscription: str | None, period: str | None, *, slices: bool = False
    ) -> list[Row]:
        query = (
            f"SELECT * FROM {table} WHERE (coalesce(:subscription, subscription) = subscription "
            "OR substr(subscription, 1, :length) = :sliced) "
            "AND coalesce(:period, period) = period"
        )
        sliced = f"{subscription}@" if slices else ""
        values = {"subscription": subscription, "period": period}
        # Of no length there is a beginning of every name, and it is no at sign.
        return self._database.rows(
            query, {**values, "sliced": sliced or "@", "length": len(sliced)}
        )

    def _renew(self, until: datetime) -> None:
        values = {"until": stamp(until), "holder": self.holders.name}
        with self._database.transaction() as write:
            write.execute(
                "UPDATE deliveries SET lease_until = :until WHERE holder = :holder", values
            )

    def _update(self, write: Write, claim: Claim, change: str, values: dict[str, object]) -> None:
        mine = {"holder": self.holders.name, "attempts": claim.attempt}
        done = write.execute(
            f"UPDATE deliveries SET {change} "
            f"WHERE {sql.OF_KEY} AND holder = :holder AND attempts = :attempts",
            {**asdict(claim.key), **values, **mine},
        )
        if done.rowcount != 1:
            raise LostClaim(
                "Another run took over this delivery.",
                str(claim.key),
                "This run was halted for longer than its lease; the other one carries it out.",
            )

    def _supersede(self, write: Write, key: Key, now: str) -> None:
        """Close what earlier revisions still owe to the same recipient, unless a run is at it."""
        for row in write.execute(sql.EARLIER, asdict(key)).fetchall():
            doubtful = row["state"] == State.UNKNOWN and row["holder"] is None
            if row["state"] == State.DEFERRED or doubtful or is_free(row, now, self.holders):
                earlier = asdict(replace(key, revision=row["revision"]))
                detail = f"revision {key.revision} goes out instead"
                write.execute(
                    "UPDATE deliveries SET state = :state, at = :now, detail = :detail, "
                    f"next_try = NULL, holder = NULL, lease_until = NULL WHERE {sql.OF_KEY}",
                    {**earlier, "state": State.SUPERSEDED, "now": now, "detail": detail},
                )
                write.execute(f"DELETE FROM messages WHERE {sql.OF_KEY}", earlier)


class LostClaim(DeliveryError):
    """Another run has this delivery in hand by now."""
