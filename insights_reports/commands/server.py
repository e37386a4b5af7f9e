"""``server``: the embedded Octopus-compatible Insights server, until stopped."""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from insights_reports.commands.common import as_of
from insights_reports.server import create_database, serve


def main(options: argparse.Namespace) -> int:
    """Serve the data in ``--data`` (made when it is missing), or a made-up company.

    The key is OCTOPUS_API_KEY if that is set, else a new one, which is printed.
    """
    given = os.environ.get("OCTOPUS_API_KEY", "").strip()
    key = given or f"API-{secrets.token_hex(13).upper()}"
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(options.data) if options.data else Path(scratch) / "insights.sqlite"
        if not data.exists():
            print(f"Making up a company's 13 months of deployments in {data}", file=sys.stderr)
            create_database(data, as_of=as_of(options), seed=options.seed)
        serve(
            data,
            host=options.host,
            port=options.port,
            as_of=as_of(options) if options.as_of else None,
            api_key=key,
            fault=options.fault,
            allow_remote=options.allow_remote,
            on_start=lambda url: _print(url, "in OCTOPUS_API_KEY" if given else key),
        )
    return 0


def _print(url: str, key: str) -> None:
    print(f"Octopus-compatible Insights server: {url}")
    print(f"API key: {key}")
    print("Stop it with Ctrl-C.", flush=True)
