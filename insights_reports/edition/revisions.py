"""What a revision says of the one that it replaces: what moved, and which figures, comparisons and
verdicts of page one differ, and how."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from insights_reports.edition.differences import PullDifferences, sentences
from insights_reports.edition.document import Document, Tile
from insights_reports.edition.values import Day, Phrase, Status, Value

_REISSUE = "revision.reissue"


def revision_changes(
    document: Document,
    number: int,
    made: datetime,
    status: str,
    replaced: Document | None,
    moved: PullDifferences | None = None,
) -> tuple[Phrase, ...]:
    """The differences of ``document`` from revision ``number``, made at ``made`` with ``status``;
    ``replaced`` is its document of the same name, ``moved`` what moved in the deployments; None
    where they are not at hand any more."""
    values: dict[str, Value] = {"revision": number, "day": Day(made.date())}
    key = "replaces_provisional" if status == Status.PROVISIONAL else "replaces"
    first = Phrase(f"revision.{key}", values)
    behind = tuple(sentences(moved)) if moved else ()
    return (first, *behind) if replaced is None else (first, *behind, *_said(document, replaced))


def reissue_changes(
    documents: Sequence[Document], number: int, made: datetime, replaced: Document | None
) -> tuple[Phrase, ...]:
    """What an edition says whose figures are those of revision ``number``, made at ``made``, and
    what is new in it; ``replaced`` as for `revision_changes`."""
    first = Phrase(_REISSUE, {"revision": number, "day": Day(made.date())})
    return (first,) if replaced is None else (first, *_new(documents, replaced))


def _new(documents: Sequence[Document], replaced: Document) -> tuple[Phrase, ...]:
    also = [each.title for each in documents if each.name not in replaced.edition]
    found = [Phrase("revision.also", {"title": title}) for title in also]
    if documents[0].note != replaced.note:
        found.append(Phrase("revision.note"))
    return tuple(found) or (Phrase("revision.shown"),)


def is_reissue(document: Document) -> bool:
    """Whether the document says that its figures are those of the revision before."""
    return any(phrase.key == _REISSUE for phrase in document.changes)


def without_history(document: Document) -> Document:
    """The document for somebody who had none of the revisions before."""
    identity = document.identity
    status = Status.FINAL if identity.status is Status.REVISED else identity.status
    return replace(document, changes=(), identity=replace(identity, status=status))


def _said(document: Document, replaced: Document) -> Iterator[Phrase]:
    now, before = document.check.ledger.used, replaced.check.ledger.used
    if now != before:
        yield Phrase("revision.used", {"now": now, "before": before})
    earlier = {tile.figure.metric: tile for tile in replaced.tiles}
    pairs = [(tile, earlier[m]) for tile in document.tiles if (m := tile.figure.metric) in earlier]
    found = [phrase for tile, was in pairs for phrase in _of_tile(tile, was)]
    yield from found
    if not found and document.headline == replaced.headline:
        yield Phrase("revision.same")


def _of_tile(tile: Tile, was: Tile) -> Iterator[Phrase]:
    """The figure, or else its comparison; and the verdict."""
    metric: dict[str, Value] = {"metric": Phrase(f"metric.{tile.figure.metric}")}
    if tile.figure != was.figure:
        yield Phrase("revision.changed", metric | {"now": tile.figure, "before": was.figure})
    elif (tile.change.before, tile.change.difference) != (was.change.before, was.change.difference):
        earlier: dict[str, Value] = {"now": tile.change.before, "before": was.change.before}
        yield Phrase("revision.compared", metric | earlier)
    if tile.verdict is not was.verdict:
        yield Phrase("revision.verdict", metric | {"now": tile.verdict, "before": was.verdict})
