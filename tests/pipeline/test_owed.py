"""What earlier runs owe: carried out by the next, each by itself, or given up with a reason."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from insights_reports.cli import main
from insights_reports.config.file import load_config, load_usable
from insights_reports.delivery import Key, Ledger, State
from insights_reports.owed.standing import Stand
from insights_reports.pipeline.owed import deliver_owed, deliveries_due
from insights_reports.pipeline.standing import end_attempt, enrol, overview
from tests.conftest import AS_OF, Done
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure

Run = Callable[..., Done]
SCHEDULE = {"cron": "15 6 1 * *", "zone": "Europe/Vilnius"}
LATER = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)


def again(config: Path, ledger: Ledger, period: str) -> list[Key]:
    """Owe all mails of a period again, as if they had been put off."""
    keys = [r.key for r in ledger.deliveries("monthly", period) if r.key.recipient]
    return [key for key in keys if ledger.reopen(key, LATER)]


def test_one_bad_edition_does_not_stop_the_others(configure: Configure, run: Run) -> None:
    """Three months are refused by the mail server and owed again. The folder of one run is gone,
    one mailing is no longer delivered to: the rest arrives, and these are given up."""
    with mail_server() as postbox:
        postbox.faults["rcpt"] = ["550 5.1.1 no such user"] * 6
        config = configure(mail_port=postbox.port)
        assert run(config, "--period", "2026-07..2026-09").status == 5
        assert not postbox.received
        with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
            assert sum(len(again(config, ledger, f"2026-0{m}")) for m in (7, 8, 9)) == 6
            (august,) = ledger.editions("monthly", "2026-08")
        shutil.rmtree(config.parent / "state" / "runs" / august.run_id)

        done = run(config, "--period", "2026-07")  # July's, and what is owed of all
        assert done.status == 5
        remedy = "`deliveries --again WHO`, then `run monthly --period 2026-08`"
        assert f"the files of its run are gone; {remedy}" in done.out
        assert [to for to, _ in postbox.received] == ["a@example.com", "b@example.com"] * 2
        assert not deliveries_due(load_config(config), LATER)
        assert states(config, "2026-08") == [State.SENT, State.REFUSED, State.REFUSED]

        done = run(config, "--period", "2026-07")
        assert done.status == 0, done.err
        assert len(postbox.received) == 4


def test_a_subscription_that_is_gone_is_given_up(configure: Configure, run: Run) -> None:
    with mail_server() as postbox:
        postbox.faults["rcpt"] = ["550 5.1.1 no such user"] * 2
        config = configure(mail_port=postbox.port)
        assert run(config).status == 5
        with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
            again(config, ledger, "2026-09")
        said = json.loads(config.read_text())
        said["subscriptions"] = {"other": said["subscriptions"]["monthly"]}
        config.write_text(json.dumps(said))
        receipts = deliver_owed(load_config(config), LATER)
        assert {receipt.state for receipt in receipts} == {State.REFUSED}
        assert "gone from the configuration" in receipts[0].detail
        assert not deliver_owed(load_config(config), LATER)
        assert not postbox.received


def test_of_a_subscription_with_mistakes_nothing_is_given_up(
    configure: Configure, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with mail_server() as postbox:
        postbox.faults["rcpt"] = ["451 4.3.0 try again later"] * 2
        config = configure(mail_port=postbox.port)
        assert run(config).status == 5
        said = json.loads(config.read_text())
        right = said["subscriptions"]["monthly"]
        wrong = right | {"splits": ["Projekt"]}
        right_file = config.with_name("right.yaml")
        right_file.write_text(config.read_text())
        said["subscriptions"] = {"other": right | {"deliver_to": []}, "monthly": wrong}
        config.write_text(json.dumps(said))
        usable = load_usable(config)
        assert deliveries_due(load_usable(right_file), LATER)
        assert not deliveries_due(usable, LATER)
        assert deliver_owed(usable, LATER) == []
        assert "Projekt" in overview(usable, LATER).unusable["monthly"]
        assert main(["status", "--config", str(config)]) == 0
        shown = capsys.readouterr().out
        assert "subscriptions.monthly.splits[0]: 'Projekt'" in shown
        assert "gone" not in shown
        assert main(["status", "--overdue", "--config", str(config)]) == 1
        with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
            mine = ledger.deliveries("monthly")
        assert {each.state for each in mine if each.key.recipient} == {State.DEFERRED}


def test_mistakes_of_one_subscription_stop_no_other(configure: Configure, run: Run) -> None:
    config = configure()
    said = json.loads(config.read_text())
    said["subscriptions"]["board"] = said["subscriptions"]["monthly"] | {"splits": ["Projekt"]}
    config.write_text(json.dumps(said))
    done = run(config)
    assert done.status == 0
    assert "insights-reports: board cannot be run: subscriptions.board.splits[0]: 'Proj" in done.err
    refused = run(config, "board", "--dry-run")
    assert refused.status == 2
    assert "The subscription board has 1 problem." in refused.err


def states(config: Path, period: str) -> list[State]:
    with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
        return [receipt.state for receipt in ledger.deliveries("monthly", period)]


def test_how_subscriptions_stand_by_the_ledger(configure: Configure, run: Run) -> None:
    path = configure(schedule=SCHEDULE)
    config = load_config(path)
    assert standing(config, AS_OF) == []
    enrol(config, AS_OF)
    enrol(config, LATER)  # once and for all
    assert standing(config, AS_OF) == []
    assert standing(config, datetime(2026, 11, 2, tzinfo=UTC)) == [("2026-10", Stand.OWED, 1)]
    assert run(path, "--period", "2026-09").status == 0
    (_, november) = overview(config, LATER).standings["monthly"]
    end_attempt(config, november, "failed: Prefect's run ended as Crashed", LATER)
    end_attempt(config, november, "failed: the same, seen by another", LATER)
    assert standing(config, LATER) == [("2026-10", Stand.OWED, 1), ("2026-11", Stand.OWED, 2)]

    since = load_config(configure(schedule=SCHEDULE, since="2026-08-01"))
    assert standing(since, LATER)[:2] == [("2026-08", Stand.OWED, 1), ("2026-09", Stand.DONE, 1)]


def standing(config: Any, now: datetime) -> list[tuple[str, Stand, int]]:
    found = overview(config, now).standings["monthly"]
    return [(stands.period, stands.stand, stands.attempt) for stands in found]
