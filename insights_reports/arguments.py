"""What the commands' arguments have in common, and how a mistake in them is said."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, NoReturn, TypeAlias

from insights_reports.spelling.nearest import meant_or_all, nearest, same_but_for_case

Commands: TypeAlias = "argparse._SubParsersAction[Any]"


class Parser(argparse.ArgumentParser):
    """A parser that says a mistake in three lines: what, which, what to do."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})
        self._mixing = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Options may stand between the others. What no argument takes is a mistake here, where it
        is known which there are."""
        words = list(sys.argv[1:] if args is None else args)
        known, rest = self._parsed(words, namespace)
        if rest and " " in self.prog and not self._mixing:
            self.error(self._not_taken(rest[0]))
        return known, rest

    def _parsed(
        self, words: list[str], namespace: argparse.Namespace | None
    ) -> tuple[argparse.Namespace, list[str]]:
        if stray := self._stray(words):
            self.error(self._not_taken(stray))
        if self._mixing or self._subparsers is not None or "--" in words:
            return super().parse_known_args(words, namespace)
        self._mixing = True  # Python 3.11 calls parse_known_args for each of its two passes
        found = self.parse_known_intermixed_args(words, namespace)
        self._mixing = False
        return found

    def _stray(self, words: list[str]) -> str | None:
        """The option before the name of a command or an action that belongs behind it."""
        own, below = self._option_string_actions, self._below()
        if not below:
            return None
        before = takewhile(lambda word: word not in below, words)
        return next((w for w in before if w[:2] == "--" and w.partition("=")[0] not in own), None)

    def _below(self) -> dict[str, argparse.ArgumentParser]:
        """The parsers of the commands or actions that there are, by name."""
        groups = self._subparsers._group_actions if self._subparsers else []
        return {name: each for group in groups for name, each in dict(group.choices or {}).items()}

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """An empty value is a variable of a script that is not set: it must not go unnoticed."""
        if action.option_strings and "" in arg_strings:
            raise argparse.ArgumentError(action, "its value is empty")
        return super()._get_values(action, arg_strings)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices:
            names = [str(choice) for choice in action.choices]
            raise argparse.ArgumentError(action, f"{value!r}: {meant_or_all(str(value), names)}")

    def _not_taken(self, word: str) -> str:
        option = word.partition("=")[0]
        if any(option in parser._option_string_actions for parser in self._below().values()):
            return f"{word!r} is not taken here: options stand behind the command and its action."
        options = [option for action in self._actions for option in action.option_strings]
        found = nearest(option, options) if word.startswith("-") else None
        return f"{word!r} is not taken here." + (f" Did you mean {found}?" if found else "")

    def error(self, message: str) -> NoReturn:
        """End with 2."""
        print(
            f"insights-reports: The command cannot be understood.\n{self._said(message)}\n"
            f"`{self.prog} --help` shows what it takes.",
            file=sys.stderr,
        )
        self.exit(2)

    def _said(self, message: str) -> str:
        """What argparse says, in our words."""
        if found := re.fullmatch("the following arguments are required: (.*)", message):
            return " ".join(map(self._missing, found[1].split(", ")))
        if found := re.fullmatch("one of the arguments (.*) is required", message):
            return f"One of {' and '.join(found[1].split())} is missing."
        said = re.sub(r"^argument (\w+):", lambda name: f"{name[1].upper()}:", message)
        return said.removeprefix("argument ")

    def _missing(self, name: str) -> str:
        actions = {argparse._get_action_name(action): action for action in self._actions}
        choices = actions[name].choices
        among = f": one of {', '.join(map(str, choices))}" if choices else ""
        return f"{name if name.startswith('-') else name.upper()} is missing{among}."


def command(commands: Commands, name: str, help: str, module: str = "") -> argparse.ArgumentParser:
    """A command of its own module, which is imported when it is called."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=help, description=help)
    parser.set_defaults(module=module or name.replace("-", "_"))
    verbose(parser)
    as_of(parser, help="ISO 8601 with zone; stands for now everywhere")
    return parser


def actions(parser: argparse.ArgumentParser, *, required: bool = True) -> Commands:
    """Room for the actions of a command, such as ``list`` and ``get``."""
    return parser.add_subparsers(metavar="ACTION", required=required, dest="action")


def verbose(parser: argparse.ArgumentParser) -> None:
    """``--verbose``, which every command has, and its actions as well: what is not given behind
    the one must not undo what is given behind the other. `cli.build_parser` has its default."""
    parser.add_argument(
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="show the traceback of an error",
    )


def as_of(parser: argparse.ArgumentParser, help: str = argparse.SUPPRESS) -> None:
    """``--as-of``, as `verbose`."""
    parser.add_argument("--as-of", metavar="INSTANT", default=argparse.SUPPRESS, help=help)


def connection(parser: argparse.ArgumentParser) -> None:
    """The options that say which Octopus is asked, and how it is reached."""
    group = parser.add_argument_group(
        "connection", "The key comes from OCTOPUS_API_KEY, OCTOPUS_API_KEY_FILE or "
        "OCTOPUS_ACCESS_TOKEN, never from the command line."
    )  # fmt: skip
    group.add_argument("--url", help="the Octopus server (default: OCTOPUS_URL)")
    group.add_argument("--space", help="name, slug or id (default: OCTOPUS_SPACE, else default)")
    group.add_argument("--ca-bundle", metavar="FILE", help="certificates to trust (PEM)")
    group.add_argument("--proxy", metavar="URL", help="a proxy for Octopus")


def config(parser: argparse.ArgumentParser) -> None:
    """``--config``: the configuration that a command reads."""
    parser.add_argument("--config", metavar="FILE", help="default: insights-reports.yaml")


def json(parser: argparse.ArgumentParser) -> None:
    """``--json``: one document for other programs."""
    parser.add_argument("--json", action="store_true", help="print one JSON document, nothing else")


def filters(parser: argparse.ArgumentParser) -> None:
    """Which of many rows are wanted."""
    parser.add_argument("--subscription", metavar="SUBSCRIPTION", help="only of this one")
    parser.add_argument("--period", metavar="PERIOD", help="only of this one, such as 2026-09")
    parser.add_argument("--failed", action="store_true", help="only what did not arrive")
    parser.add_argument("--limit", type=count, metavar="N", help="only the newest N")


def port(text: str) -> int:
    """A port as an argument; 0 takes any that is free."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return int(text)


def tolerated(text: str) -> int:
    """How many may differ, as an argument."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 on")
    return int(text)


def count(text: str) -> int:
    """How many, as an argument: from 1 to 10000."""
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 10000")
    return int(text)


def one_of(words: Sequence[str]) -> dict[str, Any]:
    """The settings of an argument that takes one of ``words``, in whatever case."""
    return {"type": _meant(words), "choices": words}


def _meant(words: Sequence[str]) -> Callable[[str], str]:
    return lambda text: same_but_for_case(text, words) or text
