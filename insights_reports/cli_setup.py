"""The arguments of the commands with which people begin, and with which they look after what is
installed: init, check, config, doctor, completion."""

from insights_reports.arguments import (
    Commands,
    command,
    config,
    connection,
    json,
    one_of,
    port,
    verbose,
)
from insights_reports.arguments import actions as actions_of


def init(commands: Commands) -> None:
    """The arguments of ``init``."""
    parser = command(
        commands, "init", "Ask what is needed and write a commented configuration that works."
    )
    parser.add_argument("dir", nargs="?", default=".", metavar="DIR")
    parser.add_argument("--url", help="the Octopus server")
    parser.add_argument("--space", help="name, slug or id")
    parser.add_argument("--report", help="the Insights report: exact name or id")
    parser.add_argument("--offline", action="store_true", help="do not ask Octopus for the report")
    parser.add_argument("--every", **one_of(("month", "quarter", "week", "year")))
    parser.add_argument("--zone", help="of the schedule (default: the report's)")
    parser.add_argument("--folder", metavar="DIR", help="keeps editions (default: reports)")
    parser.add_argument("--to", action="append", metavar="ADDRESS", help="a recipient by mail")
    parser.add_argument("--smtp-host", metavar="HOST", help="the mail server")
    parser.add_argument("--smtp-port", type=port, metavar="PORT", help="its port (default: 587)")
    parser.add_argument("--smtp-security", **one_of(("starttls", "tls", "none")))
    parser.add_argument("--smtp-user", metavar="NAME", help="the user name there")
    parser.add_argument("--sender", metavar="ADDRESS", help="the sender of the mails")
    json(parser)


def check(commands: Commands) -> None:
    """The arguments of ``check``."""
    parser = command(
        commands, "check", "Validate the configuration, connection, permissions and destinations."
    )
    parser.add_argument("file", nargs="?", metavar="CONFIG", help="as --config")
    config(parser)
    json(parser)
    connection(parser)


def config_command(commands: Commands) -> None:
    """The arguments of ``config``."""
    parser = command(
        commands, "config", "A complete example, the configuration's schema, and what it comes to."
    )
    ways = actions_of(parser)
    help = "a complete configuration: every key with a comment"
    verbose(ways.add_parser("example", help=help, description=help))
    help = "the JSON Schema of a configuration, for editors"
    verbose(ways.add_parser("schema", help=help, description=help))
    help = "the configuration with every default, without passwords"
    show = ways.add_parser("show", help=help, description=help)
    verbose(show)
    config(show)
    json(show)


def doctor(commands: Commands) -> None:
    """The arguments of ``doctor``."""
    parser = command(
        commands, "doctor", "Versions, libraries, fonts, rights and time zones of this machine."
    )
    config(parser)
    json(parser)


def completion(commands: Commands) -> None:
    """The arguments of ``completion``."""
    parser = command(commands, "completion", "Print a shell's completion script.")
    parser.add_argument("shell", **one_of(("bash", "zsh", "fish", "tcsh", "powershell")))
