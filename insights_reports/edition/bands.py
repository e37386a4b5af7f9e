"""The level that a figure lies in, as a phrase: only where the configuration asks for bands.

What the studies published is data of the metrics (`BAND_SETS`); a company's own bands come with the
settings. A value may lie in the range of several levels; then all are named, or in none.
"""

from collections.abc import Sequence
from functools import reduce
from math import inf, isfinite
from typing import cast

from insights_reports.edition.settings import Settings
from insights_reports.edition.values import Day, Figure, Metric, Name, Phrase, Statistic, Value
from insights_reports.metrics import BAND_SETS, BandSet
from insights_reports.metrics.bands import BandMetric, BandRange, Point

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
    where = _where(settings)
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
    if custom := settings.custom_bands:
        named: dict[str, Value] = {
            "name": Name(custom.name),
            "day": Day(custom.day),
            "source": Name(custom.source),
        }
        return Phrase("band.own", named), Phrase("band.own_caveat")
    bands = BAND_SETS[settings.bands]
    said = [Phrase("band.source", {"source": Name(bands.source)})]
    if bands.read_in:
        said.append(Phrase("band.read_in", {"read_in": Name(bands.read_in)}))
    cells = (cell for metrics in bands.levels.values() for cell in metrics.values())
    if any(isinstance(cell, Point) for cell in cells):
        said.append(Phrase("band.averages"))
    return (*said, Phrase("band.caveat"))


def band_limits(settings: Settings) -> tuple[tuple[Phrase, Phrase], ...]:
    """The limits of a company's own bands, metric by metric; those of the studies are published."""
    if settings.custom_bands is None:
        return ()
    return tuple(
        (Phrase(f"metric.{metric}"), _limits(metric, limits))
        for metric, limits in settings.custom_bands.limits.items()
    )


def _limits(metric: Metric, limits: Sequence[float]) -> Phrase:
    """``first band below 1.0 days, second band from 1.0 days``."""
    said = []
    for name, cell in zip(_OWN, _ranges(metric, limits), strict=False):
        values: dict[str, Value] = {
            "band": Phrase(f"band.{name}"),
            "low": _figure(metric, cell.low),
            "high": _figure(metric, cell.high),
        }
        key = "below" if cell.low == -inf else "from" if cell.high == inf else "between"
        said.append(Phrase(f"band.limit.{key}", values))
    return _listed(said)


def _figure(metric: Metric, value: float) -> Figure | None:
    """A limit as a figure; None for no limit."""
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        statistic = Statistic.PER_WEEK
    else:
        statistic = Statistic.RATE if metric is Metric.FAILURE_RATE else Statistic.MEDIAN
    return Figure(metric, statistic, value) if isfinite(value) else None


def _where(settings: Settings) -> Phrase:
    """The name of the set."""
    if custom := settings.custom_bands:
        return Phrase("band.set.custom", {"name": Name(custom.name)})
    return Phrase(f"band.set.{settings.bands}")


def band_set(settings: Settings) -> BandSet:
    """The published set, or the one that the company's own limits make."""
    custom = settings.custom_bands
    if custom is None:
        return BAND_SETS[settings.bands]
    levels: dict[str, dict[BandMetric, BandRange | Point]] = {}
    for metric, limits in custom.limits.items():
        for name, cell in zip(_OWN, _ranges(metric, limits), strict=False):
            levels.setdefault(name, {})[cast(BandMetric, metric.value)] = cell
    return BandSet(custom.name, custom.day.year, custom.source, "", levels, {})


def _ranges(metric: Metric, limits: Sequence[float]) -> list[BandRange]:
    """Best first: of the frequency the highest values, of all others the lowest."""
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        return [
            BandRange(low, high) for low, high in zip((*limits, -inf), (inf, *limits), strict=True)
        ]
    return [BandRange(low, high) for low, high in zip((-inf, *limits), (*limits, inf), strict=True)]


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
    first = reduce(_comma, several)
    return Phrase("band.or", {"one": first, "other": last})


def _listed(phrases: Sequence[Phrase]) -> Phrase:
    """``a, b, c``."""
    return reduce(_comma, phrases)


def _comma(one: Value, other: Value) -> Phrase:
    return Phrase("band.comma", {"one": one, "other": other})
