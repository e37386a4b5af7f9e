"""The file ``metrics.prom`` in the state's folder, made anew at each look at what is owed."""

from datetime import datetime

from insights_reports.config.model import Config
from insights_reports.owed.metrics import metrics
from insights_reports.owed.standing import Overview
from insights_reports.pipeline.state import open_ledger, state_of
from insights_reports.whole import whole

FILE = "metrics.prom"
_RUNS = 20  # of a subscription, among which the last that ended is found


def write_metrics(config: Config, overview: Overview, now: datetime) -> None:
    """Put today's metrics in the place of the last ones, whole or not at all.

    Raises:
        DeliveryError: when the ledger cannot be read.
        OSError: when the file cannot be written.
    """
    with open_ledger(config) as ledger:
        runs = {
            name: ledger.runs.latest(name, limit=_RUNS)
            for name in (*config.subscriptions, *config.unusable)
        }
    path = state_of(config) / FILE
    with whole(path, private=True) as part:
        part.write_bytes(metrics(overview, runs, now))
