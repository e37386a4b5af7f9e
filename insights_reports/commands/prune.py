"""``prune``: what nobody needs any more leaves the state."""

import argparse
import re
from datetime import timedelta

from insights_reports.commands.common import as_of, print_json, print_table, size
from insights_reports.config.file import find_config, load_config
from insights_reports.errors import UsageError
from insights_reports.pipeline.prune import Keep, months_before, prune, size_of, to_prune


def main(options: argparse.Namespace) -> int:
    """Remove folders of runs and pulls, or with `--dry-run` say which would go."""
    config = load_config(find_config(options.config))
    removals = to_prune(config, _keep(options), as_of(options))
    freed = size_of(removal.path for removal in removals)
    if not options.dry_run:
        prune(removals)
    if options.json:
        paths = [{"path": str(each.path), "size": each.size} for each in removals]
        print_json({"removed": not options.dry_run, "folders": paths, "size": freed})
        return 0
    if not removals:
        print("There is nothing to remove; what is younger than a day stays in any case.")
        return 0
    rows = [[str(each.path), size(each.size)] for each in removals]
    print_table(["FOLDER", "SIZE"], rows, right="lr")
    would = "would go; nothing was removed" if options.dry_run else "gone"
    print(f"{len(removals)} folder{'s' if len(removals) > 1 else ''}, {size(freed)}: {would}.")
    return 0


def _keep(options: argparse.Namespace) -> Keep:
    """Raises UsageError when the age cannot be understood."""
    if options.keep_editions is not None:
        return Keep(editions=options.keep_editions)
    found = re.fullmatch("([1-9][0-9]{0,3})([dmy])", options.keep)
    if not found:
        raise UsageError(
            "The age cannot be understood.",
            f"--keep {options.keep}",
            "Write 90d, 13m or 2y: days, months, years.",
        )
    count, now = int(found[1]), as_of(options)
    if found[2] == "d":
        return Keep(since=now - timedelta(days=count))
    return Keep(since=months_before(now, count * (12 if found[2] == "y" else 1)))
