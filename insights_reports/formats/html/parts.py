"""What the templates of the web page and of the printed report share: their functions.

Names reach a template only as text or as a quoted attribute, and Jinja escapes both; what is
markup already comes from `charts_svg` and nowhere else.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from markupsafe import Markup

from insights_reports.edition.document import (
    Block,
    Chart,
    Column,
    ColumnKind,
    Document,
    Finding,
    Prose,
    Section,
    Table,
    Tile,
)
from insights_reports.edition.files import file_name
from insights_reports.edition.values import Change, Day, Figure, Instant, Mark, Name, Value
from insights_reports.formats.charts import marks
from insights_reports.formats.charts.draw import draw
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.charts.scale import Scale
from insights_reports.formats.charts.svg import Colours, xml_text
from insights_reports.formats.words.words import Words, words

_NUMBERS = {
    ColumnKind.COUNT,
    ColumnKind.PER_WEEK,
    ColumnKind.RATE,
    ColumnKind.DURATION,
    ColumnKind.NUMBER,
    ColumnKind.CHANGE,
}
_MARKS = {ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE}
_ANCHOR = re.compile(r"[^A-Za-z0-9_-]+")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

_COMMON = ("trends", "method", "discrepancies", "exclusions")  # sections that are no split's
_LONG = 48  # characters of a name
_PHONE = 350.0  # user units: the line of a common phone in CSS pixels

Embed = Callable[[Markup, str], Markup]


def anchor(text: str) -> str:
    """An id of a section or block, safe in an attribute and after ``#``."""
    return _ANCHOR.sub("-", text).strip("-") or "section"


def link(text: str) -> str:
    """``mailto:`` for an address and ``https:`` for what begins so; "" for anything else."""
    if _ADDRESS.fullmatch(text):
        return f"mailto:{text}"
    return text if text.startswith("https://") and " " not in text else ""


def inline(picture: Markup, alt: str) -> Markup:
    """A picture as part of the page; it names itself."""
    del alt
    return picture


def as_image(picture: Markup, alt: str) -> Markup:
    """A picture as an image, which WeasyPrint draws in half the time of an inline one."""
    data = base64.b64encode(picture.encode()).decode("ascii")
    return Markup('<img src="data:image/svg+xml;base64,{}" alt="{}">').format(data, xml_text(alt))


