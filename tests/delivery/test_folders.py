"""Other folders than the usual ones: every edition in one of its own, and found after a change."""

import json
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.delivery import (
    Edition,
    FolderDestination,
    Ledger,
    MailDestination,
    State,
    deliver,
)
from insights_reports.delivery.storage import places
from insights_reports.delivery.storage.manifest import folder_of, is_folder_of
from insights_reports.errors import DeliveryError
from insights_reports.metrics.periods import Period
from insights_reports.spelling.folders import DEFAULT, Folders, may_hold
from tests.delivery.mail_servers import mail_server
from tests.delivery.material import EDITION, FILES, HOLDERS, NOON, Clock, altered, compose, entered
from tests.delivery.test_storage import tree

BY_YEAR: Folders = "{year}/{subscription}/{period}"
BY_PERIOD: Folders = "{period}/{subscription}"
ALL: tuple[Folders, ...] = get_args(Folders)
publish = partial(places.publish, now=NOON, holders=HOLDERS)
read = partial(places.read_manifests, holders=HOLDERS)


def of(period: str, subscription: str = "board") -> Edition:
    """An edition of the period of that name."""
    found = Period.parse(period, year_starts=4 if period.startswith("FY") else 1)
    return altered(
        EDITION, subscription=subscription, period=found.name, start=found.start, end=found.end
    )


@pytest.fixture
def archive(tmp_path: Path) -> FolderDestination:
    return FolderDestination("archive", tmp_path / "editions")


@pytest.mark.parametrize(
    ("edition", "folders", "folder"),
    [
        (of("2026-09"), DEFAULT, "board/2026-09"),
        (of("2026-09"), "{period}/{subscription}", "2026-09/board"),
        (of("2026-09"), BY_YEAR, "2026/board/2026-09"),
        (of("2026-09"), "{year}/{period}/{subscription}", "2026/2026-09/board"),
        (of("2026-09"), "{subscription}/{year}/{period}", "board/2026/2026-09"),
        (of("2026-W01"), BY_YEAR, "2026/board/2026-w01"),  # it begins on 29 December 2025
        (of("2026-Q3"), BY_YEAR, "2026/board/2026-q3"),
        (of("2026"), BY_YEAR, "2026/board/2026"),
        (of("FY2027"), BY_YEAR, "fy2027/board/fy2027-e98bbb64"),
        (of("2026-09", "teams@web-shop"), BY_YEAR, "2026/teams-web-shop/2026-09"),
        (altered(EDITION, period="../x"), BY_YEAR, "2026/board/x-d6b96a97"),
    ],
)
def test_the_folder_of_an_edition_by_hand(edition: Edition, folders: Folders, folder: str) -> None:
    assert folder_of(edition, folders) == folder


_PERIODS = st.builds(
    lambda kind, day: Period.containing(kind, day),
    st.sampled_from(["day", "week", "month", "quarter", "year"]),
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
)
_EDITIONS = st.builds(
    lambda name, period: altered(
        EDITION,
        files=(),
        subscription=name,
        period=period.name,
        start=period.start,
        end=period.end,
        digest=f"{name} {period.name}",
    ),
    st.one_of(st.text(min_size=1), st.sampled_from(["2026", "2026-09", "Board", "board"])),
    _PERIODS,
)


@given(_EDITIONS, _EDITIONS, st.sampled_from(ALL))
def test_law_two_editions_never_share_a_folder_and_none_leaves_the_root(
    one: Edition, other: Edition, folders: Folders
) -> None:
    same = (one.about.subscription, one.about.period) == (
        other.about.subscription,
        other.about.period,
    )
    assert (folder_of(one, folders) == folder_of(other, folders)) == same
    for part in folder_of(one, folders).split("/"):
        assert part.isascii()
        assert part == part.lower()  # no two that differ in case alone
        assert part.replace("-", "").isalnum()


@given(_EDITIONS, st.sampled_from(ALL))
def test_law_a_folder_is_known_for_that_of_its_edition_by_whichever_choice(
    edition: Edition, folders: Folders
) -> None:
    folder = folder_of(edition, folders)
    assert may_hold(folder)
    assert is_folder_of(folder, edition)
    assert not is_folder_of(f"elsewhere/{folder}", edition)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(_EDITIONS, st.sampled_from(ALL)), max_size=5))
