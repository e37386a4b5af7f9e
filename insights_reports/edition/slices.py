"""The section of one split: small multiples, the table of its slices, outliers against their past.

Slices are ordered by their deployments, never by how well they do: unlike services are not to be
ranked (dora.dev, "using the metrics").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from insights_reports.edition.charts import frequency_change, panels
from insights_reports.edition.document import (
    Block,
    Chart,
    Column,
    ColumnKind,
    Prose,
    Section,
    Table,
)
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.files import slug
from insights_reports.edition.judging import LEAST, limits_of, up_is_good
from insights_reports.edition.tiles import HEADLINE_STATISTICS, SPARK
from insights_reports.edition.values import (
    Figure,
    Mark,
    Metric,
    Name,
    Phrase,
    Statistic,
    Value,
    Verdict,
)
from insights_reports.metrics import Limits, Split, wilson
from insights_reports.metrics.splits import UNKNOWN, UNTAGGED, UNTENANTED

NAMES: dict[Split, str] = {
    "Project": "project",
    "ProjectGroup": "project-group",
    "Environment": "environment",
    "EnvironmentGroup": "environment-group",
    "Tenant": "tenant",
    "TenantTagSet": "tenant-tag-set",
}
"""The names of the splits' documents, and the anchors of their sections."""

_SPECIAL = {UNTENANTED: "slice.untenanted", UNTAGGED: "slice.untagged", UNKNOWN: "slice.unknown"}
_SMALL = 8  # rows of the table on page one
_FREQUENCY = Metric.DEPLOYMENT_FREQUENCY


@dataclass(frozen=True)
class Part:
    """One split (of one tag set) as it stands in the documents."""

    facts: Facts
    slices: Slices

    @property
    def name(self) -> str:
        return NAMES[self.slices.split]

    @property
    def anchor(self) -> str:
        """The id of its section: ``project``, ``tenant-tag-set-tagsets-1``."""
        tag_set = self.slices.tag_set
        return self.name if tag_set is None else f"{self.name}-{slug(tag_set.lower())}"

    @cached_property
    def order(self) -> tuple[int, ...]:
        """The series with a deployment in this window or the one before, by their deployments."""
        spans = (self.facts.windows.now, self.facts.windows.previous)
        now, before = (
            self.slices.column("total", span) + self.slices.column("other", span) for span in spans
        )
        ranked = np.lexsort((np.arange(len(now)), -before, -now))
        return tuple(int(series) for series in ranked if now[series] + before[series] > 0)

    @cached_property
    def additive(self) -> bool:
        """Whether the slices that there are add up to the whole, in every window."""
        whole = self.facts.whole.grids["total"].sum(axis=0)
        if not self.order:
            return True
        overlapping = self.slices.split == "TenantTagSet"
        return not overlapping and bool((self.slices.grids["total"].sum(axis=0) == whole).all())

    def label(self, series: int) -> Phrase | Name:
        """How a slice is called: its name, or the word for deployments that have none."""
        if self._nameless(series):
            return Phrase(_SPECIAL[self.slices.keys[series]])
        return self.slices.name(series)

    def _nameless(self, series: int) -> bool:
        """Whether it holds the deployments that have no tenant, no tag or no group."""
        named = self.slices.split == "EnvironmentGroup"  # whose keys are names
        return self.slices.keys[series] in _SPECIAL and not named

    @cached_property
    def things(self) -> frozenset[int]:
        """Those of `order` that are a tenant, a tag, a group: what a headline counts."""
        return frozenset(series for series in self.order if not self._nameless(series))

    @property
    def tag_set_name(self) -> Name:
        tag_set = self.slices.tag_set or ""
        return Name(self.facts.inputs.lookups.tag_sets.get(tag_set), tag_set)

    @property
    def title(self) -> Phrase:
        values: dict[str, Value] = {} if self.slices.tag_set is None else {"set": self.tag_set_name}
        return Phrase(f"section.split.{self.name}", values)

    def panels(self) -> tuple[Chart, ...]:
        """Small multiples of the slices with the most deployments; () when there are none."""
        labels = [(series, self.label(series)) for series in self.order]
        per: dict[str, Value] = {
            "granularity": Phrase(f"per.{self.facts.windows.trend_granularity}")
        }
        title = Phrase("chart.panels.title", per)
        if self.slices.tag_set is not None:
            title = Phrase("chart.panels.title_of", per | {"set": self.tag_set_name})
        return panels(self.facts, self.slices, labels, title, self.anchor)

    @cached_property
    def outliers(self) -> "tuple[Outlier, ...]":
        return _outliers(self)

    @property
    def has_past(self) -> bool:
        """Whether twelve whole periods are known, which outliers are found by."""
        windows = self.facts.windows
        return self.slices.known(windows.periods[-SPARK]) and not self.facts.inputs.partial