@dataclass(frozen=True)
class Parts:
    """The functions that templates call, for one document."""

    document: Document
    embed: Embed
    hover: bool
    mark_width: float
    words: Words = field(init=False)
    colours: Colours = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", words(self.document.language))
        object.__setattr__(self, "colours", palette(self.document.brand.accent))

    # --- pictures ------------------------------------------------------------------------------

    def chart(self, chart: Chart, height: float | None = None) -> Markup:
        style = Style(self.words, self.colours, height=height, hover=self.hover)
        return self.embed(draw(chart, style), self.words.phrase(chart.alt))

    def narrow_chart(self, chart: Chart) -> Markup:
        """The chart for a phone: drawn anew, so that its words keep their size."""
        return draw(chart, Style(self.words, self.colours, width=_PHONE, hover=self.hover))

    def spark(self, tile: Tile) -> Markup:
        """The sparkline, which says its lowest, highest and last value."""
        title = self.spark_alt(tile)
        return self.embed(
            marks.sparkline(tile.spark, tile.judged.usual, self.colours, title), title
        )

    def spark_alt(self, tile: Tile) -> str:
        values = [f for f in tile.spark if f.value is not None]
        label = self.words.label(tile.figure)
        if not values:
            return label
        low, high = (pick(values, key=lambda f: f.value or 0) for pick in (min, max))
        return self.words.text(
            "label.spark_alt", label=Name(label), low=low, high=high, last=tile.spark[-1]
        )

    def mark(self, table: Table, number: int, cell: Value) -> Markup:
        """The mark in column ``number`` of a table, on the scale of that column."""
        kind = table.columns[number].kind
        if not isinstance(cell, Mark) or (cell.at is None and cell.low is None):
            return Markup("{}").format(self.words.value(None))
        text = self.words.cell(cell, kind)
        return self.embed(
            marks.mark(cell, self._scale(table, number), kind, self.colours, text), text
        )

    def mark_axis(self, table: Table, number: int) -> Markup:
        kind = table.columns[number].kind
        axis = marks.mark_axis(self._scale(table, number), kind, Style(self.words, self.colours))
        return self.embed(axis, self.words.column(table.columns[number]))

    def _scale(self, table: Table, number: int) -> Scale:
        rows = (*table.rows, table.total) if table.total else table.rows
        cells = [row[number] for row in rows]
        return marks.mark_scale(cells, table.columns[number].kind, self.mark_width)

    # --- tables --------------------------------------------------------------------------------

    def is_mark(self, kind: ColumnKind) -> bool:
        return kind in _MARKS

    def is_number(self, kind: ColumnKind) -> bool:
        return kind in _NUMBERS

    def head(self, column: Column) -> str:
        """The head of a column; the printed page hyphenates by itself."""
        return self.words.phrase(column.title) if self.hover else self.words.column(column)

    def has_long_names(self, table: Table) -> bool:
        """Whether a row's name would take many lines in a column of common width."""
        kind = table.columns[0].kind
        return any(len(self.cell(row[0], kind)) > _LONG for row in table.rows)

    def cell(self, value: Value, kind: ColumnKind) -> str:
        """A cell as text; where the head of the column says "per week" the cell need not."""
        if kind is ColumnKind.PER_WEEK and isinstance(value, Figure):
            return self.words.figure(value, unit=False)
        return self.words.cell(value, kind)

    def sort_key(self, value: Value) -> str:
        """What a column is sorted by: a bare number or date, "" for what has none."""
        match value:
            case Figure(value=number) | Change(difference=number) | Mark(at=number):
                return _bare(number)
            case Day(date=moment) | Instant(at=moment):
                return moment.isoformat()
            case int() | float():
                return _bare(value)
            case _:
                return self.words.value(value)

    def chart_rows(self, chart: Chart) -> list[tuple[str, list[str]]]:
        """The data of a chart: each interval in full, and the figure of each series."""
        return [
            (
                self.words.interval(x, chart.granularity),
                [self.words.figure(series.figures[index]) for series in chart.series],
            )
            for index, x in enumerate(chart.x)
        ]

    # --- tiles ---------------------------------------------------------------------------------

    def tile_number(self, figure: Figure) -> str:
        return self.words.figure(figure, unit=False)

    def tile_unit(self, figure: Figure) -> str:
        return "" if figure.value is None else self.words.unit(figure.unit, figure.value)

    def arrow(self, change: Change) -> str:
        """Which way the figure went, whatever that means for the reader."""
        if not change.difference:
            return "" if change.difference is None else "→"
        return "↑" if change.difference > 0 else "↓"

    # --- identity ------------------------------------------------------------------------------

    def facts(self) -> list[tuple[str, str]]:
        """Whose numbers these are, for when, made when and by what: (label, text)."""
        w, identity = self.words, self.document.identity
        zone = w.text(
            "label.zone_both", zone=Name(identity.zone), stated=Name(identity.stated_zone)
        )
        facts = [
            (w.text(f"label.{label}"), text)
            for label, text in (
                ("report", w.name(identity.report)),
                ("scope", w.phrase(identity.scope)),
                ("dates", w.dates(identity.period)),
                ("zone", zone),
                ("status", w.status(identity)),
                ("generated", w.instant(identity.generated)),
                ("as_of", w.instant(identity.as_of)),
                ("trigger", w.trigger(identity)),
                ("account", w.name(identity.account)),
                ("server", w.name(Name(identity.server))),
                ("space", w.name(identity.space)),
                ("subscription", w.name(Name(identity.subscription))),
                ("granularity", w.text(f"granularity.{identity.granularity}")),
                ("formula", w.name(Name(self.document.formula_version))),
                ("contact", self.document.brand.contact),
            )
        ]
        return [(label, text) for label, text in facts if text]

    # --- splits --------------------------------------------------------------------------------

    def splits(self) -> list[Section]:
        """The sections of the splits, where there are several to choose from; else []."""
        found = [section for section in self.document.sections if section.id not in _COMMON]
        return found if len(found) > 1 else []

    def split_of(self, block: Block) -> str:
        """The id of the section whose small multiples stand on page one; "" for other blocks."""
        if not isinstance(block, Chart):
            return ""
        own, _, what = block.id.rpartition("-panels")
        shown = what in ("", "-apart") and any(section.id == own for section in self.splits())
        return own if shown else ""

    # --- links and names -----------------------------------------------------------------------

    def has_anchor(self, text: str) -> bool:
        """Whether this document has such a section or block; a finding may have its rows in
        the document of a split."""
        blocks = [b for s in self.document.sections for b in s.blocks] + [*self.document.overview]
        ids = {block.id for block in blocks if not isinstance(block, Prose)}
        return text in ids | {section.id for section in self.document.sections}

    def file(self, document: str, format: str) -> str:
        """The name of the file that shows another document of this edition."""
        identity = self.document.identity
        return file_name(identity.subscription, identity.period.name, document, format)

    def rows(self, finding: Finding) -> str:
        """Where the rows behind a finding are: on this page or on another of its edition."""
        place = f"#{anchor(finding.anchor)}"
        here = self.has_anchor(finding.anchor)
        return place if here else self.file(finding.document, "html") + place

    def others(self) -> list[str]:
        """The names of all documents of this edition, where there are others."""
        return list(self.document.edition) if len(self.document.edition) > 1 else []

    def logo(self) -> str:
        """The logo as a data URI, "" where there is none."""
        logo = self.document.brand.logo
        return f"data:image/png;base64,{logo}" if _BASE64.fullmatch(logo) else ""


def _bare(value: float | None) -> str:
    return "" if value is None else repr(value)
