"""``server``: the embedded Octopus-compatible Insights server, until stopped; ``server import``."""

import argparse
import os
import secrets
import shlex
import sys
from datetime import date, timedelta
from pathlib import Path

from insights_reports.commands.common import as_of, camel, print_json
from insights_reports.errors import UsageError
from insights_reports.scratch import scratch_folder
from insights_reports.server import create_database, import_file, read_faults, serve
from insights_reports.server.release_order import ReleaseOrder


def main(options: argparse.Namespace) -> int:
    """Serve the data in ``--data`` (made when it is missing), or a made-up company.

    The key is OCTOPUS_API_KEY if that is set, else a new one, which is printed. With the action
    ``import`` it only makes the data, from a file of deployments.
    """
    if options.action == "import":
        return _import(options)
    read_faults(options.fault, options.data_fault)  # a mistake in them is said before data are made
    given = os.environ.get("OCTOPUS_API_KEY", "").strip()
    key = given or f"API-{secrets.token_hex(13).upper()}"
    with scratch_folder() as scratch:
        data = Path(options.data) if options.data else scratch / "insights.sqlite"
        if not data.exists():
            print(f"Making up a company's 13 months of deployments in {data}", file=sys.stderr)
            order: ReleaseOrder = options.release_order or "id"
            create_database(data, as_of=as_of(options), seed=options.seed, release_order=order)
        elif options.release_order:
            raise UsageError(
                "The order of releases is chosen when the data are made.",
                f"--release-order {options.release_order}: {data} is there already",
                "Leave it out, or name another file by --data.",
            )
        serve(
            data,
            host=options.host,
            port=options.port,
            as_of=as_of(options) if options.as_of else None,
            api_key=key,
            fault=options.fault,
            data_faults=options.data_fault,
            strict=options.strict,
            allow_remote=options.allow_remote,
            on_start=lambda url: _print(url, "in OCTOPUS_API_KEY" if given else key),
        )
    return 0


def _import(options: argparse.Namespace) -> int:
    source = Path(options.file)
    if not source.is_file():
        raise UsageError("There is no such file.", f"File: {source}", "Name a file that exists.")
    found = import_file(source, Path(options.data), time_zone=options.time_zone)
    if options.json:
        print_json({"data": options.data, **camel(found)})
        return 0
    print(
        f"Imported {found.deployments:,} deployments of {found.projects:,} projects, "
        f"{found.first} to {found.last}, into {options.data}."
    )
    if found.repeated:
        print(
            f"Left out: {found.repeated:,} rows whose deployment stands in the file before.",
            file=sys.stderr,
        )
    if found.without_zone:
        print(
            f"Read as UTC: {found.without_zone:,} times of completion without a zone.",
            file=sys.stderr,
        )
    if found.left_out:
        print(
            f"Left out: {found.left_out:,} times since the previous success at deployments that "
            "did not succeed.",
            file=sys.stderr,
        )
    end = f"{date.fromisoformat(found.last) + timedelta(days=1)}T00:00:00Z"
    print(f"See it: insights-reports server --data {shlex.quote(options.data)} --as-of {end}")
    return 0


def _print(url: str, key: str) -> None:
    print(f"Octopus-compatible Insights server: {url}")
    print(f"API key: {key}")
    print("Stop it with Ctrl-C.", flush=True)
