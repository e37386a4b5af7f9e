"""``metrics``: the aggregated figures of a report, recomputed or as Octopus states them."""

import argparse
from typing import Any

from insights_reports.commands.common import as_of, connection, print_json, print_table
from insights_reports.errors import Refused, UsageError
from insights_reports.metrics import (
    Conventions,
    Tabulator,
    interval_starts,
    time_range,
    to_api,
)
from insights_reports.octopus import Client, iana_zone, print_duration
from insights_reports.octopus.resources import InsightsReport
from insights_reports.pipeline.load import lookups
from insights_reports.pipeline.pull import choose_tag_sets, look_up, mentioned


def main(options: argparse.Namespace) -> int:
    """Print the figures in the API's own shape, or as a table of the main ones."""
    if options.split == "TenantTagSet" and not options.tenant_tag_set:
        raise UsageError(
            "A split by tenant tag set needs the tag set.",
            "Option: --tenant-tag-set",
            "Give the tag set's name or id.",
        )
    if options.tenant_tag_set and options.split != "TenantTagSet":
        raise UsageError(
            "A tenant tag set belongs to a split by it.",
            f"--tenant-tag-set {options.tenant_tag_set}: the split is {options.split}",
            "Add --split TenantTagSet, or leave the tag set out.",
        )
    with Client(connection(options)) as client:
        definition = client.reports.get(options.report)
        source = _stated if options.source == "octopus" else _recomputed
        reply = source(client, definition, options)
    if options.json:
        print_json(reply)
    else:
        _print(reply)
    return 0


def _stated(
    client: Client, definition: InsightsReport, options: argparse.Namespace
) -> dict[str, Any]:
    tag_set = None
    if options.split == "TenantTagSet":
        (chosen,) = choose_tag_sets(list(client.tag_sets()), (options.tenant_tag_set,))
        tag_set = chosen.Id
    return client.metrics(
        definition.Id,
        split=options.split,
        time_range=options.time_range,
        granularity=options.granularity,
        tag_set=tag_set,
    )


def _recomputed(
    client: Client, definition: InsightsReport, options: argparse.Namespace
) -> dict[str, Any]:
    """From /deployments and the look-ups alone."""
    deployments = client.deployments(definition.Id).table
    found = look_up(client, mentioned(deployments))
    if options.split in found.no_access:
        raise Refused(
            "No access: this account may not look up what the split needs.",
            f"--split {options.split}: {', '.join(sorted(found.denied))}",
            "Give the account the permission to view them, or choose another split.",
            status=403,
        )
    tag_set = None
    if options.split == "TenantTagSet":
        (chosen,) = choose_tag_sets(found.tag_sets, (options.tenant_tag_set,))
        tag_set = chosen.Id
    zone, conventions = iana_zone(definition.TimeZone), Conventions()
    start, end = time_range(options.time_range, as_of(options), zone, conventions)
    tabulator = Tabulator(deployments, zone, lookups(definition, found), conventions)
    return to_api(
        tabulator.figures(options.split, start, end, options.granularity, tag_set=tag_set),
        interval_starts(start, end, options.granularity, conventions.week_start),
        print_duration,
    )


_MAIN = (
    ("LeadTime", "Median"),
    ("MeanTimeToRecovery", "Mean"),
    ("TimeSincePreviousDeployment", "Median"),
)


def _print(reply: dict[str, Any]) -> None:
    rows = []
    for series in reply["Series"]:
        for interval in series["Intervals"]:
            rate = interval["DeploymentFailureRate"]
            rows.append(
                [
                    series["Name"] or "Restricted",
                    interval["StartOfInterval"],
                    str(interval["NumberOfSuccessfulDeployments"]),
                    f"{rate['Failed']} of {rate['Total']}",
                    "-" if rate["Rate"] is None else f"{rate['Rate']:.1%}",
                    *(interval[metric][statistic] or "-" for metric, statistic in _MAIN),
                ]
            )
    head = [
        "SERIES",
        "FROM",
        "SUCCESSFUL",
        "FAILED",
        "RATE",
        "LEAD TIME, MEDIAN",
        "RECOVERY, MEAN",
        "SINCE PREVIOUS, MEDIAN",
    ]
    print_table(head, rows, right="llrrrrrr")
