"""The index page of a folder: every edition that was ever delivered to it, the replaced revisions
struck through but kept. One file that fetches nothing; search and filters need its script, all
else works without."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from os.path import commonprefix
from urllib.parse import quote

from pydantic import TypeAdapter

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import Brand
from insights_reports.edition.values import Instant, Name, Span, Status
from insights_reports.formats.charts.fonts import STACK, font_face_css
from insights_reports.formats.charts.palette import css_variables, palette
from insights_reports.formats.html.index_figures import (
    Histories,
    IndexFigure,
    ShownFigure,
    shown_figure,
)
from insights_reports.formats.html.templates import SHIPPED, Templates
from insights_reports.formats.words.sizes import file_size
from insights_reports.formats.words.words import Words, words

_WEIGHTS = (400, 600)
_TONES = {str(CheckVerdict.AGREES): "good", str(CheckVerdict.DIFFERS): "bad"}


@dataclass(frozen=True, slots=True)
class IndexFile:
    """``path``: relative to the index page, with slashes; ``size`` in bytes, ``sha256`` in hex."""

    name: str
    path: str
    document: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One revision of an edition. The period is half-open; ``status`` and ``verdict`` are values of
    `Status` and `CheckVerdict`; ``generated`` is aware.

    Editions of earlier versions say nothing of what follows the files: ``figures`` are those of
    page one, ``finding`` is the first one's line in the edition's language, ``differing`` the
    number of figures that Octopus states otherwise, ``released_by`` who released it after it was
    held.
    """

    subscription: str
    report: str
    title: str
    period: str
    start: date
    end: date
    revision: int
    status: str
    verdict: str
    generated: datetime
    files: tuple[IndexFile, ...]
    figures: tuple[IndexFigure, ...] = ()
    finding: str = ""
    differing: int = 0
    released_by: str = ""


_ENTRIES = TypeAdapter(tuple[IndexEntry, ...], config={"defer_build": True})


def dump_entries(entries: Sequence[IndexEntry]) -> bytes:
    """The entries as UTF-8 JSON."""
    return _ENTRIES.dump_json(tuple(entries))


def load_entries(json: bytes) -> tuple[IndexEntry, ...]:
    """The entries that `dump_entries` wrote.

    Raises:
        pydantic.ValidationError: when the JSON is none of them.
    """
    return _ENTRIES.validate_json(json)


@dataclass(frozen=True)
class _Row:
    """An entry as the template shows it; ``newest`` is the revision that replaced it, 0 if none;
    ``latest``: whether it is the newest edition of its subscription."""

    entry: IndexEntry
    newest: int
    latest: bool
    figures: tuple[ShownFigure, ...]
    words: Words

    @property
    def span(self) -> Span:
        return Span(self.entry.period, self.entry.start, self.entry.end)

    @property
    def status(self) -> str:
        if self.entry.status not in list(Status):
            return self.words.name(Name(self.entry.status))
        return self.words.text(f"status.{self.entry.status}", revision=self.entry.revision)

    @property
    def verdict(self) -> str:
        try:
            return self.words.value(CheckVerdict(self.entry.verdict))
        except ValueError:
            return self.words.name(Name(self.entry.verdict))

    @property
    def tone(self) -> str:
        return _TONES.get(self.entry.verdict.removeprefix("check."), "plain")

    @property
    def generated(self) -> str:
        return self.words.instant(Instant(self.entry.generated, "UTC"))

    @property
    def documents(self) -> list[tuple[str, list[IndexFile]]]:
        """The files by the document they show, in the order of the edition."""
        grouped: dict[str, list[IndexFile]] = {}
        for file in self.entry.files:
            grouped.setdefault(self._document(file.document), []).append(file)
        return list(grouped.items())

    def _document(self, name: str) -> str:
        key = f"document.{name}"
        return self.words.text(key) if key in self.words.catalogue else name

    @property
    def years(self) -> range:
        """The years that the period touches."""
        last = max(self.entry.start, self.entry.end - timedelta(days=1))
        return range(self.entry.start.year, last.year + 1)

    @property
    def held(self) -> str:
        """Who released it after it was held; "" where nobody had to."""
        who = self.entry.released_by
        return self.words.text("index.held", name=Name(who)) if who else ""

    @property
    def differing(self) -> str:
        """How many figures differ, where any does."""
        n = self.entry.differing
        return self.words.text("index.differing", n=n) if n else ""

    @property
    def search(self) -> str:
        """What a search finds it by, which is what it shows: in lower case, as the script writes
        what it looks for. Not by when it was made: "September" would find August's too."""
        entry, words = self.entry, self.words
        parts = [entry.subscription, entry.report, entry.title, entry.period, self.status]
        parts += [words.span(self.span), words.dates(self.span), self.verdict, self.differing]
        parts += [entry.finding, self.held, *(each.text for each in self.figures)]
        parts += [f"{name} {file.name}" for name, files in self.documents for file in files]
        if self.newest:
            parts.append(words.text("index.replaced", revision=self.newest))
        if self.latest:
            parts.append(words.text("index.latest"))
        return " ".join(" ".join(parts).split()).lower()


