"""Which sheets a workbook has, in order, with their names: known before the first is written,
because the cover, the contents and the key figures link to the others."""

from collections.abc import Iterator
from dataclasses import dataclass

from insights_reports.edition.document import (
    Chart,
    Document,
    Dots,
    Path,
    Prose,
    Section,
    Table,
    Waterfall,
)
from insights_reports.edition.files import file_name
from insights_reports.edition.values import Metric, Phrase
from insights_reports.formats.excel.text import SheetNames
from insights_reports.formats.words.words import Words

FRONT = ("cover", "contents", "notes")
FIGURES = ("figures", "trend", "findings")
BACK = ("check", "exclusions")
_NO_SHEET = (Prose, Dots)  # single values are the rows of another table


@dataclass(frozen=True)
class BlockSheet:
    """The sheet of one table or chart; ``section`` is None on page one."""

    name: str
    block: Table | Chart | Waterfall
    section: Section | None


@dataclass(frozen=True)
class SheetPlan:
    """The names of all sheets of a workbook."""

    fixed: dict[str, str]  # what of FRONT, FIGURES, BACK and the summary there is -> sheet name
    blocks: tuple[BlockSheet, ...]
    deployments: tuple[str, ...]  # sheet names; none where another workbook has them

    def sheets_of(self, anchor: str) -> list[BlockSheet]:
        """The sheets behind an anchor: the section's, or that of the block."""
        found = [
            sheet
            for sheet in self.blocks
            if (sheet.section and sheet.section.id == anchor) or sheet.block.id == anchor
        ]
        return found or [sheet for sheet in self.blocks if sheet.block.id.startswith(f"{anchor}-")]

    def rows_of_metric(self, metric: Metric) -> str:
        """The sheet of this metric's rows: its own trend, else the deployments, else the first."""
        for sheet in self.blocks:
            if sheet.block.id.endswith(f"-{metric}"):
                return sheet.name
        return next(
            iter((*self.deployments, *(sheet.name for sheet in self.blocks))),
            self.fixed["contents"],
        )


def make_plan(
    document: Document, names: SheetNames, words: Words, deployment_sheets: int
) -> SheetPlan:
    """Names for all sheets; ``deployment_sheets`` says over how many the deployments go."""
    fixed = {key: _named(names, words, key) for key in FRONT}
    fixed |= {key: _named(names, words, key) for key in _figure_sheets(document)}
    blocks = tuple(
        BlockSheet(names.take(f"{number} {_name(block, section, words)}"), block, section)
        for number, (block, section) in enumerate(_blocks(document), 1)
    )
    fixed |= {key: _named(names, words, key) for key in BACK}
    if deployment_sheets:
        fixed |= {key: _named(names, words, key) for key in ("summary", "choices")}
    deployments = tuple(_named(names, words, "deployments") for _ in range(deployment_sheets))
    return SheetPlan(fixed, blocks, deployments)


def _name(block: Table | Chart | Waterfall, section: Section | None, words: Words) -> str:
    """What a sheet is called: a title that is a message would be another name each month."""
    for own in (block.id, block.id.rpartition("-")[2]):
        if f"excel.block.{own}" in words.catalogue:
            return _of_set(section, words) + words.text(f"excel.block.{own}")
    return title_of(block, section, words)


def title_of(block: Table | Chart | Waterfall, section: Section | None, words: Words) -> str:
    """The title of a block; that of a tag set names the set."""
    named = "set" in block.title.values
    return ("" if named else _of_set(section, words)) + words.phrase(block.title)


def _of_set(section: Section | None, words: Words) -> str:
    """``Region – `` for what stands in the section of a tag set, else ""."""
    tag_set = section.title.values.get("set") if section else None
    return f"{words.value(tag_set)} – " if tag_set is not None else ""


def deployments_file(document: Document) -> str:
    """The name of the workbook that has the edition's deployments: that of its first document."""
    first = document.edition[0] if document.edition else document.name
    identity = document.identity
    return file_name(identity.subscription, identity.period.name, first, "xlsx")


def _named(names: SheetNames, words: Words, key: str) -> str:
    return names.take(words.text(f"excel.sheet.{key}"))


def _figure_sheets(document: Document) -> Iterator[str]:
    if document.tiles:
        yield from FIGURES[:2]
    if document.findings:
        yield FIGURES[2]


def _blocks(document: Document) -> Iterator[tuple[Table | Chart | Waterfall, Section | None]]:
    ids = {b.id for s in document.sections for b in s.blocks if not isinstance(b, Prose)}
    for block in document.overview:
        if not isinstance(block, _NO_SHEET) and f"all-{block.id}" not in ids:
            yield _tabular(block), None
    for section in document.sections:
        for block in section.blocks:
            if not isinstance(block, _NO_SHEET):
                yield _tabular(block), section


def _tabular(block: Table | Chart | Waterfall | Path) -> Table | Chart | Waterfall:
    return block.table if isinstance(block, Path) else block


def prose(document: Document) -> Iterator[tuple[Phrase, Prose]]:
    """The document's prose, each with the title of where it stands."""
    for block in document.overview:
        if isinstance(block, Prose):
            yield block.title or document.title, block
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Prose):
                yield block.title or section.title, block
