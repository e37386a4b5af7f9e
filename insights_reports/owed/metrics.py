"""What a monitor scrapes: how the subscriptions stand, as OpenMetrics."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.openmetrics.exposition import generate_latest

from insights_reports.delivery import RunRecord
from insights_reports.owed.standing import ENROLLED, Overview, Stand, Standing

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def metrics(overview: Overview, runs: Mapping[str, Sequence[RunRecord]], now: datetime) -> bytes:
    """The text of the metrics ``now``; ``runs`` are the latest of each subscription, newest first.

    Of a subscription that never made anything ``last_success`` is left out.
    """
    registry = CollectorRegistry()
    given = _Gauges(registry)
    given.looked.set(now.timestamp())
    for name, stands in overview.standings.items():
        _standing(given, name, stands, now)
    for name in (*overview.standings, *overview.unusable):
        given.unusable.labels(name).set(name in overview.unusable)
        _last_run(given, name, [run for run in runs.get(name, ()) if run.period != ENROLLED])
    return bytes(generate_latest(registry))  # type: ignore[no-untyped-call]


class _Gauges:
    def __init__(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, help: str, *more: str) -> Gauge:
            labels = ("subscription", *more)
            return Gauge(f"insights_reports_{name}", help, labels, registry=registry)

        self.looked = Gauge(
            "insights_reports_looked_timestamp_seconds",
            "When what is owed was last looked at.",
            registry=registry,
        )
        self.due = gauge("due_timestamp_seconds", "When the newest period became due.")
        self.success = gauge(
            "last_success_timestamp_seconds", "When the last edition was made that all have got."
        )
        self.periods = gauge("periods", "Periods that are due, by how they stand.", "state")
        self.overdue = gauge("overdue_periods", "Due for an hour and not with everybody.")
        self.refused = gauge("refused_deliveries", "Refused for good, of all periods due.")
        self.unusable = gauge("unusable", "1 when its configuration cannot be used.")
        self.run = gauge("last_run_seconds", "How long each stage of the last run took.", "stage")
        self.failed = gauge("last_run_exit_status", "Of the last run that ended; 0 is good.")


def _standing(given: _Gauges, name: str, stands: Sequence[Standing], now: datetime) -> None:
    for state in Stand:
        given.periods.labels(name, state).set(sum(each.stand is state for each in stands))
    given.overdue.labels(name).set(sum(each.is_overdue(now) for each in stands))
    given.refused.labels(name).set(sum(each.refused for each in stands))
    if stands:
        given.due.labels(name).set(stands[-1].due.at.timestamp())
    made = [each.edition for each in stands if each.stand is Stand.DONE and each.edition]
    if made:
        given.success.labels(name).set(max(edition.made_at for edition in made).timestamp())


def _last_run(given: _Gauges, name: str, runs: Sequence[RunRecord]) -> None:
    ended = next((run for run in runs if run.exit_status is not None), None)
    if ended is None:
        return
    given.failed.labels(name).set(ended.exit_status or 0)
    for stage, seconds in ended.stages:
        given.run.labels(name, stage).set(seconds)
