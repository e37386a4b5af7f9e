"""What a mail says, as short texts: the HTML and the plain part say the same, from here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from insights_reports.edition.document import Document, Table, Waterfall
from insights_reports.edition.files import File
from insights_reports.edition.values import Figure, Missing, Name, Status, Value
from insights_reports.formats.words.brief import briefly, short_span
from insights_reports.formats.words.finding import FindingText, finding_text
from insights_reports.formats.words.headline import headline_text
from insights_reports.formats.words.sizes import file_size
from insights_reports.formats.words.tile import TileText, tile_text
from insights_reports.formats.words.words import Words, words

_SPACES = re.compile(r"[ \t\r\n\f\v]+")  # but no no-break space
_LONGEST = 300  # characters of one sentence: a name may be anything, a mail must stay small
_LONGEST_NAME = 80
_LONGEST_SUBJECT = 150
_MOST = {"gaps": 5, "files": 40, "findings": 4, "steps": 8}
_BAR = 340  # px of the longest bar
_UNSEEN = {Missing.NO_ACCESS, Missing.NOT_LOADED}


def clip(text: str, longest: int = _LONGEST) -> str:
    """``text`` on one line, not longer than a long sentence."""
    line = _SPACES.sub(" ", text).strip(" ")
    return line if len(line) <= longest else line[: longest - 1] + "…"


@dataclass(frozen=True)
class Bar:
    """A part of a change: its ``width`` in px, and whether it makes the figure ``worse``."""

    label: str
    printed: str
    width: int
    worse: bool


class MailParts:
    """The texts of the mail for one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.words: Words = words(document.language)

    def title(self) -> str:
        return clip(self.words.phrase(self.document.title))

    def headline(self) -> str:
        return clip(headline_text(self.words, self.document))

    def changes(self) -> str:
        """What differs from the revision that this one replaces; "" where it replaces none."""
        return clip(" ".join(map(self.words.phrase, self.document.changes)))

    def subject(self) -> str:
        """The finding that the headline leads with, after what is more important still: that
        Octopus states other figures. A status that is not final is marked, and what is partial."""
        identity, words = self.document.identity, self.words
        text = briefly(words, self.document.subject)
        if self.document.subject.key == "subject.report":  # the period alone: no finding
            text = words.text(
                "mail.subject",
                report=identity.report,
                period=identity.period,
                title=self.document.title,
            )
        if self.disputed():
            text = words.text("show.mail.differs", subject=Name(text))
        marks = []
        if identity.status is not Status.FINAL:
            marks.append(words.text(f"mail.mark.{identity.status}", revision=identity.revision))
        if self._partial():
            marks.append(words.text("mail.mark.partial"))
        return _header(text, " ".join(marks))

    def disputed(self) -> bool:
        """Whether Octopus states other figures."""
        return self.document.check.disputed

    def _partial(self) -> bool:
        """Whether a figure of page one could not be read: that is not the period's fault."""
        figures = [tile.figure for tile in self.document.tiles]
        for block in self.document.overview:
            if isinstance(block, Table):
                figures += (v for row in block.rows for v in row if isinstance(v, Figure))
        return any(figure.missing in _UNSEEN for figure in figures)

    def about(self) -> list[str]:
        """What it is, for when, of what, and how final."""
        identity, words = self.document.identity, self.words
        status = words.text("show.check.differs") if self.disputed() else words.status(identity)
        return [
            clip(
                f"{words.phrase(self.document.title)}, {words.span(identity.period)}", _LONGEST_NAME
            ),
            ", ".join([*self._dates(), identity.zone]),
            clip(words.phrase(identity.scope), _LONGEST_NAME),
            status,
        ]

    def _dates(self) -> list[str]:
        """The days of the period, where it does not go by them."""
        period, words = self.document.identity.period, self.words
        return [words.dates(period)] if words.dates(period) != words.span(period) else []

    # --- what is told --------------------------------------------------------------------------

    def findings(self) -> list[FindingText]:
        """The first few; `more` says how many there are besides."""
        return [finding_text(self.words, each) for each in self.document.findings[: _shown()]]

    def more(self) -> str:
        left = len(self.document.findings) - _shown()
        return self.words.text("show.mail.more", n=left) if left > 0 else ""

    def name(self, text: str) -> str:
        """A name of any length, as it fits a line."""
        return clip(text, _LONGEST_NAME)

    def figures(self) -> list[TileText]:
        return [tile_text(self.words, tile) for tile in self.document.tiles]

    def heads(self) -> list[str]:
        """The heads of the figures: the period, the one before, usual, verdict, target."""
        words, tiles = self.words, self.document.tiles
        tile = next((t for t in tiles if t.compared and t.before.value is not None), None)
        before, named = words.text("show.mail.before"), ""
        if tile is not None:
            spans = tile.compared[0], tile.spark_periods[-1]
            before, named = (short_span(words, span) for span in spans)
        heads = [named, before, words.text("show.mail.usual"), ""]
        return [*heads, words.text("show.mail.target")] if self.has_targets() else heads

    def has_targets(self) -> bool:
        return any(tile.target for tile in self.document.tiles)

    def missed(self) -> str:
        """Which slices missed a target of their own."""
        said = self.document.missed
        return "" if said is None else clip(self.words.phrase(said))

    def dated(self) -> list[str]:
        """The notes of the calendar."""
        return [clip(self.words.phrase(note)) for note in self.document.dated[: _MOST["gaps"]]]

    def drivers(self) -> tuple[str, str, list[Bar]] | None:
        """Title, subtitle and the parts of the change that page one draws, if it does."""
        blocks = (block for block in self.document.overview if isinstance(block, Waterfall))
        block = next(blocks, None)
        if block is None:
            return None
        most = max((abs(step.size) for step in block.steps), default=0) or 1
        bars = [
            Bar(
                clip(self.words.value(step.label), _LONGEST_NAME),
                self.words.value(step.printed).partition("\u00a0")[0],
                max(2, round(abs(step.size) / most * _BAR)),
                step.size > 0,
            )
            for step in block.steps[: _MOST["steps"]]
        ]
        subtitle = "" if block.subtitle is None else clip(self.words.phrase(block.subtitle))
        return clip(self.words.phrase(block.title)), subtitle, bars

    def check(self) -> list[str]:
        """The cross-check in a line or, where it differs, one for each kind of difference; and
        the known gaps."""
        check, words = self.document.check, self.words
        said = [check.line or check.sentence]
        if self.disputed() and check.findings:
            said = [*check.findings]
        lines = [words.phrase(each) for each in (*said, *check.gaps[: _MOST["gaps"]])]
        if check.line is None:
            read, used = check.ledger.read, check.ledger.used
            key = "mail.ledger" if read else "mail.nothing_read"
            lines.append(words.text(key, read=read, used=used))
        return [clip(line) for line in lines]

    # --- files, and the foot -------------------------------------------------------------------

    def files(self, files: Sequence[File]) -> list[tuple[str, str]]:
        """Name and size of each file; of very many, how many more there are."""
        most = _MOST["files"]
        listed = [(file.name, file_size(len(file.content), self.words)) for file in files[:most]]
        if len(files) > most:
            listed.append((self.words.text("mail.more_files", n=len(files) - most), ""))
        return listed

    def facts(self) -> list[str]:
        """When and by whom it was made, as the foot of the mail."""
        words, identity = self.words, self.document.identity
        pairs: list[tuple[str, Value | str]] = [
            ("report", identity.report),
            ("generated", identity.generated),
            ("trigger", words.trigger(identity)),
            ("account", identity.account),
            ("server", identity.server),
            ("contact", self.document.brand.contact),
        ]
        return [
            clip(f"{words.text(f'label.{key}')}: {self._plain(value)}")
            for key, value in pairs
            if value != ""
        ]

    def _plain(self, value: Value | str) -> str:
        return value if isinstance(value, str) else self.words.value(value)


def _shown() -> int:
    return _MOST["findings"]


def _header(text: str, marks: str) -> str:
    """One line of printable characters that keeps its marks however long the names are."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    room = _LONGEST_SUBJECT - len(marks) - 1
    line = line if len(line) <= room else line[: room - 1].rstrip() + "…"
    return f"{line} {marks}".strip()
