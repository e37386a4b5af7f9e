"""One subscription for one period, as typed documents; see `document` for what they say.

The names below are loaded when they are first used: whoever renders a document needs neither
pandas nor the metrics, and starts without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from insights_reports.edition.composer import Composed, compose, compose_edition
    from insights_reports.edition.digest import edition_digest
    from insights_reports.edition.revisions import revision_changes
    from insights_reports.edition.settings import Inputs, Settings

__all__ = [
    "Composed",
    "Inputs",
    "Settings",
    "compose",
    "compose_edition",
    "edition_digest",
    "revision_changes",
]

_MODULES = {
    "Inputs": "settings",
    "Settings": "settings",
    "Composed": "composer",
    "compose": "composer",
    "compose_edition": "composer",
    "edition_digest": "digest",
    "revision_changes": "revisions",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
