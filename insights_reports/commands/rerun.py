"""``rerun``: an edition again, as it was sealed or as the data are today."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from insights_reports.commands.common import as_of, camel, print_json, print_table, size
from insights_reports.commands.run import as_json, print_outcome
from insights_reports.config.file import find_config, load_config
from insights_reports.config.model import Config
from insights_reports.delivery import EditionRow
from insights_reports.errors import UsageError
from insights_reports.pipeline.make import make_edition
from insights_reports.pipeline.progress import clear_line, terminal_progress
from insights_reports.pipeline.rerun import find_edition, rerun_as_sealed
from insights_reports.pipeline.runs import Run, start_run
from insights_reports.pipeline.subject import CHANGES

_MOST_LINES = 20  # of one kind, on a terminal


def main(options: argparse.Namespace) -> int:
    """Make the edition again."""
    config = load_config(find_config(options.config))
    edition = find_edition(config, options.edition)
    return (_restated if options.restate else _as_sealed)(options, config, edition)


def _as_sealed(options: argparse.Namespace, config: Config, edition: EditionRow) -> int:
    name = f"{edition.subscription}-{edition.period.lower()}-r{edition.revision}"
    out = Path(options.out) if options.out else Path("rerun") / name
    files = rerun_as_sealed(config.resolve(config.state), edition, out)
    if options.json:
        print_json({"files": [str(path) for path in files]})
        return 0
    print_table(["FILE", "SIZE"], [[str(p), size(p.stat().st_size)] for p in files], right="lr")
    print("Every byte is as it was sealed.", file=sys.stderr)
    return 0


def _restated(options: argparse.Namespace, config: Config, edition: EditionRow) -> int:
    """Pull again and deliver what changed as a revision; what is the same is not sent again."""
    if options.out:
        raise UsageError(
            "A restated edition goes where its subscription delivers to.",
            f"--out {options.out}",
            "Use --dry-run to look at it first, or `run --out` for a copy.",
        )
    run = start_run(
        config.path,
        edition.subscription,
        period=edition.period,
        as_of=as_of(options),
        trigger="retry",
        url=options.url,
        space=options.space,
        dry_run=options.dry_run,
    )
    outcome = make_edition(run, progress=terminal_progress(run.subscription_name))
    clear_line()
    changes = _changes(run)
    if options.json:
        print_json({**as_json(run, outcome), "changes": camel(changes)})
        return outcome.exit_status
    print_outcome(run, outcome)
    for line in _lines(changes) if changes else ():
        print(line)
    if not changes:
        print("Octopus says today what it said then: no revision.")
    return outcome.exit_status


def _changes(run: Run) -> Mapping[str, Any] | None:
    path = run.folder / CHANGES
    return json.loads(path.read_bytes()) if path.is_file() else None


def _lines(changes: Mapping[str, Any]) -> Iterator[str]:
    """What moved since the revision that is replaced, one a line."""
    yield f"Since revision {changes['replaces']}:"
    late = [f"  late: {id}" for id in changes["late"]]
    gone = [f"  gone from Octopus: {id}" for id in changes["gone"]]
    edits = [
        f"  edited: {e['id']}: {e['column']} {e['before']} -> {e['now']}" for e in changes["edits"]
    ]
    renamed = [f"  renamed: {r['id']}: {r['before']} -> {r['now']}" for r in changes["renamed"]]
    redefined = [f"  definition: {each['field']}" for each in changes["redefined"]]
    kinds = (late, gone, edits, renamed, redefined)
    for lines in kinds:
        yield from lines[:_MOST_LINES]
        if len(lines) > _MOST_LINES:
            yield f"  … and {len(lines) - _MOST_LINES:,} more; --json has them all"
    for column, count in changes["derived"].items():
        yield f"  Octopus states another {column} of {count:,} deployments"
    if not any((*kinds, changes["derived"])):
        yield "  nothing moved in Octopus: settings or formulas changed"
