"""The replies of a sealed pull as a client asks for them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO

from insights_reports.history.pulls import Pull


def opener(sealed: Pull) -> Callable[[str], AbstractContextManager[BinaryIO]]:
    """A function that opens a reply by its name, or raises FileNotFoundError."""

    def open_reply(name: str) -> AbstractContextManager[BinaryIO]:
        if name not in sealed.names:
            raise FileNotFoundError(name)
        return sealed.open(name)

    return open_reply
