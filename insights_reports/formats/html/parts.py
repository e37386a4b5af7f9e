"""What the templates of the web page and of the printed report share: their functions.

Names reach a template only as text or as a quoted attribute, and Jinja escapes both; what is
markup already comes from `charts_svg` and nowhere else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from insights_reports.edition.document import (
    Block,
    Chart,
    ChartForm,
    Column,
    ColumnKind,
    Document,
    Dots,
    Finding,
    Path,
    Prose,
    Section,
    Table,
    Tile,
    Waterfall,
)
from insights_reports.edition.files import file_name
from insights_reports.edition.values import (
    Change,
    Figure,
    Instant,
    Mark,
    Part,
    Phrase,
    Strip,
    Unit,
    Value,
)
from insights_reports.formats.charts import marks
from insights_reports.formats.charts.dots import dots as draw_dots
from insights_reports.formats.charts.draw import draw
from insights_reports.formats.charts.frame import Style
from insights_reports.formats.charts.palette import palette
from insights_reports.formats.charts.scale import Scale
from insights_reports.formats.charts.svg import Colours
from insights_reports.formats.html.arrange import (
    beside,
    drivers,
    ends_trends,
    groups,
    is_lines,
    panels_of,
    panels_on_paper,
    trend_key,
)
from insights_reports.formats.html.identity import identity_facts
from insights_reports.formats.html.links import anchor
from insights_reports.formats.html.pictures import Embed, Pictures
from insights_reports.formats.html.sorting import sort_key
from insights_reports.formats.words.brief import brief_phrase, brief_text, briefly, moment, why
from insights_reports.formats.words.finding import FindingText, finding_text, findings_title
from insights_reports.formats.words.headline import headline_text
from insights_reports.formats.words.tile import TileText, tile_text, tone, triangle
from insights_reports.formats.words.words import Words, words

_NUMBERS = {
    ColumnKind.COUNT,
    ColumnKind.PER_WEEK,
    ColumnKind.RATE,
    ColumnKind.DURATION,
    ColumnKind.NUMBER,
    ColumnKind.CHANGE,
    ColumnKind.PART,
}
_MARKS = {ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE, ColumnKind.STRIP}
_SCALED = {ColumnKind.MARK_DURATION, ColumnKind.MARK_RATE}
_COPIED = {Unit.RATE, Unit.DURATION}  # in per cent and hours
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")

_APPENDIX = ("discrepancies", "exclusions")
_COMMON = ("trends", "incidents", "method", *_APPENDIX)  # sections that are no split's
_LONG = 48  # characters of a name
HALF = 244.0  # points
_PHONE = 350.0  # user units: the line of a common phone in CSS pixels
_PHONE_LINES = 205.0  # of lines, whose words are smaller: 6.8 of these are 11.6 pixels


@dataclass(frozen=True)
class Parts:
    """The functions that templates call, for one document. ``cut`` has how many rows paper shows of
    a table, where these are not all of `Table.rows`; None: every row of every table is shown."""

    document: Document
    embed: Embed
    hover: bool
    mark_width: float
    cut: Mapping[str, int] | None = None
    longest_name: int | None = None
    words: Words = field(init=False)
    colours: Colours = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", words(self.document.language, self.longest_name))
        object.__setattr__(self, "colours", palette(self.document.brand.accent))

    # --- pictures ------------------------------------------------------------------------------

    @property
    def pictures(self) -> Pictures:
        return Pictures(self.words, self.colours)

    def chart(self, chart: Chart, height: float | None = None) -> Markup:
        style = Style(self.words, self.colours, height=height, hover=self.hover)
        return self.embed(draw(chart, style), self.words.phrase(chart.alt))

    def narrow_chart(self, chart: Chart) -> Markup:
        """The chart for a phone: drawn anew, so that its words keep their size."""
        width = _PHONE_LINES if chart.form is ChartForm.LINES else _PHONE
        return draw(chart, Style(self.words, self.colours, width=width, hover=self.hover))

    def trend(self, chart: Chart, width: float = HALF, height: float | None = None) -> Markup:
        """A chart of lines at half the width of a page, for `groups`, or of other measures in
        points."""
        style = Style(self.words, self.colours, width=width, height=height, hover=self.hover)
        return self.embed(draw(chart, style), self.words.phrase(chart.alt))

    def spark(self, tile: Tile) -> Markup:
        """The sparkline; nothing where there is none to draw."""
        return self._shown(*self.pictures.spark(tile))

    def bullet(self, tile: Tile) -> Markup:
        """The figure and its target; nothing where there is none."""
        return self._shown(*self.pictures.bullet(tile))

    def waterfall(self, block: Waterfall, width: float = 324, height: float = 112) -> Markup:
        return self.embed(*self.pictures.waterfall(block, width, height))

    def bars(self, block: Waterfall) -> Markup:
        """The steps of a waterfall as horizontal bars."""
        return self.embed(*self.pictures.bars(block))

    def path(self, block: Path, row: float = 31) -> Markup:
        return self.embed(*self.pictures.path(block, row))

    def dots(self, block: Dots, width: float = 504, height: float | None = None) -> Markup:
        """Single values over the days of the period."""
        style = Style(self.words, self.colours, width=width, height=height, hover=self.hover)
        alt = self.words.phrase(block.alt)
        picture = draw_dots(block, style).markup(self.words.phrase(block.title), alt)
        return self.embed(picture, alt)

    def _shown(self, picture: Markup, alt: str) -> Markup:
        return self.embed(picture, alt) if picture else picture

    def mark(self, table: Table, number: int, cell: Value) -> Markup:
        """The picture in column ``number`` of a table, on the scale of that column."""
        kind = table.columns[number].kind
        if isinstance(cell, Strip):
            return self.embed(*self.pictures.strip(cell))
        if not isinstance(cell, Mark) or (cell.at is None and cell.low is None):
            return Markup("")  # why there is none stands in the column of the figure
        text = self.words.cell(cell, kind)
        return self.embed(
            marks.mark(cell, self._scale(table, number), kind, self.colours, text), text
        )

    def bar(self, table: Table, number: int, cell: Value) -> Markup:
        """The bar beside a part, in the last column, which holds the sums; else nothing."""
        last = number == len(table.columns) - 1
        if not last or not isinstance(cell, Part):
            return Markup("")
        return self.embed(*self.pictures.part(table, number, cell))

    def mark_axis(self, table: Table, number: int) -> Markup:
        kind = table.columns[number].kind
        if kind not in _SCALED:
            return Markup("")
        axis = marks.mark_axis(self._scale(table, number), kind, Style(self.words, self.colours))
        return self.embed(axis, self.words.column(table.columns[number]))

    def _scale(self, table: Table, number: int) -> Scale:
        rows = table.complete_rows + ((table.total,) if table.total else ())
        cells = [row[number] for row in rows]
        return marks.mark_scale(cells, table.columns[number].kind, self.mark_width)

    # --- tables --------------------------------------------------------------------------------

    def is_mark(self, kind: ColumnKind) -> bool:
        return kind in _MARKS

    def is_number(self, kind: ColumnKind) -> bool:
        return kind in _NUMBERS

    def kinds(self, value: Value, kind: ColumnKind) -> str:
        """The classes of a cell of numbers: of its column, and of a change the unit that it is in,
        which a copy needs."""
        unit = value.after.unit if isinstance(value, Change) else None
        return f"k-{kind}" + (f" k-{unit}" if unit in _COPIED else "")

    def head(self, column: Column) -> str:
        """The head of a column; the printed page hyphenates by itself."""
        return self.words.phrase(column.title) if self.hover else self.words.column(column)

    def has_long_names(self, table: Table) -> bool:
        """Whether a row's name would take many lines in a column of common width."""
        kind = table.columns[0].kind
        return any(len(self.cell(row[0], kind)) > _LONG for row in table.rows)

    def cell(self, value: Value, kind: ColumnKind, *, brief: bool = False) -> str:
        """A cell as text; where the head of the column says "per week" the cell need not.
        ``brief``: in a table of strips, where there is no room for why a figure is missing."""
        if isinstance(value, Figure):
            if brief and value.value is None:
                return why(self.words, value)
            return self._figure(value, kind)
        if isinstance(value, Phrase):
            return brief_phrase(self.words, value)
        if isinstance(value, Instant):
            return moment(self.words, value, self.document.identity.period.start.year)
        if isinstance(value, Part) and kind is ColumnKind.PART:
            return self.pictures.signed(value)
        return self.words.cell(value, kind)

    def _figure(self, figure: Figure, kind: ColumnKind) -> str:
        if kind is ColumnKind.DURATION:
            return brief_text(self.words, figure)
        return self.words.figure(figure, unit=kind is not ColumnKind.PER_WEEK)

    def sort_key(self, value: Value) -> str:
        """What a column is sorted by: a bare number or date, "" for what has none."""
        return sort_key(value, self.words)

    def chart_rows(self, chart: Chart) -> list[tuple[str, list[str]]]:
        """The data of a chart: each interval in full, and the figure of each series."""
        return [
            (
                self.words.interval(x, chart.granularity),
                [self.words.figure(series.figures[index]) for series in chart.series],
            )
            for index, x in enumerate(chart.x)
        ]

    def value_tone(self, table: Table, values: Sequence[Value], number: int) -> str:
        """How a value lies in the usual range that the strip beside it draws: ``worse``,
        ``better``, ``told`` (outside, and neither) or ""."""
        strip = beside(table, values, number)
        return "" if strip is None or strip.side is None else tone(strip.verdict)

    def value_mark(self, table: Table, values: Sequence[Value], number: int) -> str:
        """▲ or ▼ for a value outside that range, else ""."""
        strip = beside(table, values, number)
        return "" if strip is None else triangle(strip.side)

    def row_id(self, table: Table, number: int) -> str:
        """What links to a row lead to, "" where it has none: the first table that has the row."""
        if number >= len(table.row_ids):
            return ""
        first = next(t for t in self._tables() if table.row_ids[number] in self._ids(t))
        return f"row-{anchor(table.row_ids[number])}" if first is table else ""

    def _ids(self, table: Table) -> Sequence[str]:
        """The ids of the rows that are shown."""
        return table.row_ids if self.cut is None else table.row_ids[: self.on_paper(table)]

    def on_paper(self, table: Table) -> int:
        """How many rows of a table paper shows."""
        return min(len(table.rows), (self.cut or {}).get(table.id, len(table.rows)))

    def stands_out(self, table: Table, number: int) -> bool:
        """Whether something in this row lies outside its usual range."""
        return number < len(table.row_verdicts) and table.row_verdicts[number].outside

    def _tables(self) -> Iterator[Table]:
        """The tables, those of the sections first: page one has only some rows."""
        for section in self.document.sections:
            yield from (block for block in section.blocks if isinstance(block, Table))
        yield from (block for block in self.document.overview if isinstance(block, Table))

    # --- what is told --------------------------------------------------------------------------

    def headline(self) -> str:
        return headline_text(self.words, self.document)

    def sentence(self, phrase: Phrase) -> str:
        return briefly(self.words, phrase)

    def question(self, phrase: Phrase) -> tuple[str, str]:
        """A question in two: the name that it begins with, or "", and the rest."""
        said, slice = self.sentence(phrase), phrase.values.get("slice")
        name = "" if slice is None else self.words.value(slice)
        return (name, said.removeprefix(name)) if said.startswith(name) else ("", said)

    def tile(self, tile: Tile) -> TileText:
        return tile_text(self.words, tile)

    def finding(self, finding: Finding) -> FindingText:
        return finding_text(self.words, finding)

    def findings_title(self) -> str:
        """How many findings there are, and the first."""
        return findings_title(self.words, self.document)

    def disputed(self) -> bool:
        """Whether Octopus states other figures."""
        return self.document.check.disputed

    def check_line(self) -> str:
        """The cross-check in one line."""
        check = self.document.check
        return self.words.phrase(check.line or check.sentence)

    def groups(self, blocks: Sequence[Block]) -> list[list[Block]]:
        """Blocks that stand beside each other: charts of lines by two, a waterfall and its path."""
        return groups(blocks)

    def says_little(self, section: Section) -> bool:
        """Whether it is a section of the appendix in which nothing is listed."""
        listed = any(not isinstance(block, Prose) for block in section.blocks)
        return section.id in _APPENDIX and not listed

    def is_half(self, block: Block) -> bool:
        """Whether it is a chart of lines that takes half the width."""
        return is_lines(block)

    def panels(self, charts: Sequence[Chart]) -> list[Chart]:
        """The panels that paper shows of a split: those of two measures that lie outside in it, the
        gravest first, else its deployments."""
        return panels_on_paper(self.document.findings, charts)

    def drivers(self) -> list[Block]:
        """What of page one stands beside the findings: what drove the change, and the path."""
        return drivers(self.document.overview)

    def ends_trends(self, blocks: Sequence[Block], group: Sequence[Block]) -> bool:
        """Whether the last of some charts of lines is in this group: below it stands their key."""
        return ends_trends(blocks, group)

    def trend_key(self, blocks: Sequence[Block]) -> str:
        """What the charts of lines show beside their lines, in words."""
        return " ".join(self.words.text(f"show.trend.{name}") for name in trend_key(blocks))

    # --- identity ------------------------------------------------------------------------------

    def facts(self) -> list[tuple[str, str]]:
        """Whose numbers these are, for when, made when and by what: (label, text)."""
        return identity_facts(self.words, self.document)

    # --- splits --------------------------------------------------------------------------------

    def splits(self) -> list[Section]:
        """The sections of the splits, where there are several to choose from; else []."""
        found = [section for section in self.document.sections if section.id not in _COMMON]
        return found if len(found) > 1 else []

    def split_of(self, block: Block) -> str:
        """The id of the section whose small multiples stand on page one; "" for other blocks."""
        own = panels_of(block)
        return own if any(section.id == own for section in self.splits()) else ""

    def measure(self, chart: Chart) -> str:
        """The code of the measure that is drawn: ``lead_time``."""
        return str(chart.series[0].figures[0].metric)

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
        """Where the row behind a finding is: on this page or on another of its edition."""
        if any(finding.row in self._ids(table) for table in self._tables()):
            return f"#row-{anchor(finding.row)}"
        place = f"#{anchor(finding.anchor)}"
        here = self.has_anchor(finding.anchor)
        return place if here else self.file(finding.document, "html") + place

    def row_here(self, finding: Finding) -> bool:
        """Whether the row behind a finding is in this document."""
        return self.rows(finding).startswith("#")

    def others(self) -> list[str]:
        """The names of all documents of this edition, where there are others."""
        return list(self.document.edition) if len(self.document.edition) > 1 else []

    def logo(self) -> str:
        """The logo as a data URI, "" where there is none."""
        logo = self.document.brand.logo
        return f"data:image/png;base64,{logo}" if _BASE64.fullmatch(logo) else ""
