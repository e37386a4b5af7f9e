"""An edition: one subscription for one period, as the typed documents that every format renders.

Pure: no input or output, no clock, no text in any language.
"""

from collections.abc import Iterator
from dataclasses import replace

from insights_reports.edition.appendix import discrepancies, excluded
from insights_reports.edition.charts import has_limits, heat, overview, trends
from insights_reports.edition.document import (
    Block,
    Chart,
    Document,
    Finding,
    Identity,
    Section,
    Tile,
)
from insights_reports.edition.facts import Facts
from insights_reports.edition.headline import headline
from insights_reports.edition.method import FORMULA_VERSION, method, short_method
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.slices import Part, no_slices, parts, section, small_table
from insights_reports.edition.strip import strip, unseen
from insights_reports.edition.tiles import tiles
from insights_reports.edition.values import Instant, Metric, Name, Phrase, Span, Statistic, Value


def compose(inputs: Inputs, settings: Settings) -> tuple[Document, ...]:
    """The documents of an edition.

    With the layout ``per_split`` a document ``summary`` and one for each split, named ``project``,
    ``project-group``, ``environment``, ``environment-group``, ``tenant``, ``tenant-tag-set``; with
    ``one`` a single document ``summary`` that has all the sections.

    Raises:
        UsageError: when the settings name a tag set that the look-ups do not know.
    """
    facts = Facts(inputs, settings)
    every = parts(facts)
    one = settings.layout == "one"
    found = [_summary(facts, every, with_splits=one)]
    if not one:
        found += [_split(facts, several) for several in _by_document(every)]
    names = tuple(document.name for document in found)
    return tuple(replace(document, edition=names) for document in found)


def _by_document(every: tuple[Part, ...]) -> Iterator[tuple[Part, ...]]:
    """The parts of each document: the tag sets share one."""
    for name in dict.fromkeys(part.name for part in every):
        yield tuple(part for part in every if part.name == name)


def _summary(facts: Facts, every: tuple[Part, ...], *, with_splits: bool) -> Document:
    page_one = tiles(facts)
    splits = [section(part, with_panels=True) for part in every] if with_splits else []
    sections = (
        *splits,
        _trends(facts, page_one),
        method(facts, page_one),
        discrepancies(facts),
        excluded(facts),
    )
    return _document(
        facts,
        name="summary",
        title=Phrase("title.summary"),
        scope=Phrase("scope.seen" if unseen(facts) else "scope.all"),
        sentence=headline(facts, page_one),
        tiles=page_one,
        findings=(),
        overview=tuple(_overview(facts, every)),
        sections=sections,
    )


def _overview(facts: Facts, every: tuple[Part, ...]) -> Iterator[Block]:
    """The period at a glance, the slices of the first split, and when deployments complete."""
    chart = overview(facts)
    if chart is not None:
        yield chart
    if every and every[0].order:
        yield small_table(every[0])
    yield heat(facts)


def _trends(facts: Facts, page_one: tuple[Tile, ...]) -> Section:
    charts = trends(facts, page_one)
    limited = any(isinstance(chart, Chart) and has_limits(chart) for chart in charts)
    key = "trends.lead" if limited else "trends.lead_without_limits"
    lead = Phrase(f"{key}.{facts.windows.trend_granularity}", {"n": len(facts.trend)})
    return Section("trends", Phrase("section.trends"), lead, charts)


def _split(facts: Facts, several: tuple[Part, ...]) -> Document:
    first = several[0]
    sections = tuple(section(part, with_panels=False) for part in several)
    slices = sum(len(part.things) for part in several)
    return _document(
        facts,
        name=first.name,
        title=Phrase(f"title.split.{first.name}"),
        scope=Phrase(f"scope.split.{first.name}", {"n": slices}),
        sentence=_split_headline(facts, several),
        overview=tuple(chart for part in several for chart in part.panels()),
        sections=(*sections, short_method(facts)),
    )


def _split_headline(facts: Facts, several: tuple[Part, ...]) -> Phrase:
    """How many slices left their own limits, and for one split which has the most deployments."""
    first = several[0]
    if not any(part.order for part in several):
        return no_slices(first)
    every = sum(len(part.things) for part in several)
    outside = {
        (part.anchor, outlier.series)
        for part in several
        for outlier in part.outliers
        if outlier.series in part.things
    }
    values: dict[str, Value] = {
        "n": every,
        "things": Phrase(f"things.{first.name}", {"n": every}),
        "outside": len(outside),
    }
    key = "only" if not every else "past" if first.has_past else "no_past"
    if len(several) > 1:
        return Phrase(f"headline.sets.{key}", values | {"sets": len(several)})
    whole, top, now = facts.whole, first.order[0], facts.windows.now
    metric, statistic = Metric.DEPLOYMENT_FREQUENCY, Statistic.COUNT
    values |= {
        "top": first.label(top),
        "count": first.slices.figure(top, now, metric, statistic),
        "total": whole.figure(0, now, metric, statistic),
    }
    return Phrase(f"headline.slices.{key}", values)


def _document(
    facts: Facts,
    *,
    name: str,
    title: Phrase,
    scope: Phrase,
    sentence: Phrase,
    overview: tuple[Block, ...],
    sections: tuple[Section, ...],
    tiles: tuple[Tile, ...] = (),
    findings: tuple[Finding, ...] = (),
) -> Document:
    settings = facts.settings
    return Document(
        name=name,
        title=title,
        identity=_identity(facts, scope),
        subject=Phrase("subject.report", {"period": _identity(facts, scope).period}),
        headline=sentence,
        tiles=tiles,
        findings=findings,
        overview=overview,
        check=strip(facts),
        sections=sections,
        language=settings.language,
        paper=settings.paper,
        brand=settings.brand,
        formula_version=FORMULA_VERSION,
    )


def _identity(facts: Facts, scope: Phrase) -> Identity:
    inputs, period = facts.inputs, facts.inputs.period
    return Identity(
        report_id=inputs.report_id,
        report=Name(inputs.report_name, inputs.report_id),
        subscription=facts.settings.subscription,
        scope=scope,
        period=Span(period.name, period.start, period.end),
        zone=inputs.zone,
        stated_zone=inputs.stated_zone,
        status=inputs.status,
        revision=inputs.revision,
        generated=Instant(inputs.generated, inputs.zone),
        as_of=Instant(inputs.as_of, inputs.zone),
        trigger=inputs.trigger,
        account=inputs.account,
        server=inputs.server,
        space=inputs.space,
        granularity=facts.windows.granularity,
    )
