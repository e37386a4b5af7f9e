"""Delivering an edition: storage first, then mail, each step entered in the ledger."""

from collections.abc import Sequence
from dataclasses import replace

from insights_reports.delivery.destinations import Destination, MailDestination
from insights_reports.delivery.ledger.ledger import Ledger
from insights_reports.delivery.mail.mailing import Mailing
from insights_reports.delivery.receipts import (
    Clock,
    ComposeMail,
    Edition,
    Receipt,
    State,
)
from insights_reports.delivery.recipients import keys_of, withheld
from insights_reports.delivery.storage import places
from insights_reports.delivery.storage.manifest import Published
from insights_reports.errors import DeliveryError, InsightsReportsError


def deliver(
    edition: Edition,
    destinations: Sequence[Destination],
    ledger: Ledger,
    *,
    now: Clock,
    compose_mail: ComposeMail,
    note: str = "",
) -> list[Receipt]:
    """Bring ``edition`` to every destination that has not got it yet.

    The revision must be the one that ``ledger.next_revision`` gave. A destination that fails does
    not stop the others: its receipt says what happened, and the next call carries out what is still
    owed. A folder comes before any mail, and the mail carries the very files that stand in the
    folder. ``note`` says who released an edition that was held.

    Raises:
        DeliveryError: when the ledger cannot be used; nothing is delivered without it.
    """
    stores = [d for d in destinations if not isinstance(d, MailDestination)]
    mailings = [d for d in destinations if isinstance(d, MailDestination)]
    keys = {d.name: keys_of(edition, d) for d in destinations}
    held = {key for d in mailings if d.on_unknown == "hold" for key in keys[d.name]}
    everything = [key for some in keys.values() for key in some]
    waiting = withheld(edition, mailings, ledger)
    ledger.plan(edition, everything, now(), hold_unknown=held, note=note, withheld=waiting)
    receipts = []
    paths = []
    for place in stores:
        receipt, published = _to_place(edition, place, ledger, now)
        receipts.append(receipt)
        if published is not None:
            edition = replace(edition, files=published.files)
            paths.append(places.address(place, edition, str(published.path)))
    another_run = any(receipt.in_hand or receipt.held_until for receipt in receipts)
    for mailing in mailings:
        if another_run:  # it publishes the folder at this moment, and will mail next
            known = (ledger.receipt(key) for key in keys[mailing.name])
            receipts += [replace(r, already=r.done, in_hand=not r.done) for r in known]
        else:
            job = Mailing(edition, mailing, tuple(paths), ledger, now, compose_mail)
            receipts += job.send(keys[mailing.name])
    return receipts


def failure(receipts: Sequence[Receipt]) -> DeliveryError | None:
    """The error that says how many deliveries were refused or are still owed, and names the first.

    None when there are none. What a living run has in hand is for that run to tell; what another
    machine's has, of which nothing can be known here, is owed until its claim ends.
    """
    failed = [receipt for receipt in receipts if receipt.owed and not receipt.in_hand]
    if not failed:
        return None
    first = failed[0]
    return DeliveryError(
        f"{len(failed)} of {len(receipts)} deliveries were not made.",
        f"{first.key}: {said(first)}",
        "The next run carries out what is owed; `insights-reports deliveries` lists all, and with "
        "--again owes what was refused or may have arrived.",
    )


def said(receipt: Receipt) -> str:
    """The state of a delivery and the words on it, on one line."""
    if receipt.held_until and not receipt.done:
        return (
            f"{receipt.state}: a run on another machine or in another container holds it since "
            f"{receipt.at:%H:%M:%S} UTC; try again at {receipt.held_until:%H:%M:%S} UTC"
        )
    if receipt.in_hand:
        return f"{receipt.state}: another run holds it since {receipt.at:%H:%M:%S} UTC, and goes on"
    detail = " ".join(receipt.detail.split())
    held = " It may have arrived, and is held." if receipt.decide else ""
    return f"{receipt.state}{f': {detail}' if detail else ''}{held}"


def _to_place(
    edition: Edition, place: places.Place, ledger: Ledger, now: Clock
) -> tuple[Receipt, Published | None]:
    """Publish, unless another run is at it. A folder that was emptied since is filled again."""
    (key,) = keys_of(edition, place)
    known = ledger.deliveries(key.subscription, key.period)
    claim = ledger.claim(key, now())
    if claim is None and ledger.receipt(key).state is not State.SENT:
        return ledger.receipt(key), None
    try:
        published = places.publish(edition, place, now=now(), holders=ledger.holders, known=known)
    except Exception as error:
        reason = (
            str(error)
            if isinstance(error, InsightsReportsError)
            else f"{type(error).__name__}: {error}"
        )
        if claim is None:
            return replace(ledger.receipt(key), state=State.PLANNED, detail=reason), None
        return ledger.settle(claim, State.PLANNED, now(), detail=reason), None
    except BaseException:
        if claim is not None:
            ledger.settle(claim, State.PLANNED, now(), detail="The run was stopped.")
        raise
    if claim is None:
        return replace(ledger.receipt(key), already=True), published
    receipt = ledger.settle(
        claim, State.SENT, now(), reference=str(published.path), sha256=published.sha256
    )
    return receipt, published
