"""What a run made, as lines of text for who watches it: findings, what differs, and where it is."""

from collections.abc import Sequence

from insights_reports.delivery import Edition, MailDestination, Receipt
from insights_reports.delivery.storage.places import address
from insights_reports.edition.document import Document
from insights_reports.formats.words.finding import FindingText, finding_text
from insights_reports.formats.words.words import words
from insights_reports.pipeline.deliver import destinations
from insights_reports.pipeline.runs import Run


def findings_of(document: Document) -> list[str]:
    """``Web Shop: 31 of 110 failed (28.2 %), usual up to 12.3 %``, one for each finding."""
    own = words(document.language)
    return [_line(finding_text(own, each)) for each in document.findings]


def differences_of(document: Document) -> list[str]:
    """What differs from the figures that Octopus states, one line for each kind."""
    return [words(document.language).phrase(each) for each in document.check.findings]


def places_of(run: Run, receipts: Sequence[Receipt]) -> list[str]:
    """The folders and URLs in which readers find the files that were delivered."""
    edition = Edition(run.about, ())
    kept = {each.name: each for each in destinations(run) if not isinstance(each, MailDestination)}
    return [
        address(kept[receipt.key.destination], edition, receipt.reference)
        for receipt in receipts
        if receipt.done and receipt.key.destination in kept
    ]


def _line(finding: FindingText) -> str:
    measures = (f"{each.what}, {each.usual}".rstrip(", ") for each in finding.lines)
    return f"{finding.name}: {'; '.join(measures)}"
