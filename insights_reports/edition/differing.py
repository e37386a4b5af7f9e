"""What differs from the figures that Octopus states, one sentence for each kind of difference."""

from collections.abc import Iterator
from functools import reduce
from typing import get_args

from insights_reports.crosscheck import CrossCheck
from insights_reports.crosscheck.result import CheckFinding
from insights_reports.edition.values import Metric, Name, Part, Phrase, Statistic, Unit, Value
from insights_reports.metrics import Split
from insights_reports.spelling.figures import FAILURE_RATE, LEAD_TIME

_PARTS = (("range", "check.range"), ("per", "per"))
_KEYS = {
    "constant factor": "factor",
    "constant offset": "offset",
    "shifted interval": "shift",
    "other statistic": "statistic",
    "other population": "population",
}


_MEASURES = {
    "NumberOfSuccessfulDeployments": Metric.DEPLOYMENT_FREQUENCY,
    FAILURE_RATE: Metric.FAILURE_RATE,
    LEAD_TIME: Metric.LEAD_TIME,
    "MeanTimeToRecovery": Metric.TIME_TO_RECOVERY,
    "TimeSincePreviousDeployment": "time_since_previous",
    "DeploymentsUntilRecovery": "deployments_until_recovery",
}
_STATISTICS = {
    "Successful": Statistic.COUNT,
    "Failed": Statistic.FAILED,
    "DeploymentFailure": Statistic.FAILED,
    "SuccessfulButHadGuidedFailure": Statistic.GUIDED,
    "Total": Statistic.TOTAL,
    "Mean": Statistic.MEAN,
    "Median": Statistic.MEDIAN,
    "Min": Statistic.MIN,
    "Max": Statistic.MAX,
    "NinetyFifth": Statistic.P95,
}


def kinds(check: CrossCheck) -> Iterator[Phrase]:
    """How many figures differ and of which measures; then a sentence for each finding of the
    cross-check, the largest first; where there is but one, also whether all else agrees."""
    if not check.findings:
        return
    measures = dict.fromkeys(found.metric for found in check.findings)
    what = [_metric(each) for each in measures if each is not None]
    named: Phrase | Name = Phrase("check.kind.several")
    if None not in measures:
        named = reduce(lambda a, b: Phrase("check.kind.and", {"one": a, "other": b}), what)
    yield Phrase("check.kind.heading", {"n": check.differs, "what": named})
    only = len(check.findings) == 1 and check.agrees + check.differs == check.figures
    for found in check.findings:
        said = of_one_kind(found)
        yield Phrase("check.kind.all_else", {"finding": said}) if only else said


def of_one_kind(found: CheckFinding) -> Phrase:
    """What the differences of one kind have in common, in a sentence."""
    key = _KEYS.get(found.kind, found.kind)
    facts = found.facts
    values: dict[str, Value] = {"what": _what(found), "many": _many(found), "n": found.count}
    if key in ("factor", "shift", "population"):
        key = f"{key}_{facts['direction']}"
    if found.kind == "constant factor":
        values["percent"] = float(f"{facts['percent'] or 0:.4g}")
    if found.kind == "constant offset":
        values["size"] = Part(found.amount or 0, Unit(found.unit))
    if found.other is not None:
        values["other"] = _statistic(found.other)
    return Phrase(f"check.kind.{key}", values)


def _what(found: CheckFinding) -> Phrase:
    """``Failure rate (all deployments, per month, last year)``: which figures, of which tables."""
    measure = Phrase("check.kind.several") if found.metric is None else _measure(found)
    values: dict[str, Value] = {"measure": measure, "question": _table(found.questions[0])}
    more = len(found.questions) - 1
    return Phrase("check.kind.what_more" if more else "check.kind.what", values | {"more": more})


def _metric(metric: str) -> Phrase | Name:
    known = _MEASURES.get(metric)
    return Name(metric) if known is None else Phrase(f"metric.{known}")


def _measure(found: CheckFinding) -> Phrase | Name:
    metric = _metric(found.metric or "")
    if found.statistic in (None, "Rate"):
        return metric
    return Phrase("figure.label", {"metric": metric, "statistic": _statistic(found.statistic)})


def _statistic(statistic: str) -> Phrase | Name:
    known = _STATISTICS.get(statistic)
    return Name(statistic) if known is None else Phrase(f"statistic.{known}")


def _table(question: str) -> Phrase | Name:
    """``None, LastYear, Monthly`` as people say it; what is no such question as it stands."""
    split, *rest = question.split(", ")
    name, _, tag_set = split.partition(" ")
    if len(rest) != len(_PARTS) or name not in get_args(Split):
        return Name(question)
    of: Phrase = Phrase(f"check.split.{name}", {"set": Name(tag_set)})
    ways = {key: Phrase(f"{place}.{word}") for (key, place), word in zip(_PARTS, rest, strict=True)}
    return Phrase("check.kind.table", {"split": of, **ways})


def _many(found: CheckFinding) -> Phrase:
    values: dict[str, Value] = {"n": found.count, "compared": found.compared}
    return Phrase("check.kind.all" if found.count >= found.compared else "check.kind.some", values)
