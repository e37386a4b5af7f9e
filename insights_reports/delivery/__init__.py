"""Delivery: editions into folders and mailboxes, with a ledger that remembers it.

The way of one edition::

    with Ledger(state / "ledger.sqlite") as ledger:
        revision = ledger.next_revision(subscription, period, digest, status=…, now=…, run_id=…)
        # render with revision.number, and revision.made_at as the instant of generation
        receipts = deliver(Edition(…), destinations, ledger, now=clock, compose_mail=compose)
        error = failure(receipts)          # None when everything arrived

What a server deferred, or a dead run left, is owed: ``ledger.due(now)`` names the editions whose
files are to be handed to `deliver` again.

``compose(edition, notes)`` returns the mail's subject, bodies and pictures; ``notes`` says which
files are attached, which had to be left out, and in which folders all of them are.
"""

from insights_reports.delivery.deliver import deliver, failure, said
from insights_reports.delivery.destinations import (
    Destination,
    FolderDestination,
    GraphAccount,
    GraphTransport,
    MailDestination,
    MailTransport,
    Secret,
    StorageDestination,
    address,
)
from insights_reports.delivery.ledger.holders import Holders
from insights_reports.delivery.ledger.ledger import Ledger
from insights_reports.delivery.ledger.rows import EditionRow, Made, Revision
from insights_reports.delivery.ledger.runs import RunRecord
from insights_reports.delivery.receipts import (
    Clock,
    ComposeMail,
    Edition,
    InlineImage,
    Key,
    MailBody,
    MailNotes,
    Receipt,
    State,
)
from insights_reports.delivery.storage.folder import publish, read_manifests, write_index
from insights_reports.delivery.storage.manifest import FileEntry, Published, RevisionManifest

__all__ = [
    "Clock",
    "ComposeMail",
    "Destination",
    "Edition",
    "EditionRow",
    "FileEntry",
    "FolderDestination",
    "GraphAccount",
    "GraphTransport",
    "Holders",
    "InlineImage",
    "Key",
    "Ledger",
    "Made",
    "MailBody",
    "MailDestination",
    "MailNotes",
    "MailTransport",
    "Published",
    "Receipt",
    "Revision",
    "RevisionManifest",
    "RunRecord",
    "Secret",
    "State",
    "StorageDestination",
    "address",
    "deliver",
    "failure",
    "publish",
    "read_manifests",
    "said",
    "write_index",
]
