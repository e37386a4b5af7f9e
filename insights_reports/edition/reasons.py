"""What is said of a judged figure: what it is of, what would be usual, since when."""

from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.values import (
    ChangeVerdict,
    Day,
    Figure,
    Judged,
    Metric,
    Phrase,
    Since,
    Statistic,
    Usual,
    Value,
)

FEW = 10  # deployments below which a rate is said as "1 of 2" alone
_FULL = 24  # periods of a whole baseline


def usual_phrase(usual: Usual | None) -> Phrase | None:
    """``up to 14.2 %``, ``6.9 h to 14 h``; None where any value would be usual."""
    if usual is None:
        return None
    low, high = usual.low, usual.high
    if low is not None and not low.value:
        low = None
    if low is None and high is None:
        return None
    if low is None:
        return Phrase("usual.up_to", {"high": high})
    if high is None:
        return Phrase("usual.from", {"low": low})
    return Phrase("usual.both", {"low": low, "high": high})


def since_phrase(since: Since | None) -> Phrase | None:
    """``since the week of 4 October`` or ``between 30 August and 4 October``."""
    if since is None:
        return None
    if since.exact:
        return Phrase("since.week", {"day": Day(since.week)})
    values: dict[str, Value] = {"earliest": Day(since.earliest), "latest": Day(since.latest)}
    return Phrase("since.window", values)


def when_phrase(since: Since | None) -> Phrase | None:
    """``in the week of 4 October`` or ``between 30 August and 4 October``."""
    if since is None:
        return None
    if since.exact:
        return Phrase("when.week", {"day": Day(since.week)})
    values: dict[str, Value] = {"earliest": Day(since.earliest), "latest": Day(since.latest)}
    return Phrase("when.window", values)


def what(facts: Facts, slices: Slices, series: int, metric: Metric) -> Phrase:
    """The figure of this period with what it is of: ``31 of 110 failed (28.2 %)``."""
    now = facts.windows.now
    if metric in (Metric.FAILURE_RATE, Metric.REWORK_RATE):
        failed, total = counts(facts, slices, series, metric)
        if not total:
            return Phrase("what.none")
        rate = Figure(metric, Statistic.RATE, failed / total, total)
        key = f"what.{metric}" if total >= FEW else f"what.{metric}_few"
        values: dict[str, Value] = {"failed": failed, "total": total}
        return Phrase(key, values | {"rate": rate} if total >= FEW else values)
    if metric is Metric.DEPLOYMENT_FREQUENCY:
        figure = slices.figure(series, now, metric, Statistic.TOTAL)
        return Phrase(f"what.{metric}", {"n": figure})
    figure = slices.figure(series, now, metric, Statistic.MEDIAN)
    if figure.value is None:
        return Phrase("what.some", {"n": figure.n or 0})
    return Phrase(f"what.{metric}", {"median": figure, "n": figure.n or 0})


def counts(facts: Facts, slices: Slices, series: int, metric: Metric) -> tuple[int, int]:
    """The failures, or rework, of this period and all of its deployments."""
    now = facts.windows.now
    if metric is Metric.REWORK_RATE:
        return facts.rework_counts(now)
    failed, total = (int(slices.column(name, now)[series]) for name in ("failed", "total"))
    return failed, total


_UNJUDGED = {
    ChangeVerdict.TOO_SHORT: "reason.too_short",
    ChangeVerdict.NOTHING_TO_COMPARE: "reason.nothing",
    ChangeVerdict.SPECIAL: "reason.special",
}


def reason(facts: Facts, slices: Slices, series: int, metric: Metric, judged: Judged) -> Phrase:
    """The sentence beside a verdict."""
    if not slices.known(facts.windows.now):
        return Phrase("reason.no_history")
    if facts.inputs.partial:
        return Phrase("reason.partial")
    if judged.verdict in _UNJUDGED:
        return Phrase(_UNJUDGED[judged.verdict])
    figure = what(facts, slices, series, metric)
    if judged.verdict is ChangeVerdict.TOO_FEW:
        return with_counted(Phrase("reason.few", {"what": figure}), judged)
    return _spoken(figure, judged)


def with_counted(figure: Phrase, judged: Judged) -> Phrase:
    """The same with what was counted, where the figure does not show the verdict."""
    if judged.counted is None:
        return figure
    return Phrase("reason.counted", {"what": figure, "counted": judged.counted})


def _spoken(figure: Phrase, judged: Judged) -> Phrase:
    said = with_usual(figure, judged)
    if judged.verdict.outside:
        said = Phrase("reason.lasting" if judged.lasting else "reason.this", {"what": said})
    if judged.usual is not None and judged.usual.provisional:
        values: dict[str, Value] = {"what": said, "known": judged.usual.known, "full": _FULL}
        said = Phrase("reason.provisional", values)
    return said


def with_usual(figure: Phrase, judged: Judged) -> Phrase:
    """``31 of 110 failed (28.2 %), usual up to 14.2 %, since the week of 4 October``."""
    usual, since = usual_phrase(judged.usual), since_phrase(judged.since)
    said = figure if usual is None else Phrase("reason.usual", {"what": figure, "usual": usual})
    said = with_counted(said, judged)
    return said if since is None else Phrase("reason.since", {"what": said, "since": since})
