"""Whether an edition is worth a mail, by what its page one says (``mail_when``)."""

from collections.abc import Callable

from insights_reports.edition.document import Document
from insights_reports.edition.values import ChangeVerdict

_SIGNALS = (ChangeVerdict.BETTER, ChangeVerdict.WORSE)


def why_no_mail(condition: str, summary: Document) -> str:
    """Why nobody gets a mail of the edition with this ``summary``; "" when everybody does."""
    if condition == "always" or _MET[condition](summary):
        return ""
    return f"not mailed: {_SAID[condition]} (mail_when: {condition})"


def _changed(summary: Document) -> bool:
    """A figure of page one is another than in the period before."""
    return any(tile.change.before.value != tile.figure.value for tile in summary.tiles)


def _deployments(summary: Document) -> bool:
    return summary.check.ledger.used > 0


def _target_missed(summary: Document) -> bool:
    """A figure of page one misses its target, or a slice one of its own."""
    return summary.missed is not None or any(
        tile.target is not None and tile.target.met is False for tile in summary.tiles
    )


def _signal(summary: Document) -> bool:
    """A figure of page one lies outside its usual range."""
    return any(tile.judged.verdict in _SIGNALS for tile in summary.tiles)


_MET: dict[str, Callable[[Document], bool]] = {
    "changed": _changed,
    "deployments": _deployments,
    "target_missed": _target_missed,
    "signal": _signal,
}
_SAID = {
    "changed": "no figure of page one is another than in the period before",
    "deployments": "there were no deployments in the period",
    "target_missed": "no target was missed",
    "signal": "no figure of page one is out of its usual range",
}
