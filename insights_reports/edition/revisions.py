"""What a revision says of the one that it replaces: which figures of page one differ, and how."""

from collections.abc import Iterator
from datetime import datetime

from insights_reports.edition.document import Document
from insights_reports.edition.values import Day, Phrase, Status, Value


def revision_changes(
    document: Document, number: int, made: datetime, status: str, replaced: Document | None
) -> tuple[Phrase, ...]:
    """The differences of ``document`` from revision ``number``, made at ``made`` with ``status``;
    ``replaced`` is its document of the same name, None where it is not at hand any more."""
    values: dict[str, Value] = {"revision": number, "day": Day(made.date())}
    key = "replaces_provisional" if status == Status.PROVISIONAL else "replaces"
    first = Phrase(f"revision.{key}", values)
    return (first,) if replaced is None else (first, *_differences(document, replaced))


def _differences(document: Document, replaced: Document) -> Iterator[Phrase]:
    now, before = document.check.ledger.used, replaced.check.ledger.used
    if now != before:
        yield Phrase("revision.used", {"now": now, "before": before})
    earlier = {tile.figure.metric: tile.figure for tile in replaced.tiles}
    differ = [
        (earlier[figure.metric], figure)
        for figure in (tile.figure for tile in document.tiles)
        if figure.metric in earlier and earlier[figure.metric] != figure
    ]
    for was, figure in differ:
        values: dict[str, Value] = {
            "metric": Phrase(f"metric.{figure.metric}"),
            "now": figure,
            "before": was,
        }
        yield Phrase("revision.changed", values)
    if not differ:
        yield Phrase("revision.same")