def test_law_whatever_was_published_by_whichever_choice_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, published: list[tuple[Edition, Folders]]
) -> None:
    place = FolderDestination("archive", tmp_path_factory.mktemp("editions"))
    wanted = {}
    for edition, folders in published:
        try:
            path = publish(edition, replace(place, folders=folders)).path
        except DeliveryError as error:  # "2026" of 2026-09 after "2026-09" of 2026, say
            assert "Another content" in str(error)
            continue
        wanted[Path(path).relative_to(place.path).as_posix()] = edition.about.subscription
    assert {m.folder: m.about.subscription for m in read(place)} == wanted


@pytest.mark.parametrize("folders", ALL)
def test_a_subscription_may_be_called_as_revisions_are(
    archive: FolderDestination, folders: Folders
) -> None:
    place = replace(archive, folders=folders)
    for name in ("r1", "r2", "2026"):
        publish(of("2026-09", name), place)
        publish(of("2026", name), place)
    assert {(m.about.subscription, m.about.period) for m in read(place)} == {
        (name, period) for name in ("r1", "r2", "2026") for period in ("2026-09", "2026")
    }


def test_a_revision_goes_beside_those_before_and_a_new_period_by_the_new_choice(
    tmp_path: Path, archive: FolderDestination
) -> None:
    public = replace(archive, public_url="https://reports.example.com/")
    moved = replace(public, folders=BY_YEAR)
    with mail_server() as postbox, Ledger(tmp_path / "ledger.sqlite") as ledger:
        mail = MailDestination("mail", ("cto@example.com",), postbox.transport())

        def delivered(edition: Edition, place: FolderDestination) -> str:
            receipts = deliver(
                entered(ledger, edition), [place, mail], ledger, now=Clock(), compose_mail=compose
            )
            assert {receipt.state for receipt in receipts} == {State.SENT}
            return str(postbox.parsed(-1).get_body(("plain",)).get_content())  # type: ignore[union-attr]

        assert "https://reports.example.com/board/2026-09/r1/" in delivered(EDITION, public)
        (archive.path / "board/2026-09/r1" / FILES[0].name).unlink()
        delivered(EDITION, moved)  # put back where it stood, and nowhere else
        again = altered(EDITION, digest="b" * 64, status="revised")
        assert "https://reports.example.com/board/2026-09/r2/" in delivered(again, moved)
        october = of("2026-10")
        said = delivered(october, moved)
        assert "https://reports.example.com/2026/board/2026-10/r1/" in said
        delivered(altered(october, digest="c" * 64, status="revised"), public)
    assert [m.folder for m in read(moved)] == [
        "board/2026-09/r1",
        "board/2026-09/r2",
        "2026/board/2026-10/r1",
        "2026/board/2026-10/r2",
    ]
    assert read(moved) == read(archive)
    there = tree(archive.path)
    assert there[f"board/2026-09/r1/{FILES[0].name}"] == FILES[0].content
    for period in ("board/2026-09", "2026/board/2026-10"):
        assert json.loads(there[f"{period}/latest.json"])["revision"] == 2
    assert {name.partition("/")[0] for name in there} == {"board", "2026"}


def test_a_place_elsewhere_is_another_place(tmp_path: Path, archive: FolderDestination) -> None:
    """What the ledger knows of another root says nothing of this one."""
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        edition = entered(ledger)
        deliver(edition, [archive], ledger, now=Clock(), compose_mail=compose)
        moved = FolderDestination("archive", tmp_path / "other", folders=BY_PERIOD)
        deliver(edition, [moved], ledger, now=Clock(), compose_mail=compose)
    assert [m.folder for m in read(moved)] == ["2026-09/board/r1"]


@pytest.mark.parametrize("folders", ALL)
def test_a_place_below_another_is_not_read_with_it(
    archive: FolderDestination, folders: Folders
) -> None:
    """Its root lies there, as those of slices do."""
    roots = ("teams", "teams/web-shop", "teams/2026", "2026/teams")
    for root in roots:
        below = FolderDestination("below", archive.path / root, folders=folders)
        for period in ("2026", "2026-09"):
            publish(of(period, "teams@web-shop"), below)
    publish(of("2026-09"), replace(archive, folders=folders))
    assert [m.about.subscription for m in read(archive)] == ["board"]
    for root in roots:
        found = read(FolderDestination("below", archive.path / root))
        assert {m.about.subscription for m in found} == {"teams@web-shop"}


@pytest.mark.parametrize("folders", ALL)
def test_a_revision_without_its_manifest_is_named(
    archive: FolderDestination, folders: Folders
) -> None:
    place = replace(archive, folders=folders)
    path = Path(publish(EDITION, place).path)
    (path / "manifest.json").unlink()
    with pytest.raises(DeliveryError, match=str(path)):
        read(place)
