"""Settings are not data: the same figures shown in another way are published and not mailed, and
who was added later is told nothing of revisions that he never had."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from insights_reports.delivery import read_manifests
from insights_reports.delivery.storage import places
from tests.conftest import Command, Done
from tests.delivery.mail_servers import Postbox, mail_server
from tests.delivery.material import HOLDERS
from tests.delivery.storage_servers import s3
from tests.pipeline.conftest import Configure

Run = Callable[..., Done]


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with mail_server() as running:
        yield running


def change(config: Path, **settings: Any) -> None:
    """Other settings of the subscription, or (a dictionary) of a part of the configuration."""
    said = json.loads(config.read_text(encoding="utf-8"))
    for name, value in settings.items():
        if name in ("destinations", "company"):
            for key, part in value.items():
                place = said.setdefault(name, {})
                place[key] = {**place[key], **part} if isinstance(part, dict) else part
        else:
            said["subscriptions"]["monthly"][name] = value
    config.write_text(json.dumps(said), encoding="utf-8")


def revisions(config: Path) -> list[tuple[int, str, bool]]:
    """Number, status and whether it is a re-issue, of all that stand in the folder."""
    found = read_manifests(config.parent / "reports")
    return [(m.about.revision, m.about.status, m.about.reissue) for m in found]


WAYS: dict[str, dict[str, Any]] = {
    "language": {"language": "de"},
    "look": {"company": {"accent": "#7a1f5c"}},
    "format": {"formats": ["html", "xlsx"]},
    "split": {"splits": ["Project", "Environment"]},
    "paper": {"paper": "Letter"},
    "targets": {"targets": {"failure_rate": 0.5}},
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_the_same_figures_in_another_way_are_published_and_mailed_only_on_demand(
    configure: Configure, run: Run, command: Command, postbox: Postbox, way: str
) -> None:
    config = configure(mail_port=postbox.port)
    assert run(config).status == 0
    assert len(postbox.received) == 2
    change(config, **WAYS[way])
    done = run(config)
    assert done.status == 0, done.err
    assert "board a@example.com: withheld: the figures are those of r1" in done.out
    assert revisions(config) == [(1, "final", False), (2, "final", True)]
    assert len(postbox.received) == 2
    assert run(config).status == 0
    assert len(revisions(config)) == 2  # once
    again = command("deliveries", "--again", "a@example.com", "--config", config)
    assert again.status == 0, again.err
    assert run(config).status == 0
    assert [to for to, _ in postbox.received[2:]] == ["a@example.com"]
    message = postbox.parsed(2)
    assert "revi" not in str(message["Subject"])
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    words = "sind die der Fassung 1" if way == "language" else "are those of revision 1"
    said = " ".join(text.split())
    assert words in said
    also = "Now also: Delivery performance by environment."
    new = {"split": also, "language": "Geändert ist nur die Darstellung."}
    assert new.get(way, "Only how they are shown has changed.") in said
    shown = json.loads(command("status", "--config", config, "--json").out)
    assert shown[0]["owed"] == []


def test_a_reissue_of_a_reissue_and_an_unsent_mail_are_not_lost(
    configure: Configure, run: Run, postbox: Postbox
) -> None:
    """What the first still owed to a recipient, the re-issue brings him."""
    config = configure(mail_port=postbox.port)
    postbox.faults = {"rcpt": ["451 4.7.1 later"]}
    assert run(config).status == 5  # a@example.com is deferred
    change(config, language="de")
    done = run(config)
    assert "board a@example.com: sent" in done.out
    assert "board b@example.com: withheld" in done.out
    change(config, paper="Letter")
    assert "board b@example.com: withheld: the figures are those of r2" in run(config).out
    assert [r for r, _, _ in revisions(config)] == [1, 2, 3]
    assert [to for to, _ in postbox.received] == ["b@example.com", "a@example.com"]


def test_a_note_alone_is_a_reissue(
    configure: Configure, run: Run, command: Command, postbox: Postbox, tmp_path: Path
) -> None:
    config = configure(mail_port=postbox.port)
    assert run(config).status == 0
    note = tmp_path / "note.md"
    note.write_text("Seen with the board.", encoding="utf-8")
    done = run(config, "--note", str(note))
    assert "board a@example.com: withheld: the figures are those of r1" in done.out
    assert revisions(config) == [(1, "final", False), (2, "final", True)]
    (page,) = config.parent.glob("reports/monthly/*/r2/*-summary.html")
    text = page.read_text(encoding="utf-8")
    assert "The note is new, or another one." in text
    assert "Only how they are shown" not in text
    again = ("deliveries", "--again", "a@example.com", "--config", config)
    assert command(*again).status == 0
    assert run(config, "--note", str(note)).status == 0
    assert [to for to, _ in postbox.received[2:]] == ["a@example.com"]


def test_a_bucket_tells_what_a_pruned_run_was(
    configure: Configure, run: Run, postbox: Postbox
) -> None:
    with s3() as bucket:
        place = {"type": "storage", "url": bucket.url, "endpoint": bucket.endpoint}
        config = configure(mail_port=postbox.port)
        change(config, destinations={"archive": {**place, "region": bucket.region, "path": None}})
        said = json.loads(config.read_text(encoding="utf-8"))
        del said["destinations"]["archive"]["path"]
        config.write_text(json.dumps(said), encoding="utf-8")
        first = run(config)
        assert first.status == 0, first.err
        shutil.rmtree(config.parent / "state" / "runs")
        change(config, language="de")
        assert "board a@example.com: withheld: the figures are those of r1" in run(config).out
        found = places.read_manifests(bucket, HOLDERS)
        assert [(m.about.revision, m.about.reissue) for m in found] == [(1, False), (2, True)]


def test_an_archive_tells_what_a_pruned_run_was(
    configure: Configure, run: Run, postbox: Postbox
) -> None:
    config = configure(mail_port=postbox.port)
    assert run(config).status == 0
    shutil.rmtree(config.parent / "state" / "runs")
    change(config, language="de")
    assert "board a@example.com: withheld: the figures are those of r1" in run(config).out
    assert revisions(config) == [(1, "final", False), (2, "final", True)]


def test_after_a_lost_ledger_a_reissue_waits_for_a_word_as_well(
    configure: Configure, run: Run, command: Command, postbox: Postbox
) -> None:
    config = configure(mail_port=postbox.port)
    assert run(config).status == 0
    (config.parent / "state" / "ledger.sqlite").unlink()
    assert command("ledger", "rebuild", "--config", config).status == 0
    change(config, language="de")
    assert (
        "a@example.com: withheld: r1 has the same figures and may have arrived" in run(config).out
    )
    assert len(postbox.received) == 2
    again = command("deliveries", "--again", "a@example.com", "--config", config)
    assert again.status == 0, again.err
    assert run(config).status == 0
    assert [to for to, _ in postbox.received[2:]] == ["a@example.com"]


@pytest.mark.parametrize(("policy", "copies"), [("now", 1), ("next", 0)])
def test_who_was_added_later(
    configure: Configure, run: Run, postbox: Postbox, policy: str, copies: int
) -> None:
    config = configure(mail_port=postbox.port)
    assert run(config).status == 0
    to = ["a@example.com", "b@example.com", "new@example.com"]
    change(config, destinations={"board": {"to": to, "new_recipients": policy}})
    done = run(config)
    assert done.status == 0, done.err
    assert [to for to, _ in postbox.received[2:]] == ["new@example.com"] * copies
    if policy == "next":
        assert "new@example.com: withheld: added after it was delivered" in done.out
        assert "new@example.com: sent" in run(config, "--period", "2026-08").out


def test_who_never_had_a_revision_is_told_nothing_of_it(
    configure: Configure, run: Run, postbox: Postbox
) -> None:
    config = configure(mail_port=postbox.port)
    assert run(config).status == 0
    to = ["a@example.com", "new@example.com"]
    change(config, language="de", destinations={"board": {"to": to}})
    done = run(config)
    assert "board new@example.com: sent" in done.out
    assert "board a@example.com: withheld" in done.out
    text = postbox.parsed(2).get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Revision 1" not in text
