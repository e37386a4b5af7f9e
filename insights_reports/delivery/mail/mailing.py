"""An edition by mail: one message for each recipient, each step of it entered in the ledger.

Mail allows no exactly-once: between the final dot and the server's answer nobody can know. All else
is certain here. A run that dies before the ledger says ``unknown`` has sent nothing; one that dies
after it sends the very same bytes again, with the same Message-ID and Date.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from insights_reports.delivery.destinations import MailDestination
from insights_reports.delivery.ledger.ledger import Ledger
from insights_reports.delivery.ledger.rows import Claim
from insights_reports.delivery.mail.message import build, message_id
from insights_reports.delivery.mail.smtp import Answer, Interrupted, MailServer, NoConversation
from insights_reports.delivery.receipts import (
    Clock,
    ComposeMail,
    Edition,
    Key,
    MailBody,
    MailNotes,
    Receipt,
    State,
)
from insights_reports.edition.files import File
from insights_reports.errors import RenderError

# RFC 5321, 4.5.4.1: try again after half an hour at the earliest, give up after four to five days.
FIRST_PAUSE = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP = timedelta(days=4)


class Mailing:
    """One edition to the recipients of one destination, over one connection."""

    def __init__(
        self,
        edition: Edition,
        destination: MailDestination,
        folders: tuple[str, ...],
        ledger: Ledger,
        now: Clock,
        compose: ComposeMail,
    ) -> None:
        self._edition = edition
        self._destination = destination
        self._folders = folders
        self._ledger = ledger
        self._now = now
        self._compose = compose
        self._server: MailServer | None = None
        self._bodies: dict[MailNotes, MailBody] = {}
        self._stopped = ""  # why nothing more is tried in this run

    def send(self, keys: Sequence[Key]) -> list[Receipt]:
        """Carry out what is owed of ``keys``; one receipt for each, in their order."""
        with contextlib.ExitStack() as connection:
            return [self._deliver(key, connection) for key in keys]

    def _deliver(self, key: Key, connection: contextlib.ExitStack) -> Receipt:
        hold = self._destination.on_unknown == "hold"
        claim = self._ledger.claim(key, self._now(), hold_unknown=hold)
        if claim is None:
            receipt = self._ledger.receipt(key)
            return replace(receipt, already=receipt.done)
        if not self._stopped:
            try:
                return self._attempt(claim, connection)
            except NoConversation as error:
                self._stopped = str(error)
            except RenderError as error:  # of the body
                return self._ledger.settle(claim, State.PLANNED, self._now(), detail=str(error))
        return self._ledger.settle(claim, State.PLANNED, self._now(), detail=self._stopped)

    def _attempt(self, claim: Claim, connection: contextlib.ExitStack) -> Receipt:
        server = self._server
        if server is None:
            server = connection.enter_context(MailServer(self._destination.transport))
            self._server = server
        limit = min(self._destination.largest, server.largest or self._destination.largest)
        answer = None
        content = claim.message or self._prepared(claim, limit)
        while content is not None:
            answer = self._offer(claim, server, content)
            if isinstance(answer, Receipt):
                return answer
            if not answer.too_large:
                return self._settle(claim, answer)
            content = self._prepared(claim, len(content) - 1)
        said = f"{answer}: " if answer else ""
        return self._ledger.settle(
            claim,
            State.REFUSED,
            self._now(),
            detail=f"{said}too large even without its files (limit {limit:,} bytes)",
        )

    def _offer(self, claim: Claim, server: MailServer, content: bytes) -> Answer | Receipt:
        """The server's answer, or the receipt when the connection broke before one came."""
        handed_over = False

        def hand_over() -> None:
            nonlocal handed_over
            self._ledger.hand_over(claim, self._now())
            handed_over = True

        try:
            return server.send(claim.key.recipient, content, hand_over)
        except Interrupted as error:
            self._stopped = f"The connection to the mail server broke: {error}"
            state = State.UNKNOWN if handed_over else State.PLANNED
            return self._ledger.settle(claim, state, self._now(), detail=self._stopped)

    def _settle(self, claim: Claim, answer: Answer) -> Receipt:
        now = self._now()
        if answer.code == 421:
            self._stopped = f"The mail server is closing: {answer}"
        if not answer.refused:
            return self._ledger.settle(claim, State.SENT, now, detail=str(answer))
        pause = min(FIRST_PAUSE * 2 ** min(claim.attempt - 1, 8), LONGEST_PAUSE)
        if answer.temporary and now + pause <= claim.planned_at + GIVE_UP:
            return self._ledger.settle(
                claim, State.DEFERRED, now, detail=str(answer), next_try=now + pause
            )
        return self._ledger.settle(claim, State.REFUSED, now, detail=str(answer))

    def _prepared(self, claim: Claim, limit: int) -> bytes | None:
        """The fullest message of at most ``limit`` bytes, entered in the ledger; None when there is
        none so small. The body is composed after the choice and says what had to be left out."""
        transport = self._destination.transport
        chosen = self._destination.chosen(self._edition.files)
        for attached in _fewer(chosen):
            left_out = tuple(file for file in chosen if file not in attached)
            body = self._body(MailNotes(attached, left_out, self._folders))
            content = build(claim.key, transport, claim.planned_at, body, attached)
            if len(content) <= limit:
                self._ledger.prepare(claim, content, message_id(claim.key, transport))
                return content
        return None

    def _body(self, notes: MailNotes) -> MailBody:
        """The body is the same for every recipient: it is composed once for each set of files."""
        if notes not in self._bodies:
            self._bodies[notes] = self._compose(self._edition, notes)
        return self._bodies[notes]


def _fewer(files: tuple[File, ...]) -> Iterator[tuple[File, ...]]:
    """All files, then the PDFs alone, then none."""
    yield from dict.fromkeys((files, tuple(file for file in files if file.format == "pdf"), ()))
