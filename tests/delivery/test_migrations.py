"""Ledgers of released versions become today's; those of unknown versions are refused by name."""

import sqlite3
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from insights_reports.delivery import Key, Ledger, State, publish, read_manifests
from insights_reports.delivery.ledger.schema import VERSION
from insights_reports.errors import DeliveryError
from tests.delivery.material import EDITION, HOLDERS, NOON

RELEASED = Path(__file__).parent / "fixtures" / "released-0.1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The ledger that the released version wrote, as a file."""
    path = tmp_path / "ledger.sqlite"
    with sqlite3.connect(path) as raw:
        raw.executescript((RELEASED / "ledger.sql").read_text())
    raw.close()
    return path


def test_the_released_versions_ledger_is_read_and_goes_on(path: Path) -> None:
    with Ledger(path) as ledger:
        assert {r.key.recipient.partition("@")[0]: r.state for r in ledger.deliveries()} == {
            "": State.SENT,
            "cto": State.SENT,
            **{str(s): s for s in State if s not in (State.SUPERSEDED, State.WITHHELD)},
        }
        assert [(e.period, e.state, len(e.files)) for e in ledger.editions()] == [
            ("2026-08", "made", 3),
            ("2026-09", "made", 3),
        ]
        assert [run.outcome for run in ledger.runs.latest()] == ["failed"]
        sending = Key("board", "2026-09", 1, "mail", "sending@example.com")
        assert ledger.claim(sending, NOON) is None  # its lease was fifteen minutes then
        claim = ledger.claim(sending, NOON + timedelta(minutes=15))
        assert claim is not None
        assert claim.message == b"From: x\r\n\r\nnew\r\n"
        assert ledger.settle(claim, State.SENT, NOON).done
    with Ledger(path) as ledger:  # and now it is one of today's
        assert ledger.receipt(sending).done


def test_an_address_is_one_in_any_case_also_in_a_released_ledger(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        for old, new in (("sent", "Sent"), ("refused", "SENT"), ("planned", "PLANNED")):
            raw.execute(f"UPDATE deliveries SET recipient = replace(recipient, '{old}', '{new}')")
    raw.close()
    with Ledger(path) as ledger:
        keys = [r.key.recipient for r in ledger.deliveries("board", "2026-09")]
        assert "planned@example.com" in keys
        assert len(keys) == len(set(keys)) == 7  # none was lost where two of a kind met


def test_an_edition_that_was_only_numbered_is_a_draft(path: Path) -> None:
    with sqlite3.connect(path) as raw:
        raw.execute("INSERT INTO editions VALUES ('board', '2026-10', 1, 'd', 'final', "
                    "'2026-11-01T12:00:00.000000+00:00', 'run', '[]')")  # fmt: skip
    raw.close()
    with Ledger(path) as ledger:
        assert len(ledger.editions()) == 2
        assert len(ledger.editions(drafts=True)) == 3


def test_a_newer_ledger_is_refused_by_its_version(path: Path) -> None:
    Ledger(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute(f"PRAGMA user_version = {VERSION + 1}")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(DeliveryError, match=f"version {VERSION + 1}, this program knows {VERSION}"):
        Ledger(path)
    assert path.read_bytes() == before


def test_the_released_versions_archive_is_read_and_believed(tmp_path: Path) -> None:
    archive = RELEASED / "archive"
    (manifest,) = read_manifests(archive)
    assert (manifest.about.subscription, manifest.about.revision, manifest.about.digest) == (
        "board",
        1,
        "a" * 64,
    )
    published = partial(publish, holders=HOLDERS, now=NOON)(EDITION, archive)
    assert not published.new
