"""DORA's published performance levels, dated, as cut-offs: only where the configuration asks.

The levels are clusters of answers to a survey, over four metrics at once; a value of one metric
lies in a level's range, it is not "graded". From 2023 the failure rates are averages of the
clusters and no ranges, so that only the nearest published point is named. DORA published no levels
in 2025.

Sources: Accelerate State of DevOps Report 2021, 2023 and 2024 (dora.dev). Where a year's
ranges leave a gap, a value in it has the lower of the two levels.
"""

from insights_reports.edition.document import TICKS_PER_SECOND, Figure, Metric, Phrase
from insights_reports.edition.settings import Settings

HOUR = 3600 * TICKS_PER_SECOND
DAY = 24 * HOUR
WEEK, MONTH = 7 * DAY, 30 * DAY
_DAILY, _WEEKLY, _MONTHLY, _HALF_YEARLY = 7.0, 1.0, 12 / 52, 2 / 52  # per week

_ENDLESS = float("inf")
_Cuts = tuple[tuple[str, float], ...]

# The level and the value up to which it reaches; for the frequency, from which on.
_RANGES: dict[str, dict[Metric, _Cuts]] = {
    "dora-2021": {
        Metric.DEPLOYMENT_FREQUENCY: (
            ("elite", _DAILY),
            ("high", _MONTHLY),
            ("medium", _HALF_YEARLY),
            ("low", 0.0),
        ),
        Metric.LEAD_TIME: (
            ("elite", HOUR),
            ("high", WEEK),
            ("medium", 6 * MONTH),
            ("low", _ENDLESS),
        ),
        Metric.TIME_TO_RECOVERY: (
            ("elite", HOUR),
            ("high", DAY),
            ("medium", WEEK),
            ("low", _ENDLESS),
        ),
    },
    "dora-2023": {
        Metric.DEPLOYMENT_FREQUENCY: (
            ("elite", _DAILY),
            ("high", _WEEKLY),
            ("medium_or_low", _MONTHLY),
            ("low", 0.0),
        ),
        Metric.LEAD_TIME: (
            ("elite", DAY),
            ("high", WEEK),
            ("medium_or_low", MONTH),
            ("low", _ENDLESS),
        ),
        Metric.TIME_TO_RECOVERY: (
            ("elite", HOUR),
            ("high", DAY),
            ("medium", WEEK),
            ("low", _ENDLESS),
        ),
    },
    "dora-2024": {
        Metric.DEPLOYMENT_FREQUENCY: (
            ("elite", _DAILY),
            ("high", _WEEKLY),
            ("medium", _MONTHLY),
            ("low", 0.0),
        ),
        Metric.LEAD_TIME: (
            ("elite", DAY),
            ("high", WEEK),
            ("medium", MONTH),
            ("low", _ENDLESS),
        ),
        Metric.TIME_TO_RECOVERY: (
            ("elite", HOUR),
            ("high_or_medium", DAY),
            ("low", _ENDLESS),
        ),
    },
}

_POINTS: dict[str, _Cuts] = {
    "dora-2023": (("elite", 0.05), ("high", 0.10), ("medium", 0.15), ("low", 0.64)),
    "dora-2024": (("elite", 0.05), ("medium", 0.10), ("high", 0.20), ("low", 0.40)),
}

_CUSTOM = ("first", "second", "third", "fourth", "fifth")


def band(figure: Figure, settings: Settings) -> Phrase | None:
    """The level in whose range the figure lies; None without a value or a band set."""
    if figure.value is None or settings.bands == "none":
        return None
    where = Phrase(f"band.set.{settings.bands}")
    if figure.metric is Metric.FAILURE_RATE and settings.bands in _POINTS:
        level, point = _nearest(figure.value, _POINTS[settings.bands])
        nearest = Figure(figure.metric, figure.statistic, point)
        return Phrase(
            "band.nearest", {"level": Phrase(f"band.{level}"), "set": where, "point": nearest}
        )
    cuts = _cuts(figure.metric, settings)
    if not cuts:
        return None
    level = _level(figure, cuts)
    return Phrase("band.level", {"level": Phrase(f"band.{level}"), "set": where})


def _cuts(metric: Metric, settings: Settings) -> _Cuts:
    if settings.bands != "custom":
        return _RANGES[settings.bands].get(metric, ())
    ends = settings.custom_bands.get(metric, ())
    last = 0.0 if metric is Metric.DEPLOYMENT_FREQUENCY else _ENDLESS
    return tuple(zip(_CUSTOM, (*ends, last), strict=False)) if ends else ()


def _level(figure: Figure, cuts: _Cuts) -> str:
    value = figure.value or 0
    if figure.metric is Metric.DEPLOYMENT_FREQUENCY:
        return next(level for level, least in cuts if value >= least)
    return next(level for level, most in cuts if value <= most)


def _nearest(value: float, points: _Cuts) -> tuple[str, float]:
    return min(points, key=lambda point: abs(point[1] - value))