def render(
    entries: Sequence[IndexEntry],
    *,
    title: str,
    generated: datetime,
    language: str = "en",
    accent: str = Brand().accent,
    templates: Templates = SHIPPED,
) -> bytes:
    """The page as UTF-8: ``title`` is whose editions these are, ``generated`` is aware.

    Raises:
        RenderError: when one of the company's own templates fails.
    """
    language_words = words(language)
    groups = list(_groups(entries, language_words))
    return templates.page(
        "index.html.j2",
        _style(accent, templates),
        templates.text("index.js"),
        title=title or language_words.text("index.title"),
        groups=groups,
        years=sorted({y for _, rows in groups for row in rows for y in row.years}, reverse=True),
        stamp=Instant(generated, "UTC"),
        language=language,
        w=language_words,
        telling=any(row.figures or row.entry.finding for _, rows in groups for row in rows),
        shown=language_words.text("index.shown", shown=Name("{0}"), all=Name("{1}")),
        href=_href,
        label=_label,
        size=lambda size: file_size(size, language_words),
    )


def _groups(entries: Sequence[IndexEntry], words: Words) -> Iterator[tuple[str, list[_Row]]]:
    """For each subscription its editions, the newest first."""

    def order(entry: IndexEntry) -> tuple[str, str, int, str, int]:
        newest_first = (-entry.start.toordinal(), entry.period, -entry.revision)
        return (entry.subscription.casefold(), entry.subscription, *newest_first)

    for subscription, group in groupby(sorted(entries, key=order), lambda e: e.subscription):
        yield subscription, list(_rows(list(group), words))


def _rows(group: Sequence[IndexEntry], words: Words) -> Iterator[_Row]:
    """The rows of one subscription's editions, which are sorted, the newest first."""
    newest: dict[str, IndexEntry] = {}
    for entry in group:
        newest.setdefault(entry.period, entry)
    for entry in group:
        last = newest[entry.period]
        yield _Row(
            entry,
            last.revision if entry is not last else 0,
            entry is group[0],
            tuple(shown_figure(each, _histories(entry, newest), words) for each in entry.figures),
            words,
        )


def _histories(entry: IndexEntry, newest: Mapping[str, IndexEntry]) -> Histories:
    """Each metric over the editions of earlier periods, as they are now, and in this one."""
    earlier = [each for each in newest.values() if each.start < entry.start]
    series = [*sorted(earlier, key=lambda each: each.start), entry]
    values = [{each.figure.metric: each.figure.value for each in one.figures} for one in series]
    return {
        each.figure.metric: [found.get(each.figure.metric) for found in values]
        for each in entry.figures
    }


def _href(path: str) -> str:
    """A link below the page's own folder; "" for a path that would leave it."""
    if any(part in ("", ".", "..") for part in path.split("/")) or "\\" in path:
        return ""
    return "./" + quote(path.encode("utf-8", "replace"))


def _label(file: IndexFile, beside: Sequence[IndexFile]) -> str:
    """What a link to ``file`` says among those ``beside`` it: its format; where two have one, the
    end of its name."""
    formats = [each.name.rpartition(".")[2].upper() for each in beside]
    if len(set(formats)) == len(formats):
        return file.name.rpartition(".")[2].upper()
    common = commonprefix([each.name for each in beside])  # noqa: RUF071 - names, not paths
    return file.name.removeprefix(common[: common.rfind("-") + 1])


def _style(accent: str, templates: Templates) -> str:
    colours = palette(accent)
    light, dark = css_variables(colours, dark=False), css_variables(colours, dark=True)
    return (
        f"{font_face_css(_WEIGHTS)}:root{{color-scheme:light dark;--font:{STACK};{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"
        f"{templates.text('index.css')}"
    )
