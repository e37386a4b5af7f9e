"""What a mail says, as short texts: the HTML and the plain part say the same, from here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from insights_reports.edition.document import Document, Table, Tile
from insights_reports.edition.files import File
from insights_reports.edition.values import Figure, Missing, Value
from insights_reports.formats.words.sizes import file_size
from insights_reports.formats.words.words import Words, words

_SPACES = re.compile(r"[ \t\r\n\f\v]+")  # but no no-break space
_LONGEST = 300  # characters of one sentence: a name may be anything, a mail must stay small
_LONGEST_SUBJECT = 150
_MOST = {"gaps": 5, "files": 40}
_UNSEEN = {Missing.NO_ACCESS, Missing.NOT_LOADED}


def clip(text: str) -> str:
    """``text`` on one line, not longer than a long sentence."""
    line = _SPACES.sub(" ", text).strip(" ")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


@dataclass(frozen=True)
class TileText:
    """``lines``: the changes, why the verdict, and what stands beside the figure."""

    label: str
    number: str
    unit: str
    verdict: str
    tone: str  # better, worse, or neither
    lines: tuple[str, ...]


class MailParts:
    """The texts of the mail for one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.words: Words = words(document.language)

    def title(self) -> str:
        return clip(self.words.phrase(self.document.title))

    def headline(self) -> str:
        return clip(self.words.phrase(self.document.headline))

    def changes(self) -> str:
        """What differs from the revision that this one replaces; "" where it replaces none."""
        return clip(" ".join(map(self.words.phrase, self.document.changes)))

    def subject(self) -> str:
        """``High Volume Report, September 2026: Delivery performance [revised]``."""
        identity, words = self.document.identity, self.words
        text = words.text(
            "mail.subject",
            report=identity.report,
            period=identity.period,
            title=self.document.title,
        )
        marks = [words.text(f"mail.mark.{identity.status}", revision=identity.revision)]
        if self._partial():
            marks.append(words.text("mail.mark.partial"))
        return _header(text, " ".join(marks))

    def _partial(self) -> bool:
        """Whether a figure of page one could not be read: that is not the period's fault."""
        figures = [tile.figure for tile in self.document.tiles]
        for block in self.document.overview:
            if isinstance(block, Table):
                figures += (v for row in block.rows for v in row if isinstance(v, Figure))
        return any(figure.missing in _UNSEEN for figure in figures)

    def about(self) -> list[str]:
        """Of what, for when, and how final."""
        identity, words = self.document.identity, self.words
        period = words.span(identity.period)
        return [
            clip(f"{words.name(identity.report)} · {words.phrase(identity.scope)}"),
            f"{period[:1].upper()}{period[1:]} · {words.dates(identity.period)}, {identity.zone}",
            words.status(identity),
        ]

    def tiles(self) -> list[TileText]:
        return [self._tile(tile) for tile in self.document.tiles]

    def _tile(self, tile: Tile) -> TileText:
        words, figure = self.words, tile.figure
        absent = figure.value is None
        lines = [
            *self._changes(tile),
            words.phrase(tile.reason),
            *([words.text("label.target", target=tile.target.target)] if tile.target else []),
            *([words.text("label.band", band=tile.band)] if tile.band else []),
            " · ".join(self._beside(tile)),
        ]
        return TileText(
            words.label(figure),
            words.figure(figure, unit=False),
            "" if absent else words.unit(figure.unit, figure.value),
            words.value(tile.verdict),
            tile.verdict.name.lower(),
            tuple(clip(line) for line in lines if line),
        )

    def _changes(self, tile: Tile) -> list[str]:
        """The changes that there are; where there is none, the tile's reason says why."""
        both = ((tile.change, "previous"), (tile.last_year, "last_year"))
        return [
            f"{self.words.change(change)} {self.words.text(f'label.against_{before}')}"
            for change, before in both
            if change is not None and change.difference is not None
        ]

    def _beside(self, tile: Tile) -> list[str]:
        words = self.words
        sample = [words.sample(tile.figure)] if tile.figure.n is not None else []
        return sample + [f"{words.label(extra)}: {words.figure(extra)}" for extra in tile.extra]

    def findings(self) -> list[tuple[str, str, str]]:
        """Verdict, its tone and the sentence of each finding."""
        return [
            (self.words.value(n.verdict), n.verdict.name.lower(), clip(self.words.phrase(n.text)))
            for n in self.document.findings
        ]

    def check(self) -> list[str]:
        """The cross-check, the ledger's total and the known gaps, a sentence each."""
        check, words = self.document.check, self.words
        read, used = check.ledger.read, check.ledger.used
        ledger = words.text("mail.ledger" if read else "mail.nothing_read", read=read, used=used)
        gaps = [words.phrase(gap) for gap in check.gaps[: _MOST["gaps"]]]
        return [clip(text) for text in (words.phrase(check.sentence), ledger, *gaps)]

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
            ("generated", identity.generated),
            ("as_of", identity.as_of),
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


def _header(text: str, marks: str) -> str:
    """One line of printable characters that keeps its marks however long the names are."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    room = _LONGEST_SUBJECT - len(marks) - 1
    line = line if len(line) <= room else line[: room - 1].rstrip() + "…"
    return f"{line} {marks}".strip()
