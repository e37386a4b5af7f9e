"""An edition: one subscription for one period, as the typed documents that every format renders.

Pure: no input or output, no clock, no text in any language.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from insights_reports.edition import no_access
from insights_reports.edition.appendix import discrepancies, excluded
from insights_reports.edition.cases import Group
from insights_reports.edition.charts import trends
from insights_reports.edition.contributions import (
    Shares,
    contribution_table,
    median_shares,
    median_waterfall,
    shares,
    waterfall,
)
from insights_reports.edition.counted import DURATIONS
from insights_reports.edition.dated import dated_in
from insights_reports.edition.document import (
    Block,
    Chart,
    Document,
    Identity,
    Section,
    Table,
    Tile,
)
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.few import over_time, since_first
from insights_reports.edition.findings import Findings, findings
from insights_reports.edition.headline import Told, headline, subject
from insights_reports.edition.incidents import FIRST, Incidents
from insights_reports.edition.judging import Judging, judge_edition
from insights_reports.edition.last_edition import last_edition
from insights_reports.edition.matrix import matrix
from insights_reports.edition.method import FORMULA_VERSION, method, short_method
from insights_reports.edition.missed import missed_targets
from insights_reports.edition.month_words import MonthWords, month_words
from insights_reports.edition.months import months_on_page_one
from insights_reports.edition.notes import checked_note
from insights_reports.edition.path import ordered, path
from insights_reports.edition.questions import questions
from insights_reports.edition.same_names import told_apart
from insights_reports.edition.scope import Scope, scope_of, within
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.slices import NAMES, SplitPart, split_slices
from insights_reports.edition.split_headline import split_headline
from insights_reports.edition.split_section import section
from insights_reports.edition.strip import strip, unseen
from insights_reports.edition.tag_sets import by_exact_set
from insights_reports.edition.targets_table import targets_table
from insights_reports.edition.tiles import tiles
from insights_reports.edition.trends_section import trends_section
from insights_reports.edition.values import (
    ChangeVerdict,
    Instant,
    Metric,
    Name,
    Phrase,
    Span,
    Value,
)
from insights_reports.edition.weeks import first_by_week
from insights_reports.judgement import Baseline, Proposal
from insights_reports.metrics import Split


@dataclass(frozen=True)
class Composed:
    """The documents of an edition, and what is to be remembered of it: the baselines that it was
    judged by, and the new levels that it proposes, by their keys."""

    documents: tuple[Document, ...]
    baselines: Mapping[str, Baseline]
    proposals: Mapping[str, Proposal]


def compose(inputs: Inputs, settings: Settings) -> tuple[Document, ...]:
    """The documents of an edition; see `compose_edition`."""
    return compose_edition(inputs, settings).documents


def compose_edition(inputs: Inputs, settings: Settings) -> Composed:
    """An edition.

    With the layout ``per_split`` it has a document ``summary`` and one for each split, named
    ``project``, ``project-group``, ``environment``, ``environment-group``, ``tenant``,
    ``tenant-tag-set``; with ``one`` a single document ``summary`` that has all the sections.

    Raises:
        UsageError: when the settings name a tag set that the look-ups do not know, or an
            environment group that the report does not have, or the note a number that is nowhere
            in the edition.
    """
    edition = _Edition(told_apart(inputs), settings)
    found = [edition.summary()]
    if settings.layout != "one":
        found += [edition.split(several) for several in _by_document(edition.parts)]
        found += [edition.denied(split) for split in no_access.denied(edition.everything)]
    checked_note(inputs.note, found)
    names = tuple(document.name for document in found)
    return Composed(
        tuple(replace(document, edition=names) for document in found),
        edition.judging.baselines(),
        edition.judging.proposals(),
    )


def _by_document(every: tuple[SplitPart, ...]) -> Iterator[tuple[SplitPart, ...]]:
    """The parts of each document: the tag sets share one."""
    for name in dict.fromkeys(part.name for part in every):
        yield tuple(part for part in every if part.name == name)


class _Edition:
    """What the documents have in common, each computed once."""

    def __init__(self, inputs: Inputs, settings: Settings) -> None:
        self.inputs, self.settings = inputs, settings
        self.scope: Scope = scope_of(inputs, settings)
        self.everything = Facts(inputs, settings)
        own = within(inputs, self.scope)
        self.main = self.everything
        if self.scope.group is not None:
            self.main = Facts(own, settings, self.scope.name)

    @cached_property
    def judging(self) -> Judging:
        pairs = [(self.main, self.main.whole), (self.everything, self.everything.whole)]
        pairs += [*self._splits, (self.everything, self.everything.slices("EnvironmentGroup"))]
        groups: list[Group] = []
        for facts, slices in pairs:
            if all(each.slices is not slices for each in groups):
                groups.append(Group(facts, slices))
        return judge_edition(groups, self.inputs.remembered, self.settings.rules)

    @cached_property
    def _splits(self) -> tuple[tuple[Facts, Slices], ...]:
        return split_slices(self.main, self.everything)

    @cached_property
    def parts(self) -> tuple[SplitPart, ...]:
        return tuple(SplitPart(facts, slices, self.judging) for facts, slices in self._splits)

    @cached_property
    def first(self) -> SplitPart | None:
        """The split of page one: by project where there is one."""
        own = [part for part in self.parts if part.facts is self.main]
        return next((part for part in own if part.name == "project"), own[0] if own else None)

    @cached_property
    def ranked(self) -> tuple[SplitPart, ...]:
        """The parts, that of page one first."""
        first = self.first
        if first is None:
            return self.parts
        return (first, *(part for part in self.parts if part is not first))

    @cached_property
    def shares(self) -> dict[str, Shares | None]:
        return {part.anchor: shares(part.facts, part.slices) for part in self.parts}

    @cached_property
    def tiles(self) -> tuple[Tile, ...]:
        return tiles(self.main, self.judging)

    @cached_property
    def found(self) -> Findings:
        if self.inputs.partial:
            return Findings()
        return findings(self.ranked, self.judging, self.shares)

    @cached_property
    def told(self) -> Told:
        first = self.first
        own = None if first is None else self.shares[first.anchor]
        return Told(self.main, self.tiles, first, own, self.month_words)

    @cached_property
    def month_words(self) -> MonthWords:
        return month_words(self.main, self.inputs.remembered)

    @cached_property
    def incidents(self) -> Incidents:
        groups = () if self.scope.group is None else ordered(self.everything, self.scope.name)
        return Incidents(self.main, self.everything, groups)

    def summary(self) -> Document:
        one = self.settings.layout == "one"
        splits = [self.section(part, with_panels=True) for part in self.parts] if one else []
        if one:
            splits += [no_access.section(split) for split in no_access.denied(self.everything)]
        sections = (
            *splits,
            trends_section(
                self.main,
                self.tiles,
                first_by_week(self.found.rows, self.parts, self.judging),
                self.month_words,
                few=self.incidents.all_deployments() is not None,
            ),
            self.incidents.section(self.told.tile(Metric.TIME_TO_RECOVERY).judged.usual),
            method(self.main, self.everything, self.tiles, self.judging),
            discrepancies(self.everything),
            excluded(self.everything),
        )
        disputed = any(tile.stated is not None for tile in self.tiles)
        return replace(
            self.document("summary", self.scoped(), sections),
            title=Phrase("title.summary"),
            subject=subject(self.told),
            headline=headline(self.told),
            tiles=self.tiles,
            findings=self.found.rows,
            overview=tuple(self.overview()),
            questions=(
                *self.asked(disputed=disputed),
                *self.new_levels(),
            ),
            last_edition=last_edition(self.inputs.before, self.parts, self.tiles),
            note=self.inputs.note,
            missed=missed_targets(self.ranked),
        )

    def asked(self, *, disputed: bool) -> tuple[Phrase, ...]:
        """The questions; that there is none is not said where the headline says as much of few
        deployments."""
        found = questions(self.found.rows, self.tiles, self.incidents, disputed=disputed)
        few = self.incidents.all_deployments() is not None
        return () if few and found == (Phrase("question.none"),) else found

    def new_levels(self) -> Iterator[Phrase]:
        """The new levels of page one's measures that somebody may accept."""
        proposed = {} if self.inputs.partial else self.judging.proposals()
        group = self.judging.groups[self.judging.group(self.main, self.main.whole)]
        for tile in self.tiles:
            key = group.key(0, tile.figure.metric)
            if key in proposed:
                names = [each.name for each in self.judging.baselines()[key].periods]
                values: dict[str, Value] = {
                    "metric": Phrase(f"metric.{tile.figure.metric}"),
                    "start": self.main.windows.named(proposed[key].start),
                    "first": self.main.windows.named(names[0]),
                    "last": self.main.windows.named(names[-1]),
                }
                yield Phrase("question.new_level", values)

    def scoped(self) -> Phrase:
        return Phrase("scope.seen") if unseen(self.everything) else self.scope.said

    def overview(self) -> Iterator[Block]:
        """What drove it, the path, where to look, the longest recoveries, when it completes."""
        first = self.first
        listed = self.incidents.all_deployments()
        if listed is not None:
            yield from self.few(listed)
        elif first is not None:
            yield from self.drove(first)
        steps = path(self.everything, self.judging, self.scope.name)
        if steps is not None:
            yield steps
        yield from months_on_page_one(self.main, self.tiles, self.month_words)
        if first is not None and (listed is None or self.found.rows):
            yield from matrix(first, self.judging, self.found.rows)
        longest = self.incidents.recoveries(FIRST)
        if longest is not None and listed is None:
            yield replace(longest, notes=(self.incidents.recovered(),))

    def few(self, listed: Table) -> Iterator[Block]:
        """All deployments, where they are few; where nothing in them can be found, what a longer
        time shows."""
        chart = over_time(self.main)
        if chart is not None:
            yield chart
        yield listed
        first = self.first
        if first is not None and len(first.order) > 1 and not self.found.rows:
            yield since_first(first)

    def drove(self, first: SplitPart) -> Iterator[Block]:
        """The waterfall of the gravest change that has parts; otherwise the gravest change over
        time, or the failure rate where nothing changed."""
        rate = self.told.tile(Metric.FAILURE_RATE)
        own = self.shares[first.anchor]
        if rate.verdict in _CHANGED and own is not None and len(own.parts) > 1:
            yield waterfall(self.main, first, own)
            return
        for metric in (tile.figure.metric for tile in self.told.changes):
            above = median_shares(self.main, first.slices, metric) if metric in DURATIONS else None
            if above is not None and len(above.parts) > 1:
                yield median_waterfall(self.main, first, above, metric)
                return
        [chart] = trends(self.main, [*self.told.changes, rate][:1])
        if isinstance(chart, Chart):
            yield replace(chart, id="over-time")

    def section(self, part: SplitPart, *, with_panels: bool) -> Section:
        made = section(part, with_panels=with_panels)
        aimed = targets_table(part)
        if aimed is not None:
            made = replace(made, blocks=(*made.blocks, aimed))
        own = self.shares[part.anchor]
        by_set = by_exact_set(part)
        if by_set is not None:
            return replace(made, blocks=(*made.blocks, by_set))
        if own is None or len(own.parts) < 2 or not own.change:
            return made
        return replace(made, blocks=(*made.blocks, contribution_table(part.facts, part, own)))

    def split(self, several: tuple[SplitPart, ...]) -> Document:
        first = several[0]
        sections = tuple(self.section(part, with_panels=False) for part in several)
        slices = sum(len(part.things) for part in several)
        anchors = {part.anchor for part in several}
        scope = Phrase(f"scope.split.{first.name}", {"n": slices})
        if first.facts is self.main and self.scope.group is not None:
            scope = Phrase("scope.within", {"scope": scope, "group": Name(self.scope.group)})
        return replace(
            self.document(first.name, scope, (*sections, short_method(first.facts))),
            title=Phrase(f"title.split.{first.name}"),
            headline=split_headline(several, self.found.explained),
            findings=tuple(each for each in self.found.rows if each.anchor in anchors),
            overview=tuple(chart for part in several for chart in part.panels()),
            missed=missed_targets(several),
        )

    def denied(self, split: Split) -> Document:
        """The document of a split that this account may not know, which says so."""
        name = NAMES[split]
        sections = (no_access.section(split), short_method(self.everything))
        return replace(
            self.document(name, Phrase("missing.no_access"), sections),
            title=Phrase(f"title.split.{name}"),
            headline=no_access.sentence(split),
        )

    def document(self, name: str, scope: Phrase, sections: tuple[Section, ...]) -> Document:
        """A document without what stands on its first page."""
        settings = self.settings
        nothing = Phrase("subject.report", {"period": self.told.period})
        return Document(
            name=name,
            title=nothing,
            identity=_identity(self.main, self.inputs, scope),
            subject=nothing,
            headline=nothing,
            tiles=(),
            findings=(),
            overview=(),
            check=strip(self.everything, self.main),
            sections=sections,
            language=settings.language,
            paper=settings.paper,
            brand=settings.brand,
            formula_version=FORMULA_VERSION,
            dated=dated_in(settings, (self.main.windows.now, self.main.windows.previous)),
        )


_CHANGED = (ChangeVerdict.WORSE, ChangeVerdict.BETTER)


def _identity(facts: Facts, inputs: Inputs, scope: Phrase) -> Identity:
    period = inputs.period
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
