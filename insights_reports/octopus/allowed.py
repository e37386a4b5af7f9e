"""Look-ups that an account may be refused: what was refused is remembered, and the rest goes on."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from insights_reports.errors import NotFound, Refused

T = TypeVar("T")


class Allowed:
    """Asks for one kind of thing after another. ``denied``: kinds (``tenants``, ...) that are known
    to be refused, as a sealed pull says, and those that are when they are asked for."""

    def __init__(self, denied: Iterable[str] = ()) -> None:
        self.denied = set(denied)

    def __call__(self, kind: str, ask: Callable[[], list[T]]) -> list[T]:
        """What ``ask`` finds; nothing when the account lacks the permission (403), or the server
        has no such list or hides it (404).

        Raises:
            OctopusError: for every other failure.
        """
        if kind in self.denied:
            return []
        try:
            return ask()
        except (Refused, NotFound) as error:
            if error.status not in (403, 404):
                raise
            self.denied.add(kind)
            return []
