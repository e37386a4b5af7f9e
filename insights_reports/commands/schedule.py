"""``schedule``: serve the schedules of all subscriptions with Prefect until stopped."""

import argparse
import sys

from insights_reports.commands.flows import load_flows
from insights_reports.config_file import find_config, load_config
from insights_reports.errors import UsageError


def main(options: argparse.Namespace) -> int:
    """Serve them in this process. A stop does not pause the schedules, and what was missed
    meanwhile runs at the next start, each run for its own period.

    Raises:
        UsageError: when no subscription has a schedule.
    """
    path = find_config(options.config).resolve()
    config = load_config(path)
    scheduled = {name: s for name, s in config.subscriptions.items() if s.schedule}
    if not scheduled:
        raise UsageError(
            "No subscription has a schedule.", f"File: {path}", "Add schedule: {cron, zone} to one."
        )
    flow = load_flows(PREFECT_LOGGING_EXTRA_LOGGERS="insights_reports").make_edition

    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron

    deployments = [
        flow.to_deployment(
            name=name,
            schedules=[
                Cron(
                    subscription.schedule.cron,
                    timezone=subscription.schedule.zone,
                    slug="schedule",
                    parameters={"trigger": "schedule"},
                )
            ],
            parameters={"config": str(path), "subscription": name},
            concurrency_limit=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
            ),
        )
        for name, subscription in scheduled.items()
    ]
    for name, subscription in scheduled.items():
        line = f"{name}: {subscription.schedule.cron} in {subscription.schedule.zone}"
        print(line, file=sys.stderr)
    serve(*deployments, pause_on_shutdown=False)
    return 0
