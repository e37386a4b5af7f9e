"""What is owed of an edition to whom, and who is not mailed without somebody's word."""

from collections.abc import Sequence

from insights_reports.delivery.destinations import Destination, MailDestination
from insights_reports.delivery.ledger.ledger import Ledger
from insights_reports.delivery.receipts import Edition, Key, Receipt, State


def keys_of(edition: Edition, destination: Destination) -> list[Key]:
    """What is owed of ``edition`` to ``destination``."""
    recipients = destination.recipients if isinstance(destination, MailDestination) else ("",)
    name = (edition.about.subscription, edition.about.period, edition.about.revision)
    return [Key(*name, destination.name, recipient.lower()) for recipient in recipients]


def withheld(
    edition: Edition, mailings: Sequence[MailDestination], ledger: Ledger
) -> dict[Key, str]:
    """The mails that do not go out by themselves, each with the reason: a re-issue, to those who
    have its figures already, or may have; to recipients of a destination that takes
    ``new_recipients`` from the next period on, what was delivered before they were added."""
    known = ledger.deliveries(edition.about.subscription, edition.about.period)
    found = {}
    for mailing in mailings:
        for key in keys_of(edition, mailing):
            why = _why(edition, mailing, [r for r in known if _same_mailbox(r.key, key)], known)
            if why:
                found[key] = why
    return found


def had_one_before(edition: Edition, mailing: MailDestination, ledger: Ledger) -> frozenset[str]:
    """The recipients who were sent an earlier revision."""
    known = ledger.deliveries(edition.about.subscription, edition.about.period)
    return frozenset(
        r.key.recipient
        for r in known
        if r.done and r.key.destination == mailing.name and r.key.revision < edition.about.revision
    )


def _why(
    edition: Edition, mailing: MailDestination, mine: Sequence[Receipt], known: Sequence[Receipt]
) -> str:
    """``mine`` are the recipient's receipts, ``known`` those of all."""
    owed_once = any(r.state is not State.WITHHELD for r in mine)
    if known and not owed_once and mailing.new_recipients == "next":
        return "added after it was delivered; new_recipients: next"
    earlier = [r for r in mine if r.key.revision < edition.about.revision]
    last = max(earlier, key=lambda r: r.key.revision, default=None)
    if not edition.about.reissue or last is None:
        return ""
    if last.decide:
        return f"r{last.key.revision} has the same figures and may have arrived"
    had = last.state in (State.SENT, State.WITHHELD)
    return f"the figures are those of r{edition.about.revision - 1}" if had else ""


def _same_mailbox(one: Key, other: Key) -> bool:
    return (one.destination, one.recipient) == (other.destination, other.recipient)