def parts(facts: Facts) -> tuple[Part, ...]:
    """The parts of every split that the settings ask for and the account may know, in order."""
    found: list[Part] = []
    for split in facts.settings.splits:
        if split in facts.inputs.lookups.no_access:
            continue
        if split == "TenantTagSet":
            sets = facts.settings.tag_sets or _tag_sets_in_use(facts)
            found += [Part(facts, facts.slices(split, tag_set)) for tag_set in sets]
        elif split != "None":
            found.append(Part(facts, facts.slices(split)))
    return tuple(found)


def _tag_sets_in_use(facts: Facts) -> tuple[str, ...]:
    """The tag sets, by name, of which some tenant of the deployments has a tag."""
    lookups = facts.inputs.lookups
    tenants = set(facts.inputs.deployments["tenant_id"].dropna().unique())
    tags = {
        tag.casefold() for tenant in tenants for tag in lookups.tenant_tags.get(str(tenant), ())
    }
    used = {tag.partition("/")[0] for tag in tags}
    named = sorted(lookups.tag_sets.items(), key=lambda item: (item[1].casefold(), item[0]))
    return tuple(key for key, name in named if name.casefold() in used)


def section(part: Part, *, with_panels: bool) -> Section:
    """The section of one part."""
    blocks: list[Block] = [*part.panels()] if with_panels else []
    if part.order:
        blocks += [table(part), _outlier_block(part)]
    lead = Phrase("split.lead", {"n": len(part.order)}) if part.order else no_slices(part)
    return Section(part.anchor, part.title, lead, tuple(blocks), part.additive)


def no_slices(part: Part) -> Phrase:
    if not part.slices.known(part.facts.windows.now):
        return Phrase("split.no_history")
    return Phrase(f"split.none.{part.name}")


def table(part: Part) -> Table:
    """All the slices; the page shows the first of them."""
    return _table(part, f"{part.anchor}-table", _COLUMNS, part.facts.settings.top)


def small_table(part: Part) -> Table:
    """The table on page one: fewer columns, the slices with the most deployments."""
    return _table(part, f"{part.anchor}-small", _SMALL_COLUMNS, _SMALL)


def _table(part: Part, id: str, columns: "tuple[str, ...]", top: int) -> Table:
    facts = part.facts
    rows = tuple(_row(part, facts, part.slices, series, columns) for series in part.order)
    heads = tuple(_column(part, name) for name in columns)
    notes = [Phrase("note.marks")] if "lead_range" in columns else []
    if notes and facts.settings.targets.keys() & {Metric.LEAD_TIME, Metric.FAILURE_RATE}:
        notes.append(Phrase("note.target"))
    if not part.additive:
        notes.append(Phrase(f"note.not_additive.{part.name}"))
    return Table(
        id=id,
        title=Phrase(f"table.slices.title.{part.name}"),
        subtitle=Phrase("table.slices.subtitle", {"period": facts.windows.now}),
        columns=heads,
        rows=rows[:top],
        total_rows=len(rows),
        all_rows=rows if len(rows) > top else (),
        total=_row(None, facts, facts.whole, 0, columns),
        notes=tuple(notes),
    )


