"""Splits of which this account may not look up what they need: said, never left out in silence."""

from insights_reports.edition.document import Section
from insights_reports.edition.facts import Facts
from insights_reports.edition.slices import NAMES
from insights_reports.edition.values import Phrase
from insights_reports.metrics import Split


def denied(facts: Facts) -> tuple[Split, ...]:
    """The splits that the settings ask for and the account may not know."""
    return tuple(
        split for split in facts.settings.splits if split in facts.inputs.lookups.no_access
    )


def sentence(split: Split) -> Phrase:
    """What the edition says of a split that the account may not know."""
    return Phrase(f"split.no_access.{NAMES[split]}")


def section(split: Split) -> Section:
    """The section that stands in the place of the split's figures."""
    name = NAMES[split]
    return Section(name, Phrase(f"document.{name}"), sentence(split), ())
