"""The level that a figure lies in, as a phrase: only where the configuration asks for bands.

What the studies published is data of the metrics (`BAND_SETS`). A value may lie in the range of
several levels, and then all of them are named, or of none.
"""

from collections.abc import Sequence
from functools import reduce
from math import inf
from typing import cast

from insights_reports.edition.document import Figure, Metric, Name, Phrase, Statistic, Value
from insights_reports.edition.settings import Settings
from insights_reports.metrics import BAND_SETS, BandSet
from insights_reports.metrics.bands import BandMetric, Point, Range

_OWN = ("first", "second", "third", "fourth", "fifth")


def band(figure: Figure, settings: Settings) -> Phrase | None:
    """The levels in whose range the figure lies; None without a value or a band set, and for a
    measure of which the set says nothing."""
    if figure.value is None or settings.bands == "none":
        return None
    bands = band_set(settings)
    metric = cast(BandMetric, figure.metric.value)
    if not any(metric in metrics for metrics in bands.levels.values()):
        return None
    where = Phrase(f"band.set.{settings.bands}")
    levels = bands.levels_of(metric, figure.value)
    if not levels:
        return Phrase("band.between", {"set": where})
    values: dict[str, Value] = {"levels": _either(_names(levels)), "set": where}
    points = _points(bands, metric, levels, figure)
    if not points:
        return Phrase("band.level", values)
    return Phrase("band.nearest", values | {"points": _either(points)})


def band_sources(settings: Settings) -> tuple[Phrase, ...]:
    """Where the bands come from, and what they are not."""
    if settings.bands == "custom":
        return (Phrase("band.own"),)
    bands = BAND_SETS[settings.bands]
    said = [Phrase("band.source", {"source": Name(bands.source)})]
    if bands.read_in:
        said.append(Phrase("band.read_in", {"read_in": Name(bands.read_in)}))
    cells = (cell for metrics in bands.levels.values() for cell in metrics.values())
    if any(isinstance(cell, Point) for cell in cells):
        said.append(Phrase("band.averages"))
    return (*said, Phrase("band.caveat"))


def band_set(settings: Settings) -> BandSet:
    """The published set, or the one that the settings' own limits make."""
    if settings.bands != "custom":
        return BAND_SETS[settings.bands]
    levels: dict[str, dict[BandMetric, Range | Point]] = {}
    for metric, limits in settings.custom_bands.items():
        for name, cell in zip(_OWN, _ranges(metric, limits), strict=False):
            levels.setdefault(name, {})[cast(BandMetric, metric.value)] = cell
    return BandSet("custom", 0, "", "", levels, {})


def _ranges(metric: Metric, limits: Sequence[float]) -> list[Range]:
    """Best first: of the frequency the highest values, of all others the lowest."""
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        return [Range(low, high) for low, high in zip((*limits, -inf), (inf, *limits), strict=True)]
    return [Range(low, high) for low, high in zip((-inf, *limits), (*limits, inf), strict=True)]


def _names(levels: Sequence[str]) -> list[Value]:
    return [Phrase(f"band.{level}") for level in levels]


def _points(
    bands: BandSet, metric: BandMetric, levels: Sequence[str], figure: Figure
) -> list[Value]:
    """The averages that these levels were published with, as figures; [] for ranges."""
    cells = [bands.levels[level][metric] for level in levels]
    found = dict.fromkeys(cell.at for cell in cells if isinstance(cell, Point))
    return [Figure(figure.metric, Statistic.RATE, at) for at in found]


def _either(values: Sequence[Value]) -> Value:
    """``a``, ``a or b``, ``a, b or c``."""
    if len(values) == 1:
        return values[0]
    *several, last = values
    first = reduce(lambda one, other: Phrase("band.comma", {"one": one, "other": other}), several)
    return Phrase("band.or", {"one": first, "other": last})
