"""The command line: its words, its exit statuses, and how an error is said.

Results go to standard output, all else to standard error. This module imports nothing heavy, so
that ``insights-reports --help`` is instant; each command is imported when it is called.
"""

import argparse
import gc
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module

from insights_reports import __version__
from insights_reports.arguments import (
    Commands,
    Parser,
    as_of,
    command,
    config,
    connection,
    json,
    one_of,
    port,
    tolerated,
    verbose,
)
from insights_reports.arguments import actions as actions_of
from insights_reports.cli_kept import (
    baseline,
    deliveries,
    editions,
    history,
    ledger,
    prune,
    release,
    rerun,
    status,
)
from insights_reports.cli_setup import check, completion, config_command, doctor, init
from insights_reports.errors import InsightsReportsError, without_secrets
from insights_reports.spelling.terms import GRANULARITIES, SPLITS, TIME_RANGES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (see ``docs/cli.md``)."""
    options = build_parser().parse_args(_asked(sys.argv[1:] if arguments is None else arguments))
    collect_rarely()
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # its own keeps what was freed
    try:
        command = import_module(f"insights_reports.commands.{options.module}")
        return int(command.main(options))
    except InsightsReportsError as error:
        return _fail(str(error), error.exit_status, options.verbose)
    except KeyboardInterrupt:
        return _fail("Interrupted.", 130, verbose=False)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        return _fail(f"{error.strerror or error}{place}", 1, options.verbose)
    except Exception as error:
        remedy = "This is a fault of the program; --verbose shows where."
        return _fail(f"{type(error).__name__}: {error}\n{remedy}", 1, options.verbose)


def collect_rarely() -> None:
    """Look for garbage after 100,000 new objects instead of 700: tables and documents are large and
    live to the end, and looking through them over and over takes a tenth of a run."""
    gc.set_threshold(100_000, 50, 100)


def _fail(message: str, status: int, verbose: bool) -> int:
    if verbose:
        message += "\n" + traceback.format_exc()
    print(without_secrets(f"insights-reports: {message}"), file=sys.stderr)
    return status


def _asked(arguments: Sequence[str]) -> list[str]:
    """``help run`` is ``run --help``."""
    first, *rest = arguments or [""]
    return [*rest, "--help"] if first == "help" else list(arguments)


def build_parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    parser = Parser(
        prog="insights-reports",
        description="Delivery-performance reports from Octopus Deploy Insights that reconcile "
        "with Octopus.",
        epilog="Exit status: 0 done, 1 the cross-check found differences beyond the limit or an "
        "edition is partial, 2 usage or configuration, 3 Octopus, 4 rendering, 5 delivery or "
        "(schedule) Prefect's server, 130 interrupted. `help COMMAND` shows what a command takes.",
    )
    parser.add_argument(
        "-V", "--version", action="version", version=f"insights-reports {__version__}"
    )
    parser.set_defaults(parser=parser, verbose=False, as_of=None)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_demo, init, check, config_command, doctor, completion, _server, _reports,
                _deployments, _metrics, _cross_check, _run,
                _preview, _schedule, _deploy, baseline, editions, deliveries, status, release,
                ledger, history, rerun, prune):  # fmt: skip
        add(commands)
    return parser


def _demo(commands: Commands) -> None:
    parser = command(commands, "demo", "The whole pipeline against the embedded server.")
    parser.add_argument("--out", default="demo", metavar="DIR", help="where to (default: demo)")
    json(parser)


def _server(commands: Commands) -> None:
    parser = command(commands, "server", "The embedded Octopus-compatible Insights server.")
    parser.add_argument("--port", type=port, default=8065, help="default: 8065")
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--data", metavar="FILE", help="keep the data in this SQLite file")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up company (default: 1)")
    parser.add_argument(
        "--release-order",
        choices=("id", "version"),
        help="of the made-up company: by creation (default) or by version",
    )
    parser.add_argument("--fault", metavar="NAME", help="misbehave so (NAME or NAME:COUNT)")
    parser.add_argument(
        "--data-fault",
        metavar="NAME",
        action="append",
        default=[],
        help="answer with wrong data so (may be repeated)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="answer as the strictest known Octopus"
    )
    parser.add_argument(
        "--allow-remote", action="store_true", help="answer others than this machine"
    )
    actions = actions_of(parser, required=False)
    help = "make a database from a file of your own deployments"
    importing = actions.add_parser("import", help=help, description=help)
    importing.add_argument(
        "file", metavar="FILE", help="Octopus's CSV download, our export, or the API's JSON"
    )
    importing.add_argument("--data", metavar="DB", required=True, help="the SQLite file to make")
    importing.add_argument(
        "--time-zone", metavar="ZONE", default="UTC", help="of the report (default: UTC)"
    )
    json(importing)
    verbose(importing)


def _reports(commands: Commands) -> None:
    parser = command(commands, "reports", "The Insights report definitions.")
    actions = actions_of(parser)
    for name, help, *positionals in (
        ("list", "the reports of the space"),
        ("get", "one report", "report"),
        ("create", "create a report from FILE (JSON or YAML)", "file"),
        ("update", "change a report to what FILE says", "report", "file"),
        ("delete", "delete a report", "report"),
        ("pull", "write one YAML file a report into DIR", "dir"),
        ("plan", "show what applying the files in DIR would change", "dir"),
        ("apply", "make the reports what the files in DIR say", "dir"),
    ):
        action = actions.add_parser(name, help=help, description=help)
        for positional in positionals:
            action.add_argument(positional, metavar=positional.upper())
        verbose(action)
        as_of(action)
        json(action)
        connection(action)
        if name in ("delete", "apply"):
            action.add_argument("--yes", action="store_true", help="do not ask")
        if name == "plan":
            action.add_argument(
                "--exit-code", action="store_true", help="exit 1 when something would change"
            )
        if name in ("plan", "apply"):
            action.add_argument(
                "--delete", action="store_true", help="delete the reports without a file"
            )


def _deployments(commands: Commands) -> None:
    parser = command(commands, "deployments", "The deployments of a report.")
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=".csv, .json, .parquet or .xlsx (default: CSV)"
    )
    parser.add_argument(
        "--from-csv", action="store_true", help="read Octopus's CSV download instead of its JSON"
    )
    connection(parser)


def _metrics(commands: Commands) -> None:
    parser = command(commands, "metrics", "The aggregated figures of a report.")
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("--split", **one_of(SPLITS), default="None")
    parser.add_argument("--tenant-tag-set", metavar="ID-or-name")
    parser.add_argument("--time-range", **one_of(TIME_RANGES), default="LastQuarter")
    parser.add_argument("--granularity", **one_of(GRANULARITIES), default="Weekly")
    parser.add_argument(
        "--source",
        choices=("recomputed", "octopus"),
        default="recomputed",
        help="from /deployments (default), or as Octopus states them",
    )
    json(parser)
    connection(parser)


def _cross_check(commands: Commands) -> None:
    parser = command(
        commands, "cross-check", "Every figure that Octopus states against the recomputed one."
    )
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("--split", **one_of(SPLITS), nargs="+", action="extend")
    parser.add_argument("--time-range", **one_of(TIME_RANGES), nargs="+", action="extend")
    parser.add_argument("--granularity", **one_of(GRANULARITIES), nargs="+", action="extend")
    parser.add_argument(
        "--limit", type=tolerated, default=0, help="differences tolerated (default: 0)"
    )
    json(parser)
    connection(parser)


def _run(commands: Commands) -> None:
    parser = command(commands, "run", "Make and deliver the edition of a period.")
    parser.add_argument("subscriptions", nargs="+", metavar="SUBSCRIPTION")
    config(parser)
    parser.add_argument(
        "--period",
        default="last",
        help="as the subscription has them: 2026-09, 2026-Q3, 2026, 2026-W40, FY2027-Q1, each from "
        "2026-07..2026-09, or last (default)",
    )
    parser.add_argument(
        "--range", metavar="FIRST..LAST", help="one edition of these days: 2026-09-14..2026-09-27"
    )
    parser.add_argument("--again", action="store_true", help="of several, also those that are made")
    parser.add_argument("--out", metavar="DIR", help="publish into this folder instead")
    parser.add_argument("--dry-run", action="store_true", help="render, deliver nothing")
    parser.add_argument("--test-send", metavar="ADDRESS", help="mail to this address only")
    parser.add_argument("--note", metavar="FILE", help="an editor's note (Markdown)")
    json(parser)
    connection(parser)


def _preview(commands: Commands) -> None:
    parser = command(commands, "preview", "Serve an edition that reloads as templates change.")
    parser.add_argument("subscription", metavar="SUBSCRIPTION")
    config(parser)
    parser.add_argument("--period", default="last", help="one period, as for run (default: last)")
    parser.add_argument("--port", type=port, default=8066, help="default: 8066; 0: any free one")
    connection(parser)


def _schedule(commands: Commands) -> None:
    parser = command(commands, "schedule", "Serve all schedules with Prefect until stopped.")
    config(parser)
    parser.add_argument("--port", type=port, help="of Prefect's page here (default: any free one)")
    parser.add_argument(
        "--webhook",
        metavar="[HOST:]PORT",
        help="answer Octopus's subscription there (default host: 127.0.0.1)",
    )
    _allow_http(parser)


def _deploy(commands: Commands) -> None:
    parser = command(
        commands, "deploy", "Make the deployments for the workers of Prefect's work pool."
    )
    config(parser)
    json(parser)
    _allow_http(parser)


def _allow_http(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--allow-http",
        action="store_true",
        help="speak to a PREFECT_API_URL on another host without TLS",
    )
