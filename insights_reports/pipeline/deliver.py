"""Delivering: the files of a run's edition to the destinations of its subscription."""

from collections.abc import Iterator, Sequence

from insights_reports.delivery import (
    Destination,
    Edition,
    FolderDestination,
    Holders,
    Ledger,
    MailBody,
    MailDestination,
    MailNotes,
    Receipt,
    RevisionManifest,
    deliver,
)
from insights_reports.delivery.storage.manifest import folder_of, manifest_of, parse_manifest
from insights_reports.delivery.storage.places import Place, read_manifests, write_index
from insights_reports.edition.about import About
from insights_reports.edition.document import Document, load
from insights_reports.edition.revisions import without_history
from insights_reports.edition.values import Figure, Metric, Missing, Statistic
from insights_reports.errors import InsightsReportsError
from insights_reports.formats.html import index
from insights_reports.formats.html.index_figures import IndexFigure
from insights_reports.formats.mail import render as mail
from insights_reports.pipeline.conditions import why_no_mail
from insights_reports.pipeline.destinations import (
    destination_of,
    destinations_of_slice,
    mailing,
    of_slice,
)
from insights_reports.pipeline.render import MakePage, files_wanted, page_maker, rendered_files
from insights_reports.pipeline.runs import Run


def deliver_edition(run: Run, *, note: str = "", released_by: str = "") -> list[Receipt]:
    """Bring the run's edition to every destination that has not got it yet.

    A destination that fails does not stop the others; its receipt says so. ``note`` says
    that ``released_by`` released an edition that was held. Nobody gets a mail of one that does not
    meet the subscription's condition, unless it was released.

    Raises:
        ConfigError: when a destination's settings cannot be used (a missing password).
        DeliveryError: when the ledger cannot be used.
    """
    with run.stage("deliver"), _ledger(run) as ledger:
        why = "" if released_by or _was_released(run, ledger) else why_not_mailed(run)
        receipts = deliver(
            edition_of(run, released_by),
            [each for each in destinations(run) if not (why and isinstance(each, MailDestination))],
            ledger,
            now=ledger.now,
            note=note or why,
            compose_mail=lambda edition, notes: compose_mail(run, notes),
        )
        _refresh_indexes(run, receipts, ledger.holders)
    return receipts


def why_not_mailed(run: Run) -> str:
    """Why nobody gets a mail of the run's edition; "" when everybody does, as of a test mail."""
    condition = run.subscription.mail_when
    if run.test_send or condition == "always":
        return ""
    return why_no_mail(condition, first_document(run))


def _was_released(run: Run, ledger: Ledger) -> bool:
    about = run.about
    rows = ledger.editions(run.subscription_name, about.period)
    notes = (row.note for row in rows if row.revision == about.revision)
    return any(note.startswith("released by ") for note in notes)


def _ledger(run: Run) -> Ledger:
    """A test mail is remembered by nobody."""
    return Ledger(run.folder / "test-send.sqlite") if run.test_send else run.open_ledger()


def destinations(run: Run) -> list[Destination]:
    """Where the run's edition goes."""
    if run.test_send:
        return [mailing(run.config, "test-send", (run.test_send,), ("pdf",))]
    if run.out:
        out = FolderDestination("out", run.out)
        return [out if run.slice is None else of_slice(out, run.subscription_name)]
    if run.slice is not None:
        return destinations_of_slice(run.config, run.subscription_name)
    return [destination_of(run.config, name) for name in run.subscription.deliver_to]


def edition_of(run: Run, released_by: str = "") -> Edition:
    """What the run made, with the files that it rendered."""
    about = run.about.model_copy(update={"released_by": released_by})
    return Edition(about, tuple(rendered_files(run)))


def first_document(run: Run) -> Document:
    """The one that speaks for the edition."""
    name, _ = files_wanted(run)[0]
    return load((run.documents / f"{name}.json").read_bytes())


def compose_mail(run: Run, notes: MailNotes) -> MailBody:
    """The body of the mails of the run's edition."""
    document = first_document(run)
    return mail.render(
        without_history(document) if notes.first else document,
        attached=notes.attached,
        left_out=notes.left_out,
        folders=notes.folders,
        owner=(run.config.mail.owner or "") if run.config.mail else "",
        make_html=page_maker(run.config, "mail", mail.html_part),
    )


def _refresh_indexes(run: Run, receipts: Sequence[Receipt], holders: Holders) -> None:
    """One that cannot be written does not stop the others; the first error is raised then."""
    done = {receipt.key.destination for receipt in receipts if receipt.done}
    errors: list[InsightsReportsError] = []
    for destination in destinations(run):
        if not isinstance(destination, MailDestination) and destination.name in done:
            try:
                _refresh_index(run, destination, holders)
            except InsightsReportsError as error:
                errors.append(error)
    if errors:
        raise errors[0]


def _refresh_index(run: Run, destination: Place, holders: Holders) -> None:
    """Write the index page of all editions in a folder.

    Raises:
        DeliveryError: when a manifest cannot be read or the page not be written.
    """
    entries = [_entry(manifest) for manifest in read_manifests(destination, holders)]
    page = _index(run, entries, _language(run, destination))
    write_index(destination, page, holders)


def lone_index(run: Run, edition: Edition, make: MakePage | None = None) -> bytes:
    """The index page that would name ``edition`` alone, made by ``make`` instead of as in a run."""
    manifest = parse_manifest(manifest_of(edition), folder_of(edition))
    return _index(run, [_entry(manifest)], run.subscription.language, make)


def _index(
    run: Run, entries: Sequence[index.IndexEntry], language: str, make: MakePage | None = None
) -> bytes:
    make = make or page_maker(run.config, "index", index.render)
    company = run.config.company
    return make(
        entries,
        title=company.name,
        generated=run.generated,
        language=language,
        accent=company.accent,
    )


def _language(run: Run, destination: Place) -> str:
    """That of the subscriptions that deliver to a folder; English where they have several."""
    if run.out:
        return run.subscription.language
    sharing = run.config.subscriptions.values()
    languages = {each.language for each in sharing if destination.name in each.deliver_to}
    return languages.pop() if len(languages) == 1 else "en"


def _entry(manifest: RevisionManifest) -> index.IndexEntry:
    return index.IndexEntry(
        subscription=manifest.about.subscription,
        report=manifest.about.report,
        title=manifest.about.title,
        period=manifest.about.period,
        start=manifest.about.start,
        end=manifest.about.end,
        revision=manifest.about.revision,
        status=manifest.about.status,
        verdict=manifest.about.verdict,
        generated=manifest.about.made_at,
        files=tuple(
            index.IndexFile(
                name=file.name,
                path=f"{manifest.folder}/{file.name}",
                document=file.document,
                size=file.size,
                sha256=file.sha256,
            )
            for file in manifest.files
        ),
        figures=tuple(_figures(manifest.about)),
        finding=manifest.about.finding,
        differing=manifest.about.differs,
        released_by=manifest.about.released_by,
    )


def _figures(about: About) -> Iterator[IndexFigure]:
    """Those of page one that this version knows."""
    for said in about.page_one:
        try:
            figure = Figure(
                Metric(said.measure),
                Statistic(said.statistic),
                said.value,
                missing=Missing(said.missing) if said.missing else None,
            )
        except ValueError:
            continue
        yield IndexFigure(figure, said.verdict)
