"""What each slice adds to the change of the failure rate, or of the deployments a week."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from insights_reports.edition.document import (
    Column,
    ColumnKind,
    Table,
    Waterfall,
    WaterfallStep,
)
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import (
    Figure,
    Metric,
    Part,
    Phrase,
    Statistic,
    Unit,
    Value,
)
from insights_reports.judgement import (
    Contribution,
    Slice,
    above,
    median_contributions,
    rate_contributions,
    rounded,
)

_TOP = 4  # steps with a name of their own
_NULL = np.iinfo(np.int64).min
_POINT = Fraction(1, 1000)  # a tenth of a point, which is what is printed


@dataclass(frozen=True)
class Shares:
    """The contributions of the slices of a partition to the change of the failure rate, each with
    the series it is of; they add up to ``change`` exactly."""

    series: tuple[int, ...]
    parts: tuple[Contribution, ...]

    @property
    def change(self) -> Fraction:
        return sum((each.part for each in self.parts), Fraction(0))

    def of(self, series: int) -> Fraction | None:
        return next(
            (p.part for at, p in zip(self.series, self.parts, strict=True) if at == series), None
        )

    @property
    def ranked(self) -> list[tuple[int, Contribution]]:
        """The largest first."""
        both = zip(self.series, self.parts, strict=True)
        return sorted(both, key=lambda pair: (-abs(pair[1].part), pair[0]))


def shares(facts: Facts, slices: Slices) -> Shares | None:
    """The contributions between the window before and this one; None where one of the two has no
    deployment or is not known, or where the slices overlap."""
    windows = facts.windows
    if not slices.known(windows.previous) or windows.now.start == windows.now.end:
        return None
    (n0, f0), (n1, f1) = (
        (slices.column("total", span), slices.column("failed", span))
        for span in (windows.previous, windows.now)
    )
    whole = facts.whole
    totals = [int(whole.column("total", span)[0]) for span in (windows.previous, windows.now)]
    if not all(totals) or [int(n0.sum()), int(n1.sum())] != totals:
        return None
    some = [at for at in range(len(slices)) if n0[at] or n1[at]]
    parts = rate_contributions(
        [Slice(str(at), (int(n0[at]), int(f0[at])), (int(n1[at]), int(f1[at]))) for at in some]
    )
    return Shares(tuple(some), parts)


def waterfall(facts: Facts, part: SplitPart, shares: Shares) -> Waterfall:
    """From the failure rate before to this one: the four largest parts, the rest up and down."""
    windows, whole = facts.windows, facts.whole
    metric, statistic = Metric.FAILURE_RATE, Statistic.RATE
    before, after = (
        whole.figure(0, span, metric, statistic) for span in (windows.previous, windows.now)
    )
    steps = _steps(part, shares)
    target = facts.settings.targets.get(metric)
    title = waterfall_title(part, shares)
    values: dict[str, Value] = {"before": before, "after": after, "title": title}
    return Waterfall(
        id="what-drove-it",
        title=title,
        subtitle=_subtitle(part, shares),
        alt=Phrase("chart.waterfall.alt", values),
        before=before,
        after=after,
        steps=steps,
        periods=(windows.previous, windows.now),
        target=None if target is None else Figure(metric, statistic, target),
    )


def median_shares(facts: Facts, slices: Slices, metric: Metric) -> Shares | None:
    """The contributions to the change of the share of values above the median of the window before;
    None where one of the two windows has no value or the slices overlap."""
    windows, ticks = facts.windows, facts.ticks(metric)
    members = facts.members(slices)
    if len(members.rows) != len(facts.days) or not slices.known(windows.previous):
        return None
    present = (ticks != _NULL)[members.rows]
    sides = []
    for span in (windows.previous, windows.now):
        chosen = present & facts.within(span)[members.rows]
        sides.append((members.series[chosen], ticks[members.rows][chosen]))
    if not all(len(series) for series, _ in sides):
        return None
    values: dict[str | tuple[str, ...], tuple[ArrayLike, ArrayLike]] = {
        str(at): (sides[0][1][sides[0][0] == at], sides[1][1][sides[1][0] == at])
        for at in range(len(slices))
        if (sides[0][0] == at).any() or (sides[1][0] == at).any()
    }
    return Shares(tuple(int(str(at)) for at in values), median_contributions(values))


def median_waterfall(facts: Facts, part: SplitPart, shares: Shares, metric: Metric) -> Waterfall:
    """From half of the values above the old median to the share above it now."""
    windows = facts.windows
    ticks = facts.ticks(metric)
    old, new = (
        ticks[(ticks != _NULL) & facts.within(span)] for span in (windows.previous, windows.now)
    )
    median = float(np.median(old))
    before, after = (
        Figure(metric, Statistic.RATE, float(above(median, each).count) / len(each), len(each))
        for each in (old, new)
    )
    title = waterfall_title(part, shares)
    measure = Phrase(f"metric.{metric}")
    values: dict[str, Value] = {"before": before, "after": after, "title": title}
    return Waterfall(
        id="what-drove-it",
        title=title,
        subtitle=Phrase(
            "chart.waterfall.subtitle_median",
            {"metric": measure, "previous": windows.previous},
        ),
        alt=Phrase("chart.waterfall.alt_median", values | {"metric": measure}),
        before=before,
        after=after,
        steps=_steps(part, shares),
        periods=(windows.previous, windows.now),
    )


def _steps(part: SplitPart, shares: Shares) -> tuple[WaterfallStep, ...]:
    ranked = [(at, one) for at, one in shares.ranked if one.part]
    top, rest = ranked[:_TOP], ranked[_TOP:]
    if len(rest) == 1:
        top, rest = ranked, []
    grouped = [(part.label(at), one.part, 0) for at, one in top]
    up: list[Fraction] = [one.part for _, one in rest if one.part > 0]
    down: list[Fraction] = [one.part for _, one in rest if one.part < 0]
    if up and down and min(sum(up, Fraction(0)), -sum(down, Fraction(0))) < _POINT / 2:
        both = up + down
        grouped.append((_others("others", len(both)), sum(both, Fraction(0)), len(both)))
    else:
        for key, some in (("others_up", up), ("others_down", down)):
            if some:
                grouped.append((_others(key, len(some)), sum(some, Fraction(0)), len(some)))
    names = [f"{number:04d}" for number in range(len(grouped))]
    _, units = rounded([size for _, size, _ in grouped], _POINT, names)
    return tuple(
        WaterfallStep(label, float(size), _points(unit), others)
        for (label, size, others), unit in zip(grouped, units, strict=True)
    )


def _others(key: str, n: int) -> Phrase:
    return Phrase(f"chart.waterfall.{key}", {"n": n})


def _points(units: int) -> Part:
    return Part(float(units * _POINT), Unit.RATE)


def points(part: Fraction) -> Part:
    """A part rounded by itself."""
    return _points(round(part / _POINT))


def leads(shares: Shares) -> tuple[int, Contribution] | None:
    """The slice that made at least half of the change, in its direction."""
    if not shares.parts or not shares.change:
        return None
    series, top = shares.ranked[0]
    return (series, top) if top.part / shares.change >= Fraction(1, 2) else None


def waterfall_title(part: SplitPart, shares: Shares) -> Phrase:
    """``Checkout made 6.9 of the 11.1 points``, or more than them, or over how many slices it is
    spread."""
    top = leads(shares)
    change, less = points(shares.change), "_less" if shares.change < 0 else ""
    if top is not None:
        made = points(top[1].part)
        values: dict[str, Value] = {"slice": part.label(top[0]), "part": made, "change": change}
        key = "beyond" if abs(made.size) > abs(change.size) else "title"
        return Phrase(f"chart.waterfall.{key}{less}", values)
    same = sum(one.part * shares.change > 0 for one in shares.parts)
    spread: dict[str, Value] = {
        "n": same,
        "of": len(shares.parts),
        "things": Phrase(f"things.{part.name}", {"n": len(shares.parts)}),
        "change": change,
    }
    return Phrase(f"chart.waterfall.spread{less}", spread)


def _subtitle(part: SplitPart, shares: Shares) -> Phrase:
    top = leads(shares)
    if top is None:
        return Phrase("chart.waterfall.subtitle")
    series, one = top
    values: dict[str, Value] = {
        "slice": part.label(series),
        "part": points(one.part),
        "rate": points(one.rate),
        "mix": points(one.mix),
    }
    return Phrase("chart.waterfall.subtitle_parts", values)


def contribution_table(facts: Facts, part: SplitPart, shares: Shares) -> Table:
    """All slices: deployments and failures of both periods, rate and mix effect, and their sum."""
    windows, slices = facts.windows, part.slices
    spans = (windows.previous, windows.now)
    rows = []
    for at, one in shares.ranked:
        cells: list[Value] = [part.label(at)]
        cells += [
            int(slices.column(name, span)[at]) for name in ("total", "failed") for span in spans
        ]
        cells += [points(one.rate), points(one.mix), points(one.part)]
        rows.append(tuple(cells))
    whole = facts.whole
    sums = [int(whole.column(name, span)[0]) for name in ("total", "failed") for span in spans]
    rate = sum((one.rate for one in shares.parts), Fraction(0))
    mix = sum((one.mix for one in shares.parts), Fraction(0))
    total: tuple[Value, ...] = (
        Phrase("label.all"),
        *sums,
        points(rate),
        points(mix),
        points(shares.change),
    )
    return Table(
        id=f"{part.anchor}-contributions",
        title=waterfall_title(part, shares),
        subtitle=Phrase("table.contributions.subtitle"),
        columns=_columns(facts, part),
        rows=tuple(rows[: facts.settings.top]),
        total_rows=len(rows),
        all_rows=tuple(rows) if len(rows) > facts.settings.top else (),
        total=total,
        row_ids=tuple(slices.keys[at] for at, _ in shares.ranked),
    )


def _columns(facts: Facts, part: SplitPart) -> tuple[Column, ...]:
    windows = facts.windows
    counted: Sequence[tuple[str, Value]] = (
        ("deployments_in", windows.previous),
        ("deployments_in", windows.now),
        ("failed_in", windows.previous),
        ("failed_in", windows.now),
    )
    return (
        Column(Phrase(f"column.slice.{part.name}"), ColumnKind.NAME),
        *(Column(Phrase(f"column.{n}", {"period": p}), ColumnKind.COUNT) for n, p in counted),
        *(
            Column(Phrase(f"column.{name}"), ColumnKind.PART)
            for name in ("rate_part", "mix_part", "points")
        ),
    )
