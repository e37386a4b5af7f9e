"""``deployments``: the deployments of a report, as a file or as CSV on standard output."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from insights_reports.commands.common import connection, into_folder
from insights_reports.errors import UsageError
from insights_reports.octopus import Client, Deployments, iana_zone, to_api, to_csv
from insights_reports.octopus.resources import InsightsReport
from insights_reports.octopus.sources.csv_download import read_csv
from insights_reports.scratch import scratch_folder
from insights_reports.whole import whole

Write = Callable[[Deployments, BinaryIO, str], None]
"""Writes deployments into a file; the last argument is the report's zone (IANA id)."""


def main(options: argparse.Namespace) -> int:
    """Write them in the format that the file's extension names; CSV without a file."""
    output = Path(options.output) if options.output else None
    write = _writer(output)
    if output is not None:
        into_folder(output, "-o")
    with Client(connection(options)) as client:
        report = client.reports.get(options.report)
        read = _from_csv if options.from_csv else _from_json
        deployments, zone = read(client, report), iana_zone(report.TimeZone).key
    if output is None:
        write(deployments, sys.stdout.buffer, zone)
        return 0
    try:
        with whole(output) as part, part.open("wb") as file:
            write(deployments, file, zone)
    except OSError as error:
        raise UsageError(
            "The file cannot be written.", f"-o {output}: {error.strerror}", "Choose another place."
        ) from None
    print(f"Wrote {len(deployments.table):,} deployments to {output}.", file=sys.stderr)
    return 0


def _from_json(client: Client, report: InsightsReport) -> Deployments:
    return client.deployments(report.Id)


def _from_csv(client: Client, report: InsightsReport) -> Deployments:
    """Octopus's CSV download, with the ids of the names in it where they can be found."""
    with scratch_folder() as folder:
        path = folder / "download.csv"
        with path.open("wb") as file:
            client.deployments_csv(report.Id, file)
        drawn = read_csv(client, path)
    return Deployments(report.Name, drawn.table, drawn.dropped)


def _writer(output: Path | None) -> Write:
    extension = output.suffix if output else ".csv"
    if extension not in _WRITERS:
        raise UsageError(
            "There is no such format.",
            f"File: {output}",
            f"Choose one of the extensions {', '.join(_WRITERS)}.",
        )
    return _WRITERS[extension]


def _csv(deployments: Deployments, file: BinaryIO, zone: str) -> None:
    file.write(to_csv(deployments.table))


def _json(deployments: Deployments, file: BinaryIO, zone: str) -> None:
    for block in to_api(deployments.table, deployments.report_name):
        file.write(block)


def _parquet(deployments: Deployments, file: BinaryIO, zone: str) -> None:
    deployments.table.to_parquet(file)


def _xlsx(deployments: Deployments, file: BinaryIO, zone: str) -> None:
    from insights_reports.formats.excel.export import deployments_workbook

    file.write(deployments_workbook(deployments.table, zone))


_WRITERS: dict[str, Write] = {
    ".csv": _csv,
    ".json": _json,
    ".parquet": _parquet,
    ".xlsx": _xlsx,
}
