"""What was counted, where the figure itself does not show the verdict on it."""

from math import ceil, floor

from insights_reports.edition.cases import Asked, Group
from insights_reports.edition.counted import DURATIONS
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.values import (
    ChangeVerdict,
    Figure,
    Metric,
    Phrase,
    Statistic,
    Usual,
    Value,
)
from insights_reports.judgement import Baseline, Judgement, Rule, Window


def told(
    group: Group,
    series: int,
    metric: Metric,
    asked: Asked,
    judgement: Judgement,
    verdict: ChangeVerdict,
    usual: Usual | None,
) -> Phrase | None:
    """Of the last eight periods where this one cannot speak, or is called for them alone; of the
    values of a median that is as usual beyond what its range can say."""
    eight = judgement.eight
    if verdict is ChangeVerdict.TOO_FEW and eight is not None:
        return Phrase("judged.as_usual", {"what": _eight(group, metric, asked, eight)})
    if judgement.rules == (Rule.LASTING,) and eight is not None:
        each = "each" if eight.side is judgement.side else "together"
        values: dict[str, Value] = {
            "what": _eight(group, metric, asked, eight),
            "usual": round(eight.usual),
        }
        return Phrase(f"judged.{each}.{judgement.side}", values)
    if verdict is not ChangeVerdict.USUAL or metric not in DURATIONS or usual is None:
        return None
    figure = group.slices.figure(series, group.facts.windows.now, metric, STATISTICS[metric])
    return _median(metric, asked.baseline, judgement, figure, usual)


def _eight(group: Group, metric: Metric, asked: Asked, eight: Window) -> Phrase:
    """``the last eight months together: 49 of 483 failed``."""
    values: dict[str, Value] = {
        "periods": Phrase(f"periods.{group.facts.inputs.period.kind}"),
        "count": round(eight.count),
        "total": round(eight.exposure),
    }
    if metric in DURATIONS:
        values["median"] = _old(metric, asked.baseline)
    return Phrase(f"judged.eight.{metric}", values)


def _median(
    metric: Metric, baseline: Baseline, judgement: Judgement, figure: Figure, usual: Usual
) -> Phrase | None:
    """``12 of 20 above the usual 2.3 h; up to 16 by chance``: of a median that lies on a side on
    which its range has no end."""
    this, limits, median = judgement.this, judgement.range, baseline.median
    if this is None or limits is None or figure.value is None or median is None:
        return None
    above = figure.value > median
    if figure.value == median or (usual.high if above else usual.low) is not None:
        return None
    total = round(this.exposure)
    count, most = (
        (floor(this.count), limits.high)
        if above
        else (total - ceil(this.count), total - limits.low)
    )
    values: dict[str, Value] = {
        "count": count,
        "total": total,
        "median": _old(metric, baseline),
        "most": round(most),
    }
    return Phrase(f"judged.median.{'above' if above else 'below'}", values)


def _old(metric: Metric, baseline: Baseline) -> Figure:
    """The median that values are counted by."""
    return Figure(metric, Statistic.MEDIAN, baseline.median)
