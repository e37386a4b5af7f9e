"""``cross-check``: every figure that Octopus states against the recomputed one."""

import argparse

from insights_reports.commands.common import as_of, connection, print_json
from insights_reports.commands.cross_check_text import report_lines
from insights_reports.metrics import Conventions
from insights_reports.pipeline.compute import check_pulled
from insights_reports.pipeline.load import load
from insights_reports.pipeline.progress import clear_line, terminal_progress
from insights_reports.pipeline.pull import Wanted, pull
from insights_reports.scratch import scratch_folder
from insights_reports.spelling.terms import GRANULARITIES, SPLITS, TIME_RANGES


def main(options: argparse.Namespace) -> int:
    """Print what was found; exit status 1 when more figures differ than ``--limit`` allows."""
    wanted = Wanted(
        report=options.report,
        splits=tuple(dict.fromkeys(options.split or SPLITS)),
        ranges=tuple(dict.fromkeys(options.time_range or TIME_RANGES)),
        granularities=tuple(dict.fromkeys(options.granularity or GRANULARITIES)),
    )
    progress = terminal_progress("cross-check")
    with scratch_folder() as scratch:
        folder = scratch / "pull"
        pull(connection(options), wanted, folder, as_of=as_of(options), progress=progress)
        progress("comparing")
        check = check_pulled(load(folder), Conventions())
    clear_line()
    if options.json:
        print_json(check.to_json())
    else:
        print("\n".join(report_lines(check)))
    return 1 if check.differs > options.limit else 0