_KINDS = {
    "slice": ColumnKind.NAME,
    "deployments": ColumnKind.COUNT,
    "failed": ColumnKind.COUNT,
    "change": ColumnKind.CHANGE,
    "lead_range": ColumnKind.MARK_DURATION,
    "lead_median": ColumnKind.DURATION,
    "rate_range": ColumnKind.MARK_RATE,
    "rate": ColumnKind.RATE,
    "recovery_median": ColumnKind.DURATION,
}
_COLUMNS = (
    "slice",
    "deployments",
    "change",
    "lead_range",
    "lead_median",
    "failed",
    "rate_range",
    "rate",
    "recovery_median",
)
_SMALL_COLUMNS = ("slice", "deployments", "change", "lead_median", "rate", "recovery_median")
_FIGURES = {
    "deployments": (_FREQUENCY, Statistic.COUNT),
    "failed": (_FREQUENCY, Statistic.FAILED),
    "lead_median": (Metric.LEAD_TIME, Statistic.MEDIAN),
    "rate": (Metric.FAILURE_RATE, Statistic.RATE),
    "recovery_median": (Metric.TIME_TO_RECOVERY, Statistic.MEDIAN),
}


def _column(part: Part, name: str) -> Column:
    if name == "slice":
        title = Phrase(f"column.slice.{part.name}")
    elif name == "change":
        title = Phrase("column.change", {"previous": part.facts.windows.previous})
    else:
        title = Phrase(f"column.{name}")
    return Column(title, _KINDS[name])


def _row(
    part: Part | None, facts: Facts, slices: Slices, series: int, columns: Sequence[str]
) -> tuple[Value, ...]:
    """The cells of one slice, or of the whole when there is no part."""
    return tuple(_cell(part, facts, slices, series, name) for name in columns)


def _cell(part: Part | None, facts: Facts, slices: Slices, series: int, name: str) -> Value:
    if name == "slice":
        return Phrase("label.all") if part is None else part.label(series)
    if name == "change":
        return frequency_change(facts, slices, series)
    if name == "lead_range":
        return _lead_mark(facts, slices, series)
    if name == "rate_range":
        return _rate_mark(facts, slices, series)
    metric, statistic = _FIGURES[name]
    return slices.figure(series, facts.windows.now, metric, statistic)


def _lead_mark(facts: Facts, slices: Slices, series: int) -> Mark:
    """From the median to the 90th percentile, and the median before."""
    metric, (now, previous) = Metric.LEAD_TIME, (facts.windows.now, facts.windows.previous)
    median = slices.figure(series, now, metric, Statistic.MEDIAN).value
    p90 = slices.figure(series, now, metric, Statistic.P90).value
    before = slices.figure(series, previous, metric, Statistic.MEDIAN).value
    return Mark(median, median, p90, before, facts.settings.targets.get(metric))


def _rate_mark(facts: Facts, slices: Slices, series: int) -> Mark:
    """The failure rate and its 95 % interval (Wilson)."""
    metric, now = Metric.FAILURE_RATE, facts.windows.now
    figure = slices.figure(series, now, metric, Statistic.RATE)
    limit = facts.settings.targets.get(metric)
    if figure.value is None:
        return Mark(None, None, None, None, limit)
    low, high = wilson(int(slices.column("failed", now)[series]), figure.n or 0)
    return Mark(float(figure.value), low, high, None, limit)


@dataclass(frozen=True)
class Outlier:
    """A slice outside its own limits; ``reach`` is how far, in widths of half the limits."""

    series: int
    figure: Figure
    low: Figure
    high: Figure
    verdict: Verdict
    reach: float


