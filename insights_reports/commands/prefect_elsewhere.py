"""What `schedule` and `deploy` refuse before they speak to a Prefect server or start one."""

import os
from urllib.parse import urlsplit

from insights_reports.config.file import refuse_unusable
from insights_reports.config.model import Config
from insights_reports.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def server_elsewhere(*, allow_http: bool, port: int | None = None) -> str | None:
    """PREFECT_API_URL, if it is set.

    Raises:
        UsageError: when it would carry runs, and the password to the server, which is a shell to
            its processes, in the clear; or when ``port`` of a server of our own is set as well.
    """
    given = os.environ.get("PREFECT_API_URL")
    if not given:
        return None
    parts = urlsplit(given)
    if port is not None:
        raise UsageError(
            "--port is for a server of our own.",
            f"PREFECT_API_URL: {parts.scheme}://{parts.hostname}",
            "Leave out one of the two.",
        )
    if parts.scheme != "https" and parts.hostname not in LOOPBACK and not allow_http:
        raise UsageError(
            "Prefect's server would be spoken to in the clear.",
            f"PREFECT_API_URL: {parts.scheme}://{parts.hostname}",
            "Use https; or --allow-http where nobody else is on the network.",
        )
    return given


def refuse_nothing_to_serve(config: Config, elsewhere: str | None) -> None:
    """Only subscriptions with a schedule are served, and a work pool is one of a server elsewhere.

    Raises:
        UsageError: when no subscription has one, or a work pool has no server.
        ConfigError: when the only others have mistakes.
    """
    if not any(subscription.schedule for subscription in config.subscriptions.values()):
        for name in config.unusable:
            refuse_unusable(config, name)
        raise UsageError(
            "No subscription has a schedule.", f"File: {config.path}", "Add `schedule:` to one."
        )
    if config.work_pool and not elsewhere:
        raise UsageError(
            "A work pool is one of a Prefect server that runs already.",
            f"work_pool: {config.work_pool.name}; PREFECT_API_URL is not set",
            "Set PREFECT_API_URL, or leave work_pool out.",
        )
