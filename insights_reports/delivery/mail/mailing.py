"""An edition by mail: one message for each recipient, each step of it entered in the ledger.

Mail allows no exactly-once: between the final dot and the server's answer nobody can know. All else
is certain here. A run that dies before the ledger says ``unknown`` has sent nothing; one that dies
after it sends the very same bytes again, with the same Message-ID and Date.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from insights_reports.delivery.destinations import MailDestination
from insights_reports.delivery.interruptions import undisturbed
from insights_reports.delivery.ledger.ledger import Ledger, LostClaim
from insights_reports.delivery.ledger.rows import Claim
from insights_reports.delivery.mail.carriers import connected
from insights_reports.delivery.mail.eml import EmlFolder
from insights_reports.delivery.mail.graph_mailbox import GraphAnswer, GraphMailbox
from insights_reports.delivery.mail.message import build, message_id
from insights_reports.delivery.mail.smtp import Interrupted, MailServer, NoConversation, ServerReply
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
from insights_reports.delivery.recipients import had_one_before
from insights_reports.edition.files import File
from insights_reports.errors import DeliveryError, RenderError

# RFC 5321, 4.5.4.1: try again after half an hour at the earliest, give up after four to five days.
FIRST_PAUSE = timedelta(minutes=30)
LONGEST_PAUSE = timedelta(hours=4)
GIVE_UP = timedelta(days=4)

Carrier = MailServer | GraphMailbox | EmlFolder


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
        self._server: Carrier | None = None
        self._bodies: dict[MailNotes, MailBody] = {}
        self._stopped = ""  # why nothing more is tried in this run

    def send(self, keys: Sequence[Key]) -> list[Receipt]:
        """Carry out what is owed of ``keys``; one receipt for each, in their order."""
        with contextlib.ExitStack() as connection:
            return [self._deliver(key, connection) for key in keys]

    def again(self, key: Key, only: File | None) -> bool:
        """Owe ``key`` once more, also when it was sent: with ``only`` attached, or as it was, in a
        message of its own that servers do not take for the earlier one. See `Ledger.reopen`."""
        now = self._now()
        chosen = (only,) if only else self._destination.chosen(self._edition.files)
        name = now.isoformat()
        content = self._fullest(key, now, chosen, self._destination.largest, again=name)
        identifier = message_id(key, self._destination.transport, name)
        message = None if content is None else (content, identifier)
        return self._ledger.reopen(key, now, sent=True, message=message)

    def _deliver(self, key: Key, connection: contextlib.ExitStack) -> Receipt:
        claim = self._ledger.claim(key, self._now())
        if claim is None:
            receipt = self._ledger.receipt(key)
            return replace(receipt, already=receipt.done)
        try:
            if not self._stopped:
                self._connect(connection)
            if not self._stopped:
                return self._attempt(claim)
        except LostClaim:
            return self._ledger.receipt(key)
        except RenderError as error:  # of the body, which is everybody's
            self._stopped = str(error)
            return self._owe(claim, self._stopped)
        except DeliveryError:  # the ledger's: nothing is delivered without it
            raise
        except Exception as error:
            return self._owe(claim, f"{type(error).__name__}: {error}")
        except BaseException:
            with contextlib.suppress(LostClaim):  # when it is settled already
                self._owe(claim, "The run was stopped before it was sent.")
            raise
        return self._owe(claim, self._stopped)

    def _owe(self, claim: Claim, detail: str, reference: str | None = None) -> Receipt:
        """Give the claim back: nothing of the message was handed over."""
        now = self._now()
        return self._ledger.settle(claim, State.PLANNED, now, detail=detail, reference=reference)

    def _connect(self, connection: contextlib.ExitStack) -> None:
        if self._server is None:
            folder = self._destination.eml_folder
            try:
                server: Carrier = (
                    EmlFolder(folder, self._ledger.holders)
                    if folder
                    else connected(self._destination.transport)
                )
            except NoConversation as error:
                self._stopped = str(error)
            else:
                connection.push(server.__exit__)
                self._server = server

    def _attempt(self, claim: Claim) -> Receipt:
        server = self._server
        assert server is not None  # noqa: S101  (connected a moment ago)
        limit = min(self._destination.largest, server.largest or self._destination.largest)
        answer: ServerReply | None = None
        content = claim.message or self._prepared(claim, limit)
        while content is not None:
            found = self._offer(claim, server, content)
            if isinstance(found, Receipt):
                return found
            answer = found
            server.reset()
            content = self._prepared(claim, len(content) - 1)
        said = f"{answer}: " if answer else ""
        return self._ledger.settle(
            claim,
            State.REFUSED,
            self._now(),
            detail=f"{said}too large even without its files (limit {limit:,} bytes)",
        )

    def _offer(self, claim: Claim, server: Carrier, content: bytes) -> Receipt | ServerReply:
        """The receipt; or the answer when that was "too large", and a smaller one may do.

        From the first command on no signal comes between the server's answer and the ledger's word
        on it, and nothing is done between the two.
        """
        handed_over = False

        def hand_over(handle: str = "") -> None:
            nonlocal handed_over
            known = f"{self._reference(claim)} {handle}".strip()
            self._ledger.hand_over(claim, self._now(), reference=known)
            handed_over = True

        with undisturbed(server.cut):
            try:
                answer = self._handed(claim, server, content, hand_over)
            except NoConversation as error:
                self._stopped = str(error)
                return self._owe(claim, self._stopped, self._reference(claim))
            except DeliveryError:  # the ledger's, before anything was handed over
                raise
            except Exception as error:
                broke = isinstance(error, Interrupted)
                said = str(error) if broke else f"{type(error).__name__}: {error}"
                self._stopped = f"The connection to the mail server broke: {said}"
                state = State.UNKNOWN if handed_over or claim.handle else State.PLANNED
                return self._ledger.settle(claim, state, self._now(), detail=self._stopped)
            if answer.too_large:
                return answer
            receipt = self._settle(claim, answer)
        if answer.refused and not self._stopped:
            server.reset()
        return receipt

    def _handed(
        self, claim: Claim, server: Carrier, content: bytes, hand_over: Callable[..., None]
    ) -> ServerReply:
        """The answer to the message, or to the question what became of it."""
        if isinstance(server, GraphMailbox) and claim.handle:
            waited = claim.was is State.DEFERRED
            return server.resume(claim.handle, hand_over, waited=waited)
        return server.send(self._written(claim.key.recipient), content, hand_over)

    def _reference(self, claim: Claim) -> str:
        return message_id(claim.key, self._destination.transport)

    def _written(self, recipient: str) -> str:
        """The address as the configuration spells it."""
        known = self._destination.recipients
        return next((each for each in known if each.lower() == recipient), recipient)

    def _settle(self, claim: Claim, answer: ServerReply) -> Receipt:
        now = self._now()
        if answer.code == 421:
            self._stopped = f"The mail server is closing: {answer}"
        if not answer.refused:
            return self._ledger.settle(
                claim, State.SENT, now, detail=str(answer), reference=self._reference(claim)
            )
        pause = min(FIRST_PAUSE * 2 ** min(claim.attempt - 1, 8), LONGEST_PAUSE)
        in_doubt = False
        if isinstance(answer, GraphAnswer):
            pause, in_doubt = answer.after or pause, answer.in_doubt
        known = None if in_doubt else self._reference(claim)  # else the draft's id stays with it
        state, next_try = State.REFUSED, None
        if answer.temporary and now + pause <= claim.planned_at + GIVE_UP:
            state, next_try = State.DEFERRED, now + pause
        return self._ledger.settle(
            claim, state, now, detail=str(answer), next_try=next_try, reference=known
        )

    def _prepared(self, claim: Claim, limit: int) -> bytes | None:
        """The fullest message of at most ``limit`` bytes, entered in the ledger; None when there is
        none so small."""
        chosen = self._destination.chosen(self._edition.files)
        content = self._fullest(claim.key, claim.planned_at, chosen, limit)
        if content is not None:
            identifier = message_id(claim.key, self._destination.transport)
            self._ledger.prepare(claim, content, identifier)
        return content

    def _fullest(
        self, key: Key, date: datetime, chosen: tuple[File, ...], limit: int, *, again: str = ""
    ) -> bytes | None:
        """With as many of ``chosen`` as ``limit`` lets pass; None when it lets not even the body.
        The body is composed after the choice and says what had to be left out."""
        transport, written = self._destination.transport, self._written(key.recipient)
        first = key.revision > 1 and key.recipient not in self._had_one
        for attached in _fewer(chosen):
            left_out = tuple(file for file in chosen if file not in attached)
            body = self._body(MailNotes(attached, left_out, self._folders, first))
            content = build(key, transport, date, body, attached, recipient=written, again=again)
            if len(content) <= limit:
                return content
        return None

    @cached_property
    def _had_one(self) -> frozenset[str]:
        return had_one_before(self._edition, self._destination, self._ledger)

    def _body(self, notes: MailNotes) -> MailBody:
        """The body is the same for every recipient: it is composed once for each set of files."""
        if notes not in self._bodies:
            self._bodies[notes] = self._compose(self._edition, notes)
        return self._bodies[notes]


def _fewer(files: tuple[File, ...]) -> Iterator[tuple[File, ...]]:
    """All files, then the PDFs alone, then none."""
    yield from dict.fromkeys((files, tuple(file for file in files if file.format == "pdf"), ()))
