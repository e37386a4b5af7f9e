"""The change of a figure from one window to another, as a value."""

from insights_reports.edition.values import Change, ChangeVerdict, Figure, Metric, Statistic

LEAST = 10
"""How many values a percentage of change needs on either side."""


def up_is_good(metric: Metric) -> bool:
    """Only of deployments more is better (docs/insights/trend-indicators)."""
    return metric is Metric.DEPLOYMENT_FREQUENCY


def change(before: Figure, after: Figure, verdict: ChangeVerdict, *, partial: bool) -> Change:
    """From ``before`` to ``after``. It has no percentage when the period is not complete, when
    either side has fewer than ten values, for a rate, or without a positive base."""
    difference = None
    if before.value is not None and after.value is not None:
        difference = after.value - before.value
    ratio = None
    if (
        difference is not None
        and before.value is not None
        and before.value > 0
        and not partial
        and min(_size(before), _size(after)) >= LEAST
        and after.statistic is not Statistic.RATE
    ):
        ratio = difference / before.value
    return Change(before, after, difference, ratio, verdict)


def _size(figure: Figure) -> float:
    """How many values it is of; a count is of itself."""
    if figure.n is not None:
        return figure.n
    return figure.value or 0 if figure.statistic in (Statistic.COUNT, Statistic.TOTAL) else 0
