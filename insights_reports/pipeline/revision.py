"""Which revision an edition is, and what it says of the one that it replaces.

Other figures make a revision. The same figures in another language, look or split are issued
again under the next number; that is no revision, and is not called one.
"""

from dataclasses import asdict, replace
from datetime import datetime

from insights_reports.delivery import EditionRow, Revision
from insights_reports.edition import revision_changes
from insights_reports.edition.about import About
from insights_reports.edition.differences import Subject
from insights_reports.edition.digest import figure_parts, same_figures
from insights_reports.edition.document import Document
from insights_reports.edition.document import load as load_document
from insights_reports.edition.revisions import reissue_changes
from insights_reports.edition.values import Instant, Phrase, Status
from insights_reports.metrics import Period
from insights_reports.pipeline.rebuild import archived, believe
from insights_reports.pipeline.runs import EDITION, Run
from insights_reports.pipeline.subject import CHANGES, differences_from


def as_revision(
    run: Run, period: Period, documents: tuple[Document, ...], digest: str, subject: Subject
) -> tuple[Document, ...]:
    """The documents under the number that the ledger has for their content, or gives it.

    Raises:
        DeliveryError: when the ledger cannot be used.
    """
    status = documents[0].identity.status
    revision = _numbered(run, period, digest, status)
    row = _replaced(run, period, revision)
    changes: tuple[Phrase, ...] = ()
    if row is not None and _is_reissue(run, row, documents):
        replaced = _document_of(run, row, documents[0].name)
        changes = reissue_changes(documents, row.revision, row.made_at, replaced)
    elif row is not None:
        changes = _changes(run, row, documents[0], subject)
        status = Status.REVISED if status is Status.FINAL else status
    return tuple(
        numbered(each, revision.number, revision.made_at, status, changes) for each in documents
    )


def numbered(
    document: Document, number: int, made: datetime, status: Status, changes: tuple[Phrase, ...]
) -> Document:
    """The document as what its edition is: this revision, made then, with what it changes."""
    identity = document.identity
    return replace(
        document,
        changes=changes,
        identity=replace(
            identity, revision=number, status=status, generated=Instant(made, identity.zone)
        ),
    )


def _numbered(run: Run, period: Period, digest: str, status: Status) -> Revision:
    with run.open_ledger() as ledger:
        if not (run.leaves_no_edition or run.out):
            believe(run.config, ledger, run.subscription_name, period.name, run.generated)
        return ledger.next_revision(
            run.subscription_name,
            period.name,
            digest,
            status=status,
            now=run.generated,
            run_id=run.id,
            enter=not run.leaves_no_edition,
        )


def _replaced(run: Run, period: Period, revision: Revision) -> EditionRow | None:
    with run.open_ledger() as ledger:
        rows = ledger.editions(run.subscription_name, period.name)
    return next((row for row in rows if row.revision == revision.number - 1), None)


def _is_reissue(run: Run, row: EditionRow, documents: tuple[Document, ...]) -> bool:
    """Whether the figures are those of the edition ``row``."""
    now_final = documents[0].identity.status is not Status.PROVISIONAL
    before = _about_of(run, row)
    if before is None or now_final != (row.status != Status.PROVISIONAL):
        return False
    return same_figures(before.figure_parts, figure_parts(documents))


def _about_of(run: Run, row: EditionRow) -> About | None:
    """What an edition was: by the folder of its run or, when that was pruned, by the places that
    keep it; None when nothing tells.

    Raises:
        DeliveryError: when a place cannot be read.
    """
    about = run.folder.parent / row.run_id / EDITION
    if row.run_id and about.is_file():
        return About.model_validate_json(about.read_bytes())
    with run.open_ledger() as ledger:
        return archived(run.config, ledger, row)


def _changes(run: Run, row: EditionRow, document: Document, now: Subject) -> tuple[Phrase, ...]:
    """What differs from the revision before: its documents are in the folder of its run."""
    folder = run.folder.parent / row.run_id
    moved = differences_from(folder, now)
    if moved is not None:
        run.write(CHANGES, {"replaces": row.revision, **asdict(moved)})
    replaced = _document_of(run, row, document.name)
    return revision_changes(document, row.revision, row.made_at, row.status, replaced, moved)


def _document_of(run: Run, row: EditionRow, name: str) -> Document | None:
    """A document of an edition, while the folder of its run is there."""
    path = run.folder.parent / row.run_id / run.documents.name / f"{name}.json"
    return load_document(path.read_bytes()) if row.run_id and path.is_file() else None
