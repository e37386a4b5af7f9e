"""Delivering an edition: folders first, then mail, each step entered in the ledger."""

from collections.abc import Sequence
from dataclasses import replace

from insights_reports.delivery.destinations import Destination, FolderDestination, MailDestination
from insights_reports.delivery.ledger.ledger import Ledger
from insights_reports.delivery.mail.mailing import Mailing
from insights_reports.delivery.receipts import (
    Clock,
    ComposeMail,
    Edition,
    Key,
    Receipt,
    State,
)
from insights_reports.delivery.storage import folder as storage
from insights_reports.errors import DeliveryError


def deliver(
    edition: Edition,
    destinations: Sequence[Destination],
    ledger: Ledger,
    *,
    now: Clock,
    compose_mail: ComposeMail,
) -> list[Receipt]:
    """Bring ``edition`` to every destination that has not got it yet.

    The revision must be the one that ``ledger.next_revision`` gave. A destination that fails does
    not stop the others: its receipt says what happened, and the next call carries out what is still
    owed. A folder comes before any mail, and the mail carries the very files that stand in the
    folder.

    Raises:
        DeliveryError: when the ledger cannot be used; nothing is delivered without it.
    """
    folders = [d for d in destinations if isinstance(d, FolderDestination)]
    mailings = [d for d in destinations if isinstance(d, MailDestination)]
    ledger.plan(edition, [key for d in destinations for key in _keys(edition, d)], now())
    receipts = []
    paths = []
    for folder in folders:
        receipt, published = _to_folder(edition, folder, ledger, now)
        receipts.append(receipt)
        if published is not None:
            edition = replace(edition, files=published.files)
            paths.append(str(published.path))
    another_run = any(receipt.in_hand for receipt in receipts)
    for mailing in mailings:
        keys = _keys(edition, mailing)
        if another_run:  # it publishes the folder at this moment, and will mail next
            known = (ledger.receipt(key) for key in keys)
            receipts += [replace(r, already=r.done, in_hand=not r.done) for r in known]
        else:
            job = Mailing(edition, mailing, tuple(paths), ledger, now, compose_mail)
            receipts += job.send(keys)
    return receipts


def failure(receipts: Sequence[Receipt]) -> DeliveryError | None:
    """The error that says how many deliveries were refused or are still owed, and names the first.
    None when there are none; what another run has in hand is for that run to tell."""
    failed = [receipt for receipt in receipts if not (receipt.done or receipt.in_hand)]
    if not failed:
        return None
    first = failed[0]
    return DeliveryError(
        f"{len(failed)} of {len(receipts)} deliveries were not made.",
        f"{first.key}: {first.state}: {' '.join(first.detail.split())}",
        "The next run carries out what is owed; `insights-reports deliveries` lists all, and with "
        "--again owes what was refused.",
    )


def _keys(edition: Edition, destination: Destination) -> list[Key]:
    recipients = destination.recipients if isinstance(destination, MailDestination) else ("",)
    return [
        Key(edition.subscription, edition.period, edition.revision, destination.name, recipient)
        for recipient in recipients
    ]


def _to_folder(
    edition: Edition, folder: FolderDestination, ledger: Ledger, now: Clock
) -> tuple[Receipt, storage.Published | None]:
    """Publish, unless another run is at it. A folder that was emptied since is filled again."""
    (key,) = _keys(edition, folder)
    claim = ledger.claim(key, now())
    if claim is None and ledger.receipt(key).state is not State.SENT:
        return ledger.receipt(key), None
    try:
        published = storage.publish(edition, folder.path, now=now())
    except DeliveryError as error:
        if claim is None:
            return replace(ledger.receipt(key), state=State.PLANNED, detail=str(error)), None
        return ledger.settle(claim, State.PLANNED, now(), detail=str(error)), None
    if claim is None:
        return replace(ledger.receipt(key), already=True), published
    receipt = ledger.settle(
        claim, State.SENT, now(), reference=str(published.path), sha256=published.sha256
    )
    return receipt, published
