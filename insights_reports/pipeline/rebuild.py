"""A ledger that lost its memory believes the archives: their manifests are entered again."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from insights_reports.config.delivery import Recipients
from insights_reports.config.file import refuse_unusable
from insights_reports.config.model import Config
from insights_reports.delivery import (
    EditionRow,
    FolderDestination,
    Key,
    Ledger,
    Receipt,
    RevisionManifest,
    State,
    StorageDestination,
    address,
)
from insights_reports.delivery.storage.places import Place, path_in, read_manifests
from insights_reports.edition.about import About
from insights_reports.pipeline.destinations import RECIPIENTS, of_slice, places_of

_Content = tuple[str, str, int, str]
IN_DOUBT = "the ledger did not know of this edition, but the archive does"


def rebuild(
    config: Config,
    ledger: Ledger,
    now: datetime,
    *,
    local_only: bool = False,
    of: str | None = None,
) -> list[EditionRow]:
    """Enter every edition that stands in storage and that the ledger does not know of; ``of`` a
    slice only what stands in its own folders.

    What may have been mailed of it is held: nothing is mailed again without somebody's word
    (``deliveries --again``). Returns what was entered.

    Raises:
        DeliveryError: when a manifest cannot be read.
        ConfigError: when something stands there of a subscription that was left out because of its
            mistakes: who may have had it is not known then.
    """
    places = {
        name: place
        for name, place in places_of(config).items()
        if isinstance(place, FolderDestination) or not local_only
    }
    found = [
        (each, manifest)
        for name, place in places.items()
        for each in _folders(config, name, place, of)
        for manifest in _read(each, ledger)
    ]
    entered = []
    latest: dict[tuple[str, str], int] = {}
    published: defaultdict[_Content, list[Receipt]] = defaultdict(list)
    for place, manifest in found:
        about = manifest.about
        name = (about.subscription, about.period)
        if not ledger.editions(*name):
            refuse_unusable(config, about.subscription)
        latest[name] = max(about.revision, latest.get(name, 0))
        published[_content(about)].append(_receipt(place, manifest, now))
    for place, manifest in found:
        about, row = manifest.about, _row(manifest)
        receipts = list(published[_content(about)])
        if latest[about.subscription, about.period] == about.revision:
            receipts += _mailed(config, about, place.name, now)
        if ledger.reenter(row, receipts):
            entered.append(row)
    return entered


def believe(config: Config, ledger: Ledger, subscription: str, period: str, now: datetime) -> None:
    """`rebuild`, when the ledger knows nothing of this subscription's period: from all storage when
    the ledger is empty, else from the folders of this machine."""
    if not ledger.editions(subscription, period):
        slice = subscription if config.slice_of(subscription) is not None else None
        rebuild(config, ledger, now, local_only=not ledger.is_empty(), of=slice)


def archived(config: Config, ledger: Ledger, row: EditionRow) -> About | None:
    """What the edition ``row`` was, by its manifest: those on this machine are looked at first.

    Raises:
        DeliveryError: when a place cannot be read.
    """
    wanted = (row.subscription, row.period, row.revision)
    slice = row.subscription if config.slice_of(row.subscription) is not None else None
    places = sorted(
        places_of(config).values(), key=lambda each: isinstance(each, StorageDestination)
    )
    for place in places:
        for each in _read(of_slice(place, slice) if slice else place, ledger):
            if (each.about.subscription, each.about.period, each.about.revision) == wanted:
                return each.about
    return None


def _read(place: Place, ledger: Ledger) -> list[RevisionManifest]:
    return read_manifests(place, ledger.holders)


def _folders(config: Config, destination: str, place: Place, of: str | None) -> Iterator[Place]:
    """The place itself, and the folder in it of each slice that is delivered there."""
    if of is not None:
        yield of_slice(place, of)
        return
    yield place
    for subscription, slices in config.slices.items():
        if destination in config.subscriptions[subscription].deliver_to:
            yield from (of_slice(place, name) for name in slices)


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


def _receipt(place: Place, manifest: RevisionManifest, now: datetime) -> Receipt:
    about = manifest.about
    key = Key(about.subscription, about.period, about.revision, place.name)
    return Receipt(key, State.SENT, now, reference=path_in(place, manifest.folder))


def _content(about: About) -> _Content:
    """The same in all places, whichever the edition's folder is there."""
    return about.subscription, about.period, about.revision, about.digest


def _mailed(config: Config, about: About, archive: str, now: datetime) -> Iterator[Receipt]:
    for name, recipient in _recipients(config, about.subscription):
        mailbox = address(recipient).lower()
        key = Key(about.subscription, about.period, about.revision, name, mailbox)
        yield Receipt(key, State.UNKNOWN, now, detail=f"{IN_DOUBT} {archive!r}")


def _recipients(config: Config, name: str) -> Iterator[tuple[str, str]]:
    """(destination, address) of everybody who receives mails of a subscription or a slice."""
    subscription, slice = config.find(name), config.slice_of(name)
    if subscription is None:
        return
    if subscription.slices and slice is not None:
        yield from ((RECIPIENTS, to) for to in subscription.slices.recipients[slice])
        return
    for destination in subscription.deliver_to:
        chosen = config.destinations[destination]
        if isinstance(chosen, Recipients):
            yield from ((destination, to) for to in chosen.to)
