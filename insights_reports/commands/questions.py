"""Questions to somebody at a terminal, each of which an option answers in scripts."""

import sys
from collections.abc import Callable, Sequence

from insights_reports.errors import UsageError

Check = Callable[[str], str]
"""Gives the value that an answer stands for, or raises ValueError with the reason."""
_MOST_TRIES = 5


def ask(what: str, option: str, *, default: str | None = None, check: Check = str) -> str:
    """The answer to a question, or ``default`` when the answer is empty or nobody can be asked.

    A wrong answer is said to be so, and asked for again. Without a default an answer is needed.

    Raises:
        UsageError: when nobody can be asked, or no answer was any.
    """
    if not sys.stdin.isatty():
        if default is None:
            raise UsageError(f"{what}: not given.", f"Option: {option}", "Give it as an option.")
        return default
    for _ in range(_MOST_TRIES):
        answer = _read(f"{what} [{default}]: " if default else f"{what}: ")
        try:
            if answer or default is not None:
                return check(answer) if answer else str(default)
            reason = "an answer is needed"
        except ValueError as error:
            reason = str(error)
        print(f"  {reason}", file=sys.stderr)
    raise UsageError(f"{what}: no answer.", f"Option: {option}", "Give it as an option.")


def choose(what: str, option: str, choices: Sequence[str], *, default: str | None = None) -> int:
    """The index of the choice that the answer names, by number or text.

    Raises:
        UsageError: as `ask`.
    """
    if sys.stdin.isatty():
        for number, choice in enumerate(choices, 1):
            print(f"  {number}  {choice}", file=sys.stderr)
    answer = ask(what, option, default=default, check=lambda text: str(_index(text, choices)))
    return _index(answer, choices) if answer == default else int(answer)


def _index(answer: str, choices: Sequence[str]) -> int:
    if answer in choices:
        return choices.index(answer)
    if answer.isdecimal() and 1 <= int(answer) <= len(choices):
        return int(answer) - 1
    raise ValueError(f"a number from 1 to {len(choices)} is needed")


def _read(prompt: str) -> str:
    """One line; the end of the input is no answer to anything that comes.

    Raises:
        UsageError: at the end of the input.
    """
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise UsageError("The answers ended.", prompt.strip(), "Answer, or give options.")
    return line.strip()