def _outliers(part: Part) -> tuple[Outlier, ...]:
    """The slices outside the limits of their own last twelve periods, farthest first."""
    if not part.has_past:
        return ()
    found = [
        outlier
        for series in part.order
        for metric, statistic in HEADLINE_STATISTICS.items()
        if (outlier := _outlier(part, series, metric, statistic)) is not None
    ]
    return tuple(sorted(found, key=lambda outlier: -outlier.reach))


def _outlier(part: Part, series: int, metric: Metric, statistic: Statistic) -> Outlier | None:
    now = part.slices.figure(series, part.facts.windows.now, metric, statistic)
    limits = _limits(part, series, now)
    if now.value is None or limits is None:
        return None
    side = next((s.side for s in limits.signals if (s.at, s.rule) == (SPARK - 1, "outside")), None)
    if side is None:
        return None
    low, high = (Figure(metric, statistic, end) for end in (limits.lower, limits.upper))
    verdict = Verdict.BETTER if (side == "high") == up_is_good(metric) else Verdict.WORSE
    half = limits.upper - limits.centre
    distance = abs(now.value - limits.centre) / half if half else float("inf")
    return Outlier(series, now, low, high, verdict, distance)


def _limits(part: Part, series: int, now: Figure) -> Limits | None:
    """The limits of a measure of a slice, of which ``now`` is the figure of this period; None where
    it is of too few values, or one of the twelve periods has none."""
    if now.value is None or (now.metric is not _FREQUENCY and (now.n or 0) < LEAST):
        return None
    figures = [now]
    for span in reversed(part.facts.windows.periods[-SPARK:-1]):
        figures.append(part.slices.figure(series, span, now.metric, now.statistic))
        if figures[-1].value is None:
            return None
    return limits_of(tuple(reversed(figures)))


def _ranged(part: Part) -> int:
    """How many measures of all slices have limits."""
    figure, now = part.slices.figure, part.facts.windows.now
    return sum(
        _limits(part, series, figure(series, now, metric, statistic)) is not None
        for series in part.order
        for metric, statistic in HEADLINE_STATISTICS.items()
    )


def _nothing_outside(part: Part) -> Phrase:
    """What is said of a part without outliers: how much of it could have had any."""
    ranged, total = _ranged(part), len(part.order) * len(HEADLINE_STATISTICS)
    if not ranged:
        return Phrase("outliers.few", {"n": SPARK})
    if ranged < total:
        return Phrase("outliers.some", {"ranged": ranged, "total": total, "n": SPARK})
    return Phrase("outliers.none")


def _outlier_block(part: Part) -> Block:
    title = Phrase("table.outliers.title")
    if part.facts.inputs.partial:
        return Prose((Phrase("outliers.partial"),), title=title)
    if not part.has_past:
        return Prose((Phrase("outliers.no_past", {"n": SPARK}),), title=title)
    if not part.outliers:
        return Prose((_nothing_outside(part),), title=title)
    rows = tuple(
        (
            part.label(outlier.series),
            Phrase(f"metric.{outlier.figure.metric}"),
            outlier.figure,
            Phrase("outliers.range", {"low": outlier.low, "high": outlier.high}),
            outlier.verdict,
        )
        for outlier in part.outliers
    )
    heads = (
        Column(Phrase(f"column.slice.{part.name}"), ColumnKind.NAME),
        Column(Phrase("column.measure"), ColumnKind.TEXT),
        Column(Phrase("column.this_period"), ColumnKind.TEXT),
        Column(Phrase("column.usual_range"), ColumnKind.TEXT),
        Column(Phrase("column.verdict"), ColumnKind.VERDICT),
    )
    top = part.facts.settings.top
    return Table(
        id=f"{part.anchor}-outliers",
        title=title,
        subtitle=Phrase("table.outliers.subtitle"),
        columns=heads,
        rows=rows[:top],
        total_rows=len(rows),
        all_rows=rows if len(rows) > top else (),
    )
