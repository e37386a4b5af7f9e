"""What an edition says to its reader, as a digest: whether a second one says the same."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from insights_reports.edition.document import Document, Section, Table, Tile
from insights_reports.edition.values import Mark

_JSON = TypeAdapter(Any)
_APPARATUS = {"method", "discrepancies"}
"""Sections about how the figures were made and checked, not about the period."""


_LATER = {"unrecovered": ("recovered_by", "recovered_at")}
"""The last columns of a table that tell what happened after the period."""


def edition_digest(documents: Sequence[Document], appearance: Sequence[str] = ()) -> str:
    """SHA-256, in hex, over what the reader of the period reads, and over how it looks: language,
    paper and brand of the documents, and ``appearance``, what else decides on it.

    That is, for each document: report, period and zone, the headline, the figures and changes of
    the tiles, the findings, the tables of the period, and the cross-check's verdict. It is
    not when, by what trigger or as which revision the edition was made, how many figures the
    cross-check compared, or the older periods in sparklines and trends, which fall out of the data
    with time. (A verdict by the limits of twelve periods does change when the oldest of them is no
    longer known; then the edition says something else.)
    """
    shown = [(each.language, each.paper, each.brand) for each in documents]
    return _sha256([[dict(_said(document)) for document in documents], shown, list(appearance)])


def figure_parts(documents: Sequence[Document]) -> dict[str, str]:
    """A digest of each part that has figures: of page one, of each table by its id, and of what
    they are about. None depends on language, look, layout, targets, bands, or which other parts
    there are: two editions with the same digest of every part that both have differ in settings
    only."""
    parts: dict[str, Any] = {}
    for document in documents:
        identity = document.identity
        about = (identity.report_id, identity.period, identity.zone, document.check.verdict)
        parts["about"] = (about, document.check.ledger.used)
        if document.tiles:
            parts["page one"] = [(t.figure, t.extra, t.change, t.verdict) for t in document.tiles]
        for table in (each for each in _tables(document) if not each.id.endswith("-targets")):
            parts[table.id] = [_plain(row) for row in (*table.complete_rows, table.total or ())]
    return {name: _sha256(part) for name, part in parts.items()}


def same_figures(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether two editions, by their `figure_parts`, have the same figures wherever both have
    any."""
    both = before.keys() & now.keys()
    return bool(both) and all(before[name] == now[name] for name in both)


def _plain(row: Sequence[Any]) -> list[Any]:
    """The cells without pictures, in which targets are drawn."""
    return [cell for cell in row if not isinstance(cell, Mark)]


def _sha256(said: Any) -> str:
    text = json.dumps(_JSON.dump_python(said, mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _said(document: Document) -> Iterator[tuple[str, Any]]:
    identity = document.identity
    yield "document", document.name
    yield "report", (identity.report_id, identity.report, identity.period, identity.zone)
    yield "headline", document.headline
    yield "tiles", [_tile(tile) for tile in document.tiles]
    yield "findings", document.findings
    yield "note", document.note
    yield "tables", [_table(table) for table in _tables(document)]
    yield "verdict", document.check.verdict


def _tile(tile: Tile) -> tuple[Any, ...]:
    return tile.figure, tile.extra, tile.change, tile.target, tile.band


def _tables(document: Document) -> Iterator[Table]:
    whole = Section("overview", document.title, None, document.overview)
    for section in (whole, *document.sections):
        if section.id not in _APPARATUS:
            yield from (block for block in section.blocks if isinstance(block, Table))


def _table(table: Table) -> tuple[Any, ...]:
    later = len(_LATER.get(table.id, ()))
    rows = [row[: len(row) - later] for row in table.complete_rows]
    return table.id, table.columns, rows, table.total
