"""The section of one split: small multiples, the table of its slices, outliers against their past.

Slices are ordered by their deployments, never by how well they do: unlike services are not to be
ranked (dora.dev, "using the metrics").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from insights_reports.edition.aims import own_targets, targets_of
from insights_reports.edition.charts import slice_change
from insights_reports.edition.document import (
    Chart,
    Column,
    ColumnKind,
    Table,
)
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.files import slug
from insights_reports.edition.judging import MEASURES, Judging
from insights_reports.edition.panels import panels
from insights_reports.edition.values import (
    ChangeVerdict,
    Judged,
    Mark,
    Metric,
    Name,
    Phrase,
    Statistic,
    Value,
)
from insights_reports.metrics import Split, wilson
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
GRAVITY = (
    ChangeVerdict.WORSE,
    ChangeVerdict.FEWER,
    ChangeVerdict.BETTER,
    ChangeVerdict.MORE,
    ChangeVerdict.LOOK,
)
"""The words that lie outside, the gravest first."""

SPOKEN = (*GRAVITY, ChangeVerdict.USUAL)
"""The words on what could be judged."""

_FREQUENCY = Metric.DEPLOYMENT_FREQUENCY


@dataclass(frozen=True)
class SplitPart:
    """One split (of one tag set) as it stands in the documents."""

    facts: Facts
    slices: Slices
    judging: Judging

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
        """The series with a deployment in this window or the one before, by the deployments that
        are shown of them: those that succeeded or failed."""
        spans = (self.facts.windows.now, self.facts.windows.previous)
        now, before = (self.slices.column("total", span) for span in spans)
        others = sum(self.slices.column("other", span) for span in spans)
        ranked = np.lexsort((np.arange(len(now)), -before, -now))
        there = now + before + others > 0
        return tuple(int(series) for series in ranked if there[series])

    @cached_property
    def additive(self) -> bool:
        """Whether the slices that there are add up to the whole, in every window."""
        whole = self.facts.whole.grids["total"].sum(axis=0)
        if not self.order:
            return True
        return bool((self.slices.grids["total"].sum(axis=0) == whole).all())

    @cached_property
    def not_once(self) -> tuple[int, int]:
        """How many deployments of the period count in several of the slices, and in none."""
        now, members = self.facts.windows.now, self.facts.members(self.slices)
        if not self.slices.known(now):
            return 0, 0
        times = np.bincount(members.rows, minlength=len(self.facts.days))
        own = times[self.facts.within(now) & self.facts.counted]
        return int((own > 1).sum()), int((own == 0).sum())

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
        """Small multiples of the slices with the most deployments, to be seen by each measure;
        () when there are none."""
        labels = [(series, self.label(series)) for series in self.order]
        set_name = None if self.slices.tag_set is None else self.tag_set_name
        return panels(self.facts, self.slices, labels, set_name, self.anchor, self.judging)

    def said(self, series: int, metric: Metric) -> Judged:
        """The judgement on one measure of one slice."""
        return self.judging.of(self.facts, self.slices, series, metric)

    @cached_property
    def outliers(self) -> tuple[tuple[int, Metric, Judged], ...]:
        """The measures that lie outside their own usual range, farthest first."""
        found = [
            (series, metric, judged)
            for series in self.order
            for metric in MEASURES
            if (judged := self.said(series, metric)).side is not None
        ]
        return tuple(sorted(found, key=lambda each: -abs(each[2].distance or 0.0)))

    @cached_property
    def judged(self) -> int:
        """How many measures of the slices could be judged."""
        return sum(
            self.said(series, m).verdict in SPOKEN for series in self.order for m in MEASURES
        )

    @cached_property
    def judged_slices(self) -> int:
        """Of how many of `things` some measure could be judged."""
        return sum(
            any(self.said(series, metric).verdict in SPOKEN for metric in MEASURES)
            for series in self.things
        )


def split_slices(main: Facts, everything: Facts) -> tuple[tuple[Facts, Slices], ...]:
    """The series of every split that the settings ask for, in their order: environments and their
    groups over all deployments, the others over those of the scope."""
    found: list[tuple[Facts, Slices]] = []
    for split in main.settings.splits:
        if split in main.inputs.lookups.no_access:
            continue
        facts = everything if split in ("Environment", "EnvironmentGroup") else main
        if split == "TenantTagSet":
            sets = facts.settings.tag_sets or _tag_sets_in_use(facts)
            found += [(facts, facts.slices(split, tag_set)) for tag_set in sets]
        elif split != "None":
            found.append((facts, facts.slices(split)))
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


def no_slices(part: SplitPart) -> Phrase:
    """Why there is no slice: nothing is known of the period, or nothing was deployed in it."""
    if not part.slices.known(part.facts.windows.now):
        return Phrase("split.no_history")
    return Phrase(f"split.none.{part.name}")


def table(part: SplitPart) -> Table:
    """All the slices; the page shows the first of them."""
    facts, id, columns, top = part.facts, f"{part.anchor}-table", _COLUMNS, part.facts.settings.top
    rows = tuple(
        _row(part, facts, part.slices, series, columns, part.judging) for series in part.order
    )
    heads = tuple(_column(part, name) for name in columns)
    notes = [Phrase("note.marks")] if "lead_range" in columns else []
    own = own_targets(facts, part.slices).values()
    aimed = {*facts.settings.targets, *(metric for targets in own for metric in targets)}
    if notes and aimed & {Metric.LEAD_TIME, Metric.FAILURE_RATE}:
        notes.append(Phrase("note.target"))
    for key, n in zip(("counted_twice", "counted_nowhere"), part.not_once, strict=True):
        if n:
            notes.append(Phrase(f"note.{key}", {"n": n}))
    ids = tuple(part.slices.keys[series] for series in part.order)
    return Table(
        row_ids=ids,
        row_verdicts=tuple(_row_word(part, series) for series in part.order),
        id=id,
        title=Phrase(f"table.slices.title.{part.name}"),
        subtitle=Phrase("table.slices.subtitle", {"period": facts.windows.now}),
        columns=heads,
        rows=rows[:top],
        total_rows=len(rows),
        all_rows=rows if len(rows) > top else (),
        total=_row(None, facts, facts.whole, 0, columns, part.judging),
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
_FIGURES = {
    "deployments": (_FREQUENCY, Statistic.TOTAL),
    "failed": (_FREQUENCY, Statistic.FAILED),
    "lead_median": (Metric.LEAD_TIME, Statistic.MEDIAN),
    "rate": (Metric.FAILURE_RATE, Statistic.RATE),
    "recovery_median": (Metric.TIME_TO_RECOVERY, Statistic.MEDIAN),
}


def _column(part: SplitPart, name: str) -> Column:
    if name == "slice":
        title = Phrase(f"column.slice.{part.name}")
    elif name == "change":
        title = Phrase("column.change", {"previous": part.facts.windows.previous})
    else:
        title = Phrase(f"column.{name}")
    return Column(title, _KINDS[name])


def _row(
    part: SplitPart | None,
    facts: Facts,
    slices: Slices,
    series: int,
    columns: Sequence[str],
    judging: Judging,
) -> tuple[Value, ...]:
    """The cells of one slice, or of the whole when there is no part."""
    return tuple(_cell(part, facts, slices, series, name, judging) for name in columns)


def _cell(
    part: SplitPart | None, facts: Facts, slices: Slices, series: int, name: str, judging: Judging
) -> Value:
    if name == "slice":
        return Phrase("label.all") if part is None else part.label(series)
    if name == "change":
        return slice_change(facts, slices, series, _FREQUENCY, judging)
    if name == "lead_range":
        return _lead_mark(facts, slices, series)
    if name == "rate_range":
        return _rate_mark(facts, slices, series)
    metric, statistic = _FIGURES[name]
    return slices.figure(series, facts.windows.now, metric, statistic)


def _row_word(part: SplitPart, series: int) -> ChangeVerdict:
    """The gravest word on a slice."""
    words = [part.said(series, metric).verdict for metric in MEASURES]
    return next((word for word in GRAVITY if word in words), ChangeVerdict.USUAL)


def _lead_mark(facts: Facts, slices: Slices, series: int) -> Mark:
    """From the median to the 90th percentile, and the median before."""
    metric, (now, previous) = Metric.LEAD_TIME, (facts.windows.now, facts.windows.previous)
    median = slices.figure(series, now, metric, Statistic.MEDIAN).value
    p90 = slices.figure(series, now, metric, Statistic.P90).value
    before = slices.figure(series, previous, metric, Statistic.MEDIAN).value
    return Mark(median, median, p90, before, targets_of(facts, slices, series).get(metric))


def _rate_mark(facts: Facts, slices: Slices, series: int) -> Mark:
    """The failure rate and its 95 % interval (Wilson)."""
    metric, now = Metric.FAILURE_RATE, facts.windows.now
    figure = slices.figure(series, now, metric, Statistic.RATE)
    limit = targets_of(facts, slices, series).get(metric)
    if figure.value is None:
        return Mark(None, None, None, None, limit)
    low, high = wilson(int(slices.column("failed", now)[series]), figure.n or 0)
    return Mark(float(figure.value), low, high, None, limit)
