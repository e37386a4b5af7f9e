"""Computing: from a sealed pull to the documents of one edition.

Every figure is recomputed from the deployments and checked against what Octopus states; the edition
gets the revision that its content has in the ledger, or the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from insights_reports.crosscheck import CrossCheck, StreamCheck, cross_check
from insights_reports.edition import Inputs, compose, edition_digest
from insights_reports.edition.differences import Subject
from insights_reports.edition.digest import figure_parts
from insights_reports.edition.document import (
    Document,
    Exclusion,
    dump,
)
from insights_reports.edition.rows import deployment_rows
from insights_reports.edition.settings import Settings
from insights_reports.edition.values import Name, Phrase, Status
from insights_reports.metrics import Conventions, Period
from insights_reports.pipeline.data import write_data
from insights_reports.pipeline.figures import figures_table
from insights_reports.pipeline.load import Pulled, load
from insights_reports.pipeline.pull import READINGS
from insights_reports.pipeline.remember import Known, recall, remember
from insights_reports.pipeline.revision import as_revision
from insights_reports.pipeline.runs import WORKBOOK_ROWS, Run
from insights_reports.pipeline.settings import conventions_of, settings_of
from insights_reports.pipeline.subject import keep, subject_of


def compute(run: Run) -> dict[str, Any]:
    """Make the documents of ``run`` from its pull, and write them into its folder.

    Returns what ``edition.json`` says: period, revision, status, digest, documents, the verdict of
    the cross-check and its counts.

    Raises:
        InsightsReportsError: when the pull cannot be used or the period not be understood.
    """
    with run.stage("load"):
        pulled = load(run.pull_folder)
        period = period_of(run, pulled)
    with run.stage("history"):
        remember(pulled, run.state, run.pull_folder.name, datetime.now(UTC))
        known = recall(pulled, run.state, period)
    with run.stage("cross-check"):
        check = check_pulled(pulled, conventions_of(run.subscription))
        run.write("cross-check.json", check.to_json())
    with run.stage("compose"):
        material = material_of(run, pulled, known, period, check)
        documents = compose(material.inputs, material.settings)
        digest = edition_digest(documents)
        subject = subject_of(pulled, known, period)
        documents = as_revision(run, period, documents, digest, subject)
        return write(run, material, subject, documents, digest)


@dataclass(frozen=True)
class Material:
    """What the documents and the figures of an edition are made from."""

    pulled: Pulled
    known: Known
    check: CrossCheck
    inputs: Inputs
    settings: Settings


def material_of(
    run: Run, pulled: Pulled, known: Known, period: Period, check: CrossCheck
) -> Material:
    """The material of the run's edition.

    Raises:
        InsightsReportsError: when the settings name what the pull does not have.
    """
    settings = settings_of(run.config, run.subscription_name, pulled.tag_sets, pulled.as_of)
    inputs = _inputs(run, pulled, known, period, check)
    return Material(pulled, known, check, inputs, settings)


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


def period_of(run: Run, pulled: Pulled) -> Period:
    """The period that the run asks for.

    Raises:
        UsageError: when its name cannot be understood.
    """
    week_start = run.subscription.week_start
    if run.period != "last":
        return Period.parse(run.period, week_start)
    today = pulled.as_of.astimezone(pulled.zone).date()
    return Period.last_complete(run.subscription.every, today, week_start)


def _inputs(run: Run, pulled: Pulled, known: Known, period: Period, check: CrossCheck) -> Inputs:
    today = pulled.as_of.astimezone(pulled.zone).date()
    return Inputs(
        report_id=pulled.definition.Id,
        report_name=pulled.definition.Name,
        zone=pulled.zone.key,
        stated_zone=pulled.definition.TimeZone,
        deployments=known.deployments,
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
        known_from=known.known_from,
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


def write(
    run: Run, material: Material, subject: Subject, documents: tuple[Document, ...], digest: str
) -> dict[str, Any]:
    """Write what the run's files are made of; returns what ``edition.json`` says."""
    run.documents.mkdir(exist_ok=True)
    for document in documents:
        (run.documents / f"{document.name}.json").write_bytes(dump(document))
    keep(subject, run.folder)
    material.known.older.to_parquet(run.folder / "older.parquet")
    if "xlsx" in run.subscription.formats:
        every = run.subscription.workbook.deployments == "all"
        rows = deployment_rows(material.inputs, material.settings, every=every)
        rows.to_parquet(run.folder / WORKBOOK_ROWS)
    period, check = material.inputs.period, material.check
    figures = figures_table(material.pulled, material.inputs, material.settings, check)
    data = write_data(run, period.name, figures, documents)
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
        "known_from": material.inputs.known_from and material.inputs.known_from.isoformat(),
        "data": data,
        "figure_parts": figure_parts(documents),
    }
    run.write("edition.json", edition)
    return edition
