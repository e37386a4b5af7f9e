"""Computing: from a sealed pull to the documents of one edition.

Every figure is recomputed from the deployments and checked against what Octopus states; the edition
gets the revision that its content has in the ledger, or the next one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from insights_reports.crosscheck import CrossCheck, StreamCheck, cross_check
from insights_reports.edition import Inputs, compose_edition, edition_digest
from insights_reports.edition.about import About, PageOne
from insights_reports.edition.differences import Subject
from insights_reports.edition.digest import figure_parts
from insights_reports.edition.document import (
    Document,
    Exclusion,
    dump,
)
from insights_reports.edition.revisions import is_reissue
from insights_reports.edition.rows import deployment_rows
from insights_reports.edition.settings import Settings
from insights_reports.edition.values import Name, Phrase, Status
from insights_reports.errors import NoData
from insights_reports.formats.mail import render as mail
from insights_reports.metrics import Conventions, Period
from insights_reports.octopus.resources import InsightsReport
from insights_reports.pipeline.baselines import keep_baselines, plain
from insights_reports.pipeline.combinations import by_combination
from insights_reports.pipeline.data import write_data
from insights_reports.pipeline.earlier import Earlier, earlier_of, keep_earlier
from insights_reports.pipeline.figures import figures_table
from insights_reports.pipeline.freezes import with_freezes
from insights_reports.pipeline.load import Pulled, load
from insights_reports.pipeline.pull import READINGS
from insights_reports.pipeline.remember import (
    KnownDeployments,
    forget_old,
    recall,
    remember,
    root_of,
)
from insights_reports.pipeline.revision import as_revision
from insights_reports.pipeline.runs import EDITION, WORKBOOK_ROWS, Run
from insights_reports.pipeline.settings import appearance_of, conventions_of, settings_of
from insights_reports.pipeline.slicing import Slicing, slicing_of
from insights_reports.pipeline.subject import keep, subject_of


@dataclass(frozen=True)
class Whole:
    """All that a pull and the history know for the editions of a period; ``slicing`` cuts it where
    a subscription has slices."""

    pulled: Pulled
    known: KnownDeployments
    period: Period
    slicing: Slicing | None

    def part_of(self, run: Run) -> tuple[Pulled, KnownDeployments]:
        """What the edition of ``run`` is made from: everything, or the part of its slice.

        Raises:
            UsageError: when there is no such slice.
        """
        if self.slicing is None or run.slice is None:
            return self.pulled, self.known
        return self.slicing.cut(self.slicing.key_of(run.slice))


def whole_of(run: Run, pulled: Pulled, known: KnownDeployments) -> Whole:
    """What the editions of the run's subscription are made from.

    Raises:
        UsageError: when the period cannot be understood, or the slices not be cut.
    """
    policy = run.subscription.slices
    slicing = slicing_of(policy, pulled, known) if policy else None
    return Whole(pulled, known, period_of(run, pulled), slicing)


def prepare(run: Run) -> Whole:
    """Load the pull of ``run`` and remember it in the history.

    Raises:
        InsightsReportsError: when the pull cannot be used or the period not be understood.
    """
    with run.stage("load"):
        pulled = load(run.pull_folder)
        period = period_of(run, pulled)
    with run.stage("history"):
        root = root_of(run.config)
        remember(pulled, root, run.pull_folder.name, datetime.now(UTC))
        forget_old(pulled, root, run.config)
        return whole_of(run, pulled, recall(pulled, root, period))


def prepare_again(run: Run) -> Whole:
    """As `prepare`, in another process, of a pull that the history remembers already."""
    pulled = load(run.pull_folder)
    return whole_of(run, pulled, recall(pulled, root_of(run.config), period_of(run, pulled)))


def compute(run: Run, whole: Whole | None = None) -> About:
    """Make the documents of ``run`` from its pull, or from ``whole``, which was prepared from that,
    and write them into its folder. Those of a slice are made from its part alone.

    Returns what its edition is, as ``edition.json`` says it.

    Raises:
        InsightsReportsError: as `prepare`; and when there are no data, or no such slice.
    """
    whole = whole or prepare(run)
    pulled, known = whole.part_of(run)
    period = whole.period
    with run.stage("cross-check"):
        check = check_pulled(pulled, conventions_of(run.subscription))
        run.write("cross-check.json", check.to_json())
    with run.stage("compose"):
        earlier = earlier_of(run, period)
        keep_earlier(earlier, run.folder)
        material = material_of(run, pulled, known, earlier, period, check)
        _refuse_without_data(material.inputs)
        composed = compose_edition(material.inputs, material.settings)
        digest = edition_digest(composed.documents, appearance_of(run.config, run.subscription))
        subject = subject_of(pulled, known, period)
        documents = as_revision(run, period, composed.documents, digest, subject)
        about = write(run, material, subject, documents, digest)
        keep_baselines(run, plain(composed))
        return about


@dataclass(frozen=True)
class Material:
    """What the documents and the figures of an edition are made from."""

    pulled: Pulled
    known: KnownDeployments
    check: CrossCheck
    inputs: Inputs
    settings: Settings


def material_of(
    run: Run,
    pulled: Pulled,
    known: KnownDeployments,
    earlier: Earlier,
    period: Period,
    check: CrossCheck,
) -> Material:
    """The material of the run's edition.

    Raises:
        InsightsReportsError: when the settings name what the pull does not have.
    """
    settings = settings_of(run.config, run.subscription_name, pulled.tag_sets, pulled.as_of)
    inputs = _inputs(run, pulled, known, earlier, period, check)
    settings = with_freezes(settings, inputs, pulled.freezes)
    return Material(pulled, known, check, inputs, settings)


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
    table = pulled.deployments.table
    if pulled.combinations:
        table = by_combination(table, pulled.combinations)
    check = cross_check(
        table,
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
    subscription = run.subscription
    calendar = (subscription.week_start, subscription.fiscal_year_starts)
    if run.period != "last":
        return Period.parse(run.period, *calendar)
    today = pulled.as_of.astimezone(pulled.zone).date()
    return Period.last_complete(subscription.every, today, *calendar)


def _inputs(
    run: Run,
    pulled: Pulled,
    known: KnownDeployments,
    earlier: Earlier,
    period: Period,
    check: CrossCheck,
) -> Inputs:
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
        status=_status(today, period, pulled.known_until),
        known_from=known.known_from,
        gaps=tuple(_gaps(pulled)),
        dropped=tuple(
            Exclusion(_exclusion(reason), len(ids), ids)
            for reason, ids in pulled.deployments.dropped.items()
        ),
        remembered=earlier.remembered,
        before=earlier.before,
        note=earlier.note,
    )


def _exclusion(reason: str) -> Phrase:
    """The phrase for a reason of `Deployments.dropped`: ``duplicate``, ``impossible.LeadTime``."""
    key, _, field = reason.partition(".")
    return Phrase(f"exclusion.{key}", {"field": Name(field)} if field else {})


def _gaps(pulled: Pulled) -> Iterator[Phrase]:
    """What its source cannot know, whom its report leaves out, and what moved while it was read."""
    yield from pulled.gaps
    yield from some_tenants(pulled.definition)
    if pulled.earlier is not None:
        yield Phrase("gap.moved_deployments", {"n": READINGS})
    if pulled.moved:
        yield Phrase("gap.moved_lookups", {"lists": Name(", ".join(pulled.moved))})


def some_tenants(definition: InsightsReport) -> Iterator[Phrase]:
    """That tenants which are new are not in the report by themselves."""
    if definition.AllTenants or definition.TenantMode == "Untenanted":
        return
    if definition.TenantTags:
        yield Phrase("gap.tagged_tenants", {"tags": len(definition.TenantTags)})
    elif definition.TenantIds:
        yield Phrase("gap.named_tenants", {"tenants": len(definition.TenantIds)})


def _status(today: date, period: Period, known_until: date | None) -> Status:
    """Final when the period is over and its source speaks of its last day."""
    cut = known_until is not None and known_until + timedelta(days=1) < period.end
    return Status.PROVISIONAL if cut or today < period.end else Status.FINAL


def write(
    run: Run, material: Material, subject: Subject, documents: tuple[Document, ...], digest: str
) -> About:
    """Write what the run's files are made of; returns what its edition is."""
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
    about = About(
        subscription=run.subscription_name,
        report=identity.report.text or identity.report.id,
        period=period.name,
        start=period.start,
        end=period.end,
        revision=identity.revision,
        status=identity.status,
        digest=digest,
        made_at=identity.generated.at,
        run=run.id,
        title=mail.title(documents[0]),
        documents=tuple(document.name for document in documents),
        verdict=check.verdict,
        figures=check.figures,
        agrees=check.agrees,
        differs=check.differs,
        explained=check.explained,
        not_comparable=check.not_comparable,
        known_from=material.inputs.known_from,
        no_access=tuple(
            split for split in run.subscription.splits if split in material.pulled.lookups.no_access
        ),
        figure_parts=figure_parts(documents),
        reissue=is_reissue(documents[0]),
        data=tuple(data),
        page_one=_page_one(documents[0]),
        finding=mail.headline(documents[0]),
    )
    run.write(EDITION, about.to_json())
    return about


def _page_one(document: Document) -> tuple[PageOne, ...]:
    return tuple(
        PageOne(
            measure=tile.figure.metric,
            statistic=tile.figure.statistic,
            value=tile.figure.value,
            missing=tile.figure.missing or "",
            verdict=tile.verdict,
        )
        for tile in document.tiles
    )
