"""What Octopus states of a figure of page one, where it is another one; and the failure rate as it
counts, where a setting counts otherwise."""

from insights_reports.crosscheck.result import CheckVerdict, Discrepancy
from insights_reports.edition.facts import Facts
from insights_reports.edition.scope import ALL
from insights_reports.edition.values import Figure, Metric, Name, Statistic, Value
from insights_reports.spelling.terms import Granularity

_STATED = {
    (Metric.FAILURE_RATE, Statistic.RATE): ("DeploymentFailureRate", "Rate"),
    (Metric.LEAD_TIME, Statistic.MEDIAN): ("LeadTime", "Median"),
    (Metric.TIME_TO_RECOVERY, Statistic.MEDIAN): ("MeanTimeToRecovery", "Median"),
    (Metric.DEPLOYMENT_FREQUENCY, Statistic.TOTAL): ("DeploymentFailureRate", "Total"),
}
GRANULARITY_OF: dict[str, Granularity] = {"month": "Monthly", "week": "Weekly", "day": "Daily"}
"""The granularity of which a period of this kind is one interval."""


def stated(facts: Facts, figure: Figure) -> Figure | None:
    """What Octopus states of this period's ``figure`` of the scope; None where it states the same,
    or nothing: a quarter or a year it does not state as one figure."""
    wanted = _STATED.get((figure.metric, figure.statistic))
    granularity = GRANULARITY_OF.get(facts.inputs.period.kind)
    if wanted is None or granularity is None:
        return None
    for found in facts.inputs.check.discrepancies:
        if (
            found.verdict is CheckVerdict.DIFFERS
            and (found.metric, found.statistic) == wanted
            and found.granularity == granularity
            and _of_scope(found, facts.scope)
            and found.start_of_interval == facts.windows.now.start
            and isinstance(found.stated, int | float)
        ):
            return Figure(figure.metric, figure.statistic, found.stated)
    return None


def counted_as_failed(facts: Facts) -> dict[str, Value]:
    """Which ``states`` count as failed by a setting, the failure rate with them (``ours``) and as
    ``octopus`` counts; {} where none does."""
    states, now = facts.settings.conventions.count_as_failed, facts.windows.now
    if not states:
        return {}
    return {
        "states": Name(", ".join(sorted(states))),
        "ours": facts.whole.figure(0, now, Metric.FAILURE_RATE, Statistic.RATE),
        "octopus": facts.octopus_rate(now),
    }


def _of_scope(found: Discrepancy, scope: str) -> bool:
    if scope == ALL:
        return found.split == "None"
    return (found.split, found.series) == ("EnvironmentGroup", scope)
