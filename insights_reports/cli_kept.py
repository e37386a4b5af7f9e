"""The arguments of the commands about what was made and is kept: baselines, editions, deliveries,
the ledger and the history."""

from insights_reports.arguments import (
    Commands,
    as_of,
    command,
    config,
    connection,
    count,
    filters,
    json,
    one_of,
    verbose,
)
from insights_reports.arguments import actions as actions_of


def baseline(commands: Commands) -> None:
    """The arguments of ``baseline``."""
    parser = command(
        commands, "baseline", "What editions are compared with, proposals, and decisions on them."
    )
    parser.add_argument("action", choices=("list", "propose", "accept"))
    parser.add_argument("subscription", nargs="?", metavar="SUBSCRIPTION")
    parser.add_argument("series", nargs="?", metavar="SERIES", help="as `list` shows it")
    parser.add_argument("measure", nargs="?", metavar="MEASURE")
    parser.add_argument("--from", dest="start", metavar="PERIOD", help="its first period")
    parser.add_argument("--reason", metavar="TEXT", help="why the level is a new one")
    parser.add_argument("--who", metavar="NAME", help="who decides (default: the user)")
    config(parser)
    json(parser)


def editions(commands: Commands) -> None:
    """The arguments of ``editions``."""
    parser = command(commands, "editions", "The editions that were made.")
    parser.set_defaults(show="editions")
    parser.add_argument("action", nargs="?", default="list", **one_of(("list", "show", "open")))
    parser.add_argument(
        "edition", nargs="?", metavar="EDITION", help="SUBSCRIPTION/PERIOD, or .../rN"
    )
    filters(parser)
    config(parser)
    json(parser)


def deliveries(commands: Commands) -> None:
    """The arguments of ``deliveries``."""
    parser = command(commands, "deliveries", "What was sent to whom, and when.", module="ledger")
    parser.set_defaults(show="deliveries")
    parser.add_argument(
        "--again",
        metavar="WHO",
        help="owe again what this recipient or destination refused, or may not have received; "
        "of the edition that --subscription and --period name, also what it was sent",
    )
    parser.add_argument(
        "--file", metavar="NAME", help="with --again: this file of the edition alone"
    )
    filters(parser)
    config(parser)
    json(parser)


def release(commands: Commands) -> None:
    """The arguments of ``release``."""
    parser = command(commands, "release", "Deliver an edition that is held.")
    parser.add_argument(
        "edition", metavar="EDITION", help="subscription and period: board-monthly/2026-09"
    )
    parser.add_argument("--by", required=True, metavar="NAME", help="who takes the decision")
    parser.add_argument("--note", default="", metavar="TEXT", help="why")
    config(parser)
    json(parser)


def ledger(commands: Commands) -> None:
    """The arguments of ``ledger``."""
    parser = command(
        commands, "ledger", "Rebuild a lost ledger from the archives.", module="ledger_rebuild"
    )
    parser.add_argument(
        "action",
        choices=("rebuild",),
        help="enter every edition that stands in a folder and is not in the ledger; what may have "
        "been mailed of it is held",
    )
    config(parser)
    json(parser)


def status(commands: Commands) -> None:
    """The arguments of ``status``."""
    parser = command(
        commands, "status", "Whether the last period was made and arrived, and what is owed."
    )
    parser.add_argument(
        "--overdue",
        action="store_true",
        help="only what is due for an hour and has not arrived with everybody; exit 1 if any",
    )
    config(parser)
    json(parser)


def history(commands: Commands) -> None:
    """The arguments of ``history``."""
    parser = command(commands, "history", "The deployments that were ever pulled.")
    actions = actions_of(parser)
    for name, help, *positionals in (
        ("list", "the histories that there are"),
        ("import", "merge a report as it is now, a sealed pull, or a file of --report", "what"),
        ("verify", "look at every file"),
        ("repair", "make current/ anew and remove what no manifest names"),
        ("prune", "forget what is older than `history: keep`"),
        ("export", "write all deployments into FILE (.parquet or .csv)", "file"),
        ("query", "answer SQL over the deployments (DuckDB)", "sql"),
    ):
        action = actions.add_parser(name, help=help, description=help)
        for positional in positionals:
            action.add_argument(positional, metavar=positional.upper())
        action.add_argument("--report", metavar="REPORT", help="whose history (id)")
        verbose(action)
        config(action)
        json(action)
        if name == "prune":
            action.add_argument("--dry-run", action="store_true", help="only say what would go")
        if name == "import":
            as_of(action)
            connection(action)


def rerun(commands: Commands) -> None:
    """The arguments of ``rerun``."""
    parser = command(commands, "rerun", "Make an edition again.")
    parser.add_argument("edition", metavar="EDITION", help="SUBSCRIPTION/PERIOD, or .../rN")
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument(
        "--as-sealed", action="store_true", help="the same bytes, from the seal, without Octopus"
    )
    ways.add_argument(
        "--restate", action="store_true", help="as the data are today: a revision, if they changed"
    )
    parser.add_argument("--out", metavar="DIR", help="as sealed: where to (default: rerun/EDITION)")
    parser.add_argument("--dry-run", action="store_true", help="restated: deliver nothing")
    config(parser)
    json(parser)
    connection(parser)


def prune(commands: Commands) -> None:
    """The arguments of ``prune``."""
    parser = command(commands, "prune", "Remove what no edition that is kept needs any more.")
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument("--keep", metavar="AGE", help="what was made within 90d, 13m or 2y")
    ways.add_argument(
        "--keep-editions", type=count, metavar="N", help="the last N periods of each subscription"
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    config(parser)
    json(parser)
