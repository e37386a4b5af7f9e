"""``deploy``: make the deployments of a configuration for the workers of its work pool."""

import argparse
import asyncio

from insights_reports.commands.common import print_json
from insights_reports.commands.prefect_elsewhere import refuse_nothing_to_serve, server_elsewhere
from insights_reports.config.file import find_config, load_config
from insights_reports.errors import UsageError
from insights_reports.scheduling.flows import load_flows, load_prefect
from insights_reports.scheduling.served import Served


def main(options: argparse.Namespace) -> int:
    """Make them as they shall be, however often; those of subscriptions that are gone are removed.

    Raises:
        UsageError: when the configuration names no work pool, nothing has a schedule, a deployment
            cannot be made, or PREFECT_API_URL would carry passwords in the clear.
        ServerGone: when the server does not answer.
    """
    path = find_config(options.config).resolve()
    config = load_config(path)
    refuse_nothing_to_serve(config, server_elsewhere(allow_http=options.allow_http))
    if not config.work_pool:
        raise UsageError(
            "The configuration names no work pool.",
            f"File: {path}",
            "Add `work_pool:`; without one `schedule` makes the deployments and runs them itself.",
        )
    load_prefect()
    from insights_reports.scheduling.deployments import deploy

    home = config.resolve(config.state) / "prefect"
    made = asyncio.run(deploy(load_flows(Served(path)), config, home))
    if options.json:
        print_json({"subscriptions": made})
    return 0
