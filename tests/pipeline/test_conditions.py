"""Mails on condition: which editions are worth one, and what is said of the others."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from insights_reports.edition.document import Document
from insights_reports.edition.values import ChangeVerdict, Name, Phrase
from insights_reports.pipeline.conditions import why_no_mail
from tests.conftest import Command, Done
from tests.delivery.mail_servers import mail_server
from tests.documents import sample_document
from tests.pipeline.conftest import Configure

Run = Callable[..., Done]


def summary(
    *, verdict: ChangeVerdict = ChangeVerdict.USUAL, used: int = 10, changed: bool = True
) -> Document:
    made = sample_document()
    (first, *_) = made.tiles
    before = first.figure if not changed else replace(first.figure, value=-1.0)
    tile = replace(
        first,
        judged=replace(first.judged, verdict=verdict),
        change=replace(first.change, before=before),
        target=None,
    )
    ledger = replace(made.check.ledger, used=used)
    return replace(made, tiles=(tile,), check=replace(made.check, ledger=ledger))


@pytest.mark.parametrize(
    ("condition", "given", "mailed"),
    [
        ("always", summary(used=0), True),
        ("changed", summary(), True),
        ("changed", summary(changed=False), False),
        ("deployments", summary(used=1), True),
        ("deployments", summary(used=0), False),
        ("target_missed", summary(verdict=ChangeVerdict.WORSE), False),
        (
            "target_missed",
            replace(summary(), missed=Phrase("missed.all", {"list": Name("A")})),
            True,
        ),
        ("signal", summary(verdict=ChangeVerdict.WORSE), True),
        ("signal", summary(verdict=ChangeVerdict.BETTER), True),
        ("signal", summary(verdict=ChangeVerdict.LOOK), False),
        ("signal", summary(), False),
    ],
)
def test_what_is_worth_a_mail(condition: str, given: Document, mailed: bool) -> None:
    why = why_no_mail(condition, given)
    assert bool(why) is not mailed
    assert mailed or f"(mail_when: {condition})" in why


def test_what_is_not_mailed_is_kept_said_and_released(
    configure: Configure, run: Run, command: Command
) -> None:
    with mail_server() as postbox:
        # No target of 1,000 hours is missed.
        targets = {"lead_time_hours": 1000}
        config = configure(mail_port=postbox.port, mail_when="target_missed", targets=targets)
        done = run(config)
        assert done.status == 0, done.err
        said = "ot mailed: no target was missed (mail_when: target_missed)"
        assert said in done.out
        assert (config.parent / "reports" / "index.html").exists()
        assert run(config, "--json").status == 0
        there = ("--config", config, "--json")
        (edition,) = json.loads(command("editions", *there).out)
        assert (edition["state"], edition["note"]) == ("made", f"n{said}")
        assert [d["destination"] for d in json.loads(command("deliveries", *there).out)] == [
            "archive"
        ]
        (status,) = json.loads(command("status", *there).out)
        assert status["lastRun"]["outcome"] == f"done, n{said}"
        assert status["owed"] == []
        assert postbox.received == []
        released = command("release", "monthly/2026-09", "--by", "Ada", "--config", config)
        assert released.status == 0, released.err
        assert sorted(to for to, _ in postbox.received) == ["a@example.com", "b@example.com"]
        assert run(config).status == 0  # and what is released stays so
        assert len(postbox.received) == 2


def test_what_is_held_and_lost_its_files_is_made_again_and_released(
    configure: Configure, run: Run, command: Command
) -> None:
    config = configure(release="by_hand", deliver_to=["archive"])
    release = ("release", "monthly/2026-09", "--by", "Ada", "--config", config)
    assert run(config).status == 0
    (first,) = (config.parent / "state" / "runs").iterdir()
    shutil.rmtree(first)
    done = command(*release)
    assert (done.status, len(done.err.splitlines())) == (2, 3)
    assert "`insights-reports run monthly --period 2026-09` makes them again." in done.err
    assert run(config).status == 0
    done = command(*release)
    assert (done.status, done.out) == (0, "monthly 2026-09 r1 -> archive: sent\n")
    state = config.parent / "state"  # which nobody else may read
    assert [path for path in state.rglob("*") if path.stat().st_mode & 0o077] == []


def test_what_meets_its_condition_is_mailed(configure: Configure, run: Run) -> None:
    with mail_server() as postbox:
        targets = {"lead_time_hours": 0.001}
        config = configure(mail_port=postbox.port, mail_when="target_missed", targets=targets)
        assert run(config).status == 0
        assert len(postbox.received) == 2
