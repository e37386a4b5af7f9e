"""A ledger that lost its memory believes the archives: their manifests are entered again."""

from collections.abc import Iterator
from datetime import datetime

from insights_reports.config import Config, Recipients, Subscription
from insights_reports.delivery import (
    EditionRow,
    FolderDestination,
    Key,
    Ledger,
    Receipt,
    RevisionManifest,
    State,
)
from insights_reports.delivery.storage.places import read_manifests
from insights_reports.pipeline.destinations import places_of

IN_DOUBT = "the ledger did not know of this edition, but the archive does"


def rebuild(
    config: Config, ledger: Ledger, now: datetime, *, local_only: bool = False
) -> list[EditionRow]:
    """Enter every edition that stands in storage and that the ledger does not know of.

    What may have been mailed of it is held: nothing is mailed again without somebody's word
    (``deliveries --again``). Returns what was entered.

    Raises:
        DeliveryError: when a manifest cannot be read.
    """
    places = {
        name: place
        for name, place in places_of(config).items()
        if isinstance(place, FolderDestination) or not local_only
    }
    found = {name: read_manifests(place, ledger.holders) for name, place in places.items()}
    entered = []
    latest: dict[tuple[str, str], int] = {}
    for manifest in (each for manifests in found.values() for each in manifests):
        name = (manifest.about.subscription, manifest.about.period)
        latest[name] = max(manifest.about.revision, latest.get(name, 0))
    for destination, manifests in found.items():
        for manifest in manifests:
            last = (
                latest[manifest.about.subscription, manifest.about.period]
                == manifest.about.revision
            )
            row = _row(manifest)
            receipts = [*_published(manifest, found, now)]
            if last:
                receipts += _mailed(config, manifest, destination, now)
            if ledger.reenter(row, receipts):
                entered.append(row)
    return entered


def believe(config: Config, ledger: Ledger, subscription: str, period: str, now: datetime) -> None:
    """`rebuild`, when the ledger knows nothing of this subscription's period: from all storage when
    the ledger is empty, else from the folders of this machine."""
    if not ledger.editions(subscription, period):
        rebuild(config, ledger, now, local_only=bool(ledger.editions()))


def _row(manifest: RevisionManifest) -> EditionRow:
    return EditionRow(
        manifest.about.subscription,
        manifest.about.period,
        manifest.about.revision,
        manifest.about.digest,
        manifest.about.status,
        manifest.about.made_at,
        run_id="",
        files=tuple((file.name, file.size, file.sha256) for file in manifest.files),
        note="entered from the archive",
    )


def _published(
    manifest: RevisionManifest, found: dict[str, list[RevisionManifest]], now: datetime
) -> Iterator[Receipt]:
    for name, manifests in found.items():
        if any(_same(manifest, other) for other in manifests):
            key = Key(
                manifest.about.subscription, manifest.about.period, manifest.about.revision, name
            )
            yield Receipt(key, State.SENT, now, reference=manifest.folder)


def _same(one: RevisionManifest, other: RevisionManifest) -> bool:
    return (one.folder, one.about.digest) == (other.folder, other.about.digest)


def _mailed(
    config: Config, manifest: RevisionManifest, archive: str, now: datetime
) -> Iterator[Receipt]:
    subscription: Subscription | None = config.subscriptions.get(manifest.about.subscription)
    for name in subscription.deliver_to if subscription else ():
        chosen = config.destinations[name]
        if isinstance(chosen, Recipients):
            for recipient in chosen.to:
                about = (
                    manifest.about.subscription,
                    manifest.about.period,
                    manifest.about.revision,
                )
                key = Key(*about, name, recipient.lower())
                yield Receipt(key, State.UNKNOWN, now, detail=f"{IN_DOUBT} {archive!r}")
