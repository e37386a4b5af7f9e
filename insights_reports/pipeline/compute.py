"""Computing: from a sealed pull to the documents of one edition.

Every figure is recomputed from the deployments and checked against what Octopus states; the edition
gets the revision that its content has in the ledger, or the next one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from insights_reports.crosscheck import CrossCheck, StreamCheck, cross_check
from insights_reports.delivery import Revision
from insights_reports.edition import Inputs, compose, edition_digest, revision_changes
from insights_reports.edition.document import Document, Exclusion, dump
from insights_reports.edition.document import load as load_document
from insights_reports.edition.values import Instant, Name, Phrase, Status
from insights_reports.errors import NoData
from insights_reports.metrics import Conventions, Period, local_dates
from insights_reports.pipeline.load import Pulled, load
from insights_reports.pipeline.pull import READINGS
from insights_reports.pipeline.rebuild import believe
from insights_reports.pipeline.runs import Run
from insights_reports.pipeline.settings import conventions_of, settings_of


def compute(run: Run) -> dict[str, Any]:
    """Make the documents of ``run`` from its pull, and write them into its folder.

    Returns what ``edition.json`` says: period, revision, status, digest, documents, the verdict of
    the cross-check and its counts.

    Raises:
        InsightsReportsError: when the pull cannot be used or the period not be understood.
    """
    with run.stage("load"):
        pulled = load(run.pull_folder)
        period = _period(run, pulled)
    with run.stage("cross-check"):
        check = check_pulled(pulled, conventions_of(run.subscription))
        run.write("cross-check.json", check.to_json())
    with run.stage("compose"):
        inputs = _inputs(run, pulled, period, check)
        _refuse_without_data(inputs)
        settings = settings_of(run.config, run.subscription_name, pulled.tag_sets, pulled.as_of)
        documents = compose(inputs, settings)
        digest = edition_digest(documents)
        revision = _revision(run, period, digest, inputs.status)
        changes = _changes(run, period, revision, documents[0])
        documents = tuple(_revised(document, revision, changes) for document in documents)
        return _write(run, pulled, period, check, documents, digest)


def _refuse_without_data(inputs: Inputs) -> None:
    """No figure of a period that ended before the first known day would mean anything."""
    if inputs.period.end <= inputs.first_day:
        raise NoData(
            "No data: the period lies before all that is known.",
            f"{inputs.period.name} ended before {inputs.first_day}, the first day that is known",
            "Choose a later period; Octopus gives about thirteen months.",
        )


def check_pulled(pulled: Pulled, conventions: Conventions) -> CrossCheck:
    """Everything that Octopus states in ``pulled`` against what its deployments say."""
    check = cross_check(
        pulled.deployments.table,
        pulled.stated,
        zone=pulled.zone,
        lookups=pulled.lookups,
        as_of=pulled.as_of,
        base=conventions,
        earlier=pulled.earlier,
    )
    # From documents all stream values are derived here: Octopus states none of them.
    return replace(check, streams=StreamCheck(), evidence=()) if pulled.source == "core" else check


def period_deployments(deployments: pd.DataFrame, pulled: Pulled, period: Period) -> pd.DataFrame:
    """The deployments completed in ``period``, by the report's zone, oldest first."""
    dates = local_dates(deployments, pulled.zone)
    inside = (dates >= pd.Timestamp(period.start)) & (dates < pd.Timestamp(period.end))
    return deployments[inside].sort_values(["completed", "deployment_id"], ignore_index=True)


def _period(run: Run, pulled: Pulled) -> Period:
    subscription = run.subscription
    calendar = (subscription.week_start, subscription.fiscal_year_starts)
    if run.period != "last":
        return Period.parse(run.period, *calendar)
    today = pulled.as_of.astimezone(pulled.zone).date()
    return Period.last_complete(subscription.every, today, *calendar)


def _inputs(run: Run, pulled: Pulled, period: Period, check: CrossCheck) -> Inputs:
    today = pulled.as_of.astimezone(pulled.zone).date()
    return Inputs(
        report_id=pulled.definition.Id,
        report_name=pulled.definition.Name,
        zone=pulled.zone.key,
        stated_zone=pulled.definition.TimeZone,
        deployments=pulled.deployments.table,
        lookups=pulled.lookups,
        check=check,
        account=Name(pulled.account.Username),
        server=f"{pulled.url} ({pulled.server.Version})",
        space=Name(pulled.space.Name),
        as_of=pulled.as_of,
        generated=run.generated,
        period=period,
        trigger=run.trigger,
        status=_status(today, period),
        known_from=pulled.known_from,
        gaps=tuple(_gaps(pulled)),
        dropped=tuple(
            Exclusion(Phrase(f"exclusion.{reason}"), len(ids), ids)
            for reason, ids in pulled.deployments.dropped.items()
        ),
    )


def _gaps(pulled: Pulled) -> Iterator[Phrase]:
    """What its source cannot know, and what moved while it was read."""
    yield from pulled.gaps
    if pulled.earlier is not None:
        yield Phrase("gap.moved_deployments", {"n": READINGS})
    if pulled.moved:
        yield Phrase("gap.moved_lookups", {"lists": Name(", ".join(pulled.moved))})


def _status(today: date, period: Period) -> Status:
    return Status.PROVISIONAL if today < period.end else Status.FINAL


def _revision(run: Run, period: Period, digest: str, status: Status) -> Revision:
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


def _changes(
    run: Run, period: Period, revision: Revision, document: Document
) -> tuple[Phrase, ...]:
    """What differs from the revision before: its documents are in the folder of its run."""
    with run.open_ledger() as ledger:
        rows = ledger.editions(run.subscription_name, period.name)
    row = next((row for row in rows if row.revision == revision.number - 1), None)
    if row is None:
        return ()
    earlier = run.folder.parent / row.run_id / run.documents.name / f"{document.name}.json"
    replaced = load_document(earlier.read_bytes()) if earlier.is_file() else None
    return revision_changes(document, row.revision, row.made_at, row.status, replaced)


def _revised(document: Document, revision: Revision, changes: tuple[Phrase, ...]) -> Document:
    identity = document.identity
    revised = revision.number > 1 and identity.status is Status.FINAL
    return replace(
        document,
        changes=changes,
        identity=replace(
            identity,
            revision=revision.number,
            status=Status.REVISED if revised else identity.status,
            generated=Instant(revision.made_at, identity.zone),
        ),
    )


def _write(
    run: Run,
    pulled: Pulled,
    period: Period,
    check: CrossCheck,
    documents: tuple[Document, ...],
    digest: str,
) -> dict[str, Any]:
    run.documents.mkdir(exist_ok=True)
    for document in documents:
        (run.documents / f"{document.name}.json").write_bytes(dump(document))
    rows = period_deployments(pulled.deployments.table, pulled, period)
    rows.to_parquet(run.folder / "deployments.parquet")
    identity = documents[0].identity
    edition = {
        "period": period.name,
        "start": period.start.isoformat(),
        "end": period.end.isoformat(),
        "revision": identity.revision,
        "status": identity.status.value,
        "generated": identity.generated.at.isoformat(),
        "digest": digest,
        "report": identity.report.text,
        "documents": [document.name for document in documents],
        "verdict": documents[0].check.verdict.value,
        "figures": check.figures,
        "agrees": check.agrees,
        "differs": check.differs,
        "explained": check.explained,
        "not_comparable": check.not_comparable,
    }
    run.write("edition.json", edition)
    return edition
