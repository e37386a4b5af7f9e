"""Progress for people: one line that is rewritten on a terminal, nothing elsewhere."""

import sys
import time
from collections.abc import Callable

Progress = Callable[[str], None]
"""Told what is being done next."""


def terminal_progress(prefix: str) -> Progress:
    """A function that shows what is being done on standard error, if that is a terminal."""
    if not sys.stderr.isatty():
        return lambda _: None
    begun = time.monotonic()

    def show(what: str) -> None:
        seconds = time.monotonic() - begun
        sys.stderr.write(f"\r\x1b[K{prefix}: {what} ({seconds:.0f} s)")
        sys.stderr.flush()

    return show


def clear_line() -> None:
    """Take the line of progress away again."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
