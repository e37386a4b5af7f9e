"""Small multiples: the slices of a split side by side, each measure on a scale of its own, and of
durations each slice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from insights_reports.edition.charts import as_far, slice_change, trend_cut
from insights_reports.edition.counted import DURATIONS
from insights_reports.edition.document import Chart, ChartForm, ChartSeries, Role
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import MEASURES, Judging
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.values import Metric, Name, Phrase, Value

PANELS = 12
"""How many slices have a panel."""

_FAR = 3  # times as high as the next: on one scale the others would be flat

_FREQUENCY, *_OTHERS = MEASURES


def panels(
    facts: Facts,
    slices: Slices,
    labels: Sequence[tuple[int, Phrase | Name]],
    set_name: Name | None,
    anchor: str,
    judging: Judging,
) -> tuple[Chart, ...]:
    """The deployments of the first slices over time, on one scale; () when nothing is known of
    them. The first chart has the panels of the other measures as its alternatives.

    Where a few slices are so much larger than the others that these would be flat lines, the few
    come first, in a chart and on a scale of their own, and both charts say so. ``labels`` are the
    series to show, in order, and what each is called.
    """
    made = _Panels(facts, slices, labels, set_name, anchor, judging)
    shown = made.series(_FREQUENCY)
    if all(figure.value is None for each in shown for figure in each.figures):
        return ()
    first, *rest = made.deployments(shown)
    return (replace(first, alternatives=tuple(map(made.measure, _OTHERS))), *rest)


def _far_larger(highest: Sequence[float]) -> int:
    """How many panels get a scale of their own: the highest ones down to the widest gap, if what
    is above it is `_FAR` times as high as what is below; at most half, and at least two stay."""
    falling = sorted(highest, reverse=True)
    most = min(len(falling) // 2, len(falling) - 2)
    gaps = [falling[n] / max(falling[n + 1], 1) for n in range(most)]
    widest = max(gaps, default=0)
    return gaps.index(widest) + 1 if widest >= _FAR else 0


@dataclass(frozen=True)
class _Panels:
    """What the panels of one part are made from."""

    facts: Facts
    slices: Slices
    labels: Sequence[tuple[int, Phrase | Name]]
    set_name: Name | None
    anchor: str
    judging: Judging

    def series(self, metric: Metric) -> list[ChartSeries]:
        return [self._panel(series, label, metric) for series, label in self.labels[:PANELS]]

    def _panel(self, series: int, label: Phrase | Name, metric: Metric) -> ChartSeries:
        statistic = STATISTICS[metric]
        figures = (self.slices.figure(series, span, metric, statistic) for span in self.facts.trend)
        moved = slice_change(self.facts, self.slices, series, metric, self.judging)
        key = "series.panel" if moved.difference is not None else "series.panel_alone"
        summary = Phrase(key, {"n": moved.after, "change": moved})
        return ChartSeries(label, Role.MAIN, tuple(figures), summary)

    def deployments(self, shown: Sequence[ChartSeries]) -> tuple[Chart, ...]:
        """One chart, or two where a few slices are far larger than the others."""
        highest = [max((f.value or 0 for f in each.figures), default=0) for each in shown]
        apart = sorted(np.argsort(highest)[::-1][: _far_larger(highest)].tolist())
        few = [shown[at] for at in apart]
        others = [each for at, each in enumerate(shown) if at not in apart]
        if not few:
            return (self._deployments(others, "one_scale", ""),)
        return (
            self._deployments(few, "apart", "-apart"),
            self._deployments(others, "others", ""),
        )

    def _deployments(self, shown: Sequence[ChartSeries], scale: str, id: str) -> Chart:
        values = _extremes(shown)
        subtitle = Phrase(f"chart.panels.subtitle.{scale}", values)
        if scale != "apart":
            subtitle = self._some(subtitle)
        alt = Phrase("chart.panels.alt", values)
        title = self._title("chart.panels.title", "chart.panels.title_of", {})
        return self._chart(id, title, subtitle, alt, shown)

    def measure(self, metric: Metric) -> Chart:
        """The same slices by another measure, with gaps where it has no value."""
        shown = self.series(metric)
        numbers = [f.value for each in shown for f in each.figures if f.value is not None]
        named: dict[str, Value] = {"metric": Phrase(f"metric.{metric}")}
        subtitle = Phrase(f"chart.panels.measure.{metric}")
        alt = Phrase("chart.panels.measure.none", named)
        if numbers:
            scale = "own" if metric in DURATIONS else "alt"
            alt = Phrase(f"chart.panels.measure.{scale}", named | _extremes(shown))
        keys = ("chart.panels.measure.title", "chart.panels.measure.title_of")
        title = self._title(*keys, named)
        chart = self._chart(f"-{metric}", title, self._some(subtitle), alt, shown)
        return replace(chart, own_scales=metric in DURATIONS)

    def _title(self, alone: str, of_set: str, values: dict[str, Value]) -> Phrase:
        values |= {"granularity": Phrase(f"per.{self.facts.windows.trend_granularity}")}
        if self.set_name is None:
            return Phrase(alone, values)
        return Phrase(of_set, values | {"set": self.set_name})

    def _some(self, subtitle: Phrase) -> Phrase:
        """The same, and of how many slices the shown ones are."""
        if len(self.labels) <= PANELS:
            return subtitle
        some: dict[str, Value] = {"subtitle": subtitle, "shown": PANELS, "n": len(self.labels)}
        return Phrase("chart.panels.some", some)

    def _chart(
        self, id: str, title: Phrase, subtitle: Phrase, alt: Phrase, shown: Sequence[ChartSeries]
    ) -> Chart:
        return Chart(
            id=f"{self.anchor}-panels{id}",
            form=ChartForm.PANELS,
            title=title,
            subtitle=as_far(self.facts, subtitle),
            alt=alt,
            x=tuple(span.start for span in self.facts.trend),
            granularity=self.facts.windows.trend_granularity,
            unit=shown[0].figures[-1].unit,
            series=tuple(shown),
            cut=trend_cut(self.facts),
        )


def _extremes(shown: Sequence[ChartSeries]) -> dict[str, Value]:
    """The lowest and the highest figure, and whose that is."""
    known = [(f, each.label) for each in shown for f in each.figures if f.value is not None]
    (low, _), (high, top) = (pick(known, key=lambda f: f[0].value or 0) for pick in (min, max))
    return {"n": len(shown), "low": low, "high": high, "top": top}
