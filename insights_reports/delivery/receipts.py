"""What is delivered, and the word on what became of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from insights_reports.edition.about import About
from insights_reports.edition.files import File


@dataclass(frozen=True, slots=True)
class Edition:
    """An edition with its rendered files: the bundle that is delivered."""

    about: About
    files: tuple[File, ...]


class State(StrEnum):
    """Where one delivery stands.

    ``planned``: owed. ``sending``: a run is at it, and nothing can have arrived yet. ``unknown``:
    all of it was handed over, and no answer came back (yet). ``deferred``: the server asked to try
    later. The rest is final: ``sent``, ``refused``, ``superseded`` (a later revision goes out
    instead) and ``withheld`` (a re-issue, or a recipient added later: waits for somebody's word).
    """

    PLANNED = "planned"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"
    SENT = "sent"
    REFUSED = "refused"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Key:
    """What a delivery is known by. ``recipient`` is an address in lower case, because addresses
    that differ only in case are one; storage has none."""

    subscription: str
    period: str
    revision: int
    destination: str
    recipient: str = ""

    def __str__(self) -> str:
        to = f" {self.recipient}" if self.recipient else ""
        return f"{self.subscription} {self.period} r{self.revision} -> {self.destination}{to}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one delivery stands after a run, or in the ledger.

    ``detail`` holds the server's own words or what went wrong; ``reference`` the Message-ID, or the
    path of the folder; ``sha256`` is of the bytes delivered (of a folder: of its manifest).
    ``already`` tells that it had been sent before this run, ``in_hand`` that a living run is at it,
    ``held_until`` that a run has it of which nothing is known here (another machine's), and when
    that claim ends. ``decide``: it may have arrived, and waits for somebody's word.
    """

    key: Key
    state: State
    at: datetime
    attempts: int = 0
    detail: str = ""
    reference: str = ""
    sha256: str = ""
    next_try: datetime | None = None
    already: bool = False
    in_hand: bool = False
    held_until: datetime | None = None
    decide: bool = False

    @property
    def done(self) -> bool:
        return self.state is State.SENT

    @property
    def owed(self) -> bool:
        """Whether it has not arrived though it should have."""
        return self.state not in (State.SENT, State.SUPERSEDED, State.WITHHELD)


@dataclass(frozen=True, slots=True)
class MailNotes:
    """What the body of a mail has to say about its files: those attached, those left out because
    the mail would have been too large, and the folders that hold all of them. ``first``: its
    recipient had none of the revisions before, and is told nothing of them."""

    attached: tuple[File, ...]
    left_out: tuple[File, ...]
    folders: tuple[str, ...]
    first: bool = False


class InlineImage(Protocol):
    """A picture that the HTML part shows as ``cid:…``."""

    @property
    def cid(self) -> str: ...
    @property
    def png(self) -> bytes: ...


class MailBody(Protocol):
    """Subject, both bodies and the pictures of a mail, as `formats.mail` makes them."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def images(self) -> tuple[InlineImage, ...]: ...


ComposeMail = Callable[[Edition, MailNotes], MailBody]
Clock = Callable[[], datetime]
