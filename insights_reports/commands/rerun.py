"""``rerun``: an edition again, as it was sealed or as the data are today."""

import argparse
import sys
from pathlib import Path

from insights_reports.commands.common import print_table, size
from insights_reports.config_file import find_config, load_config
from insights_reports.pipeline.rerun import edition_of, rerun_as_sealed


def main(options: argparse.Namespace) -> int:
    """Make the edition again."""
    config = load_config(find_config(options.config))
    state = config.resolve(config.state)
    edition = edition_of(state, options.edition)
    name = f"{edition.subscription}-{edition.period.lower()}-r{edition.revision}"
    out = Path(options.out) if options.out else Path("rerun") / name
    files = rerun_as_sealed(state, edition, out)
    print_table(["FILE", "SIZE"], [[str(p), size(p.stat().st_size)] for p in files], right="lr")
    print("Every byte is as it was sealed.", file=sys.stderr)
    return 0
