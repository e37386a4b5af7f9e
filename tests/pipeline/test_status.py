"""``status``: whether the last period was made and arrived, from the ledger alone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from insights_reports.config.file import load_config
from insights_reports.pipeline.standing import enrol
from tests.conftest import AS_OF, Command, Done, run_command
from tests.delivery.mail_servers import mail_server
from tests.pipeline.conftest import Configure

SCHEDULE = {"on": "first-working-day", "at": "06:15", "zone": "Europe/Vilnius"}
SUNDAY = "2026-11-01T12:00:00+00:00"
MONDAY = "2026-11-02T08:00:00+00:00"


def status(config: Path, at: str, *options: str) -> Done:
    return run_command("status", "--config", config, f"--as-of={at}", *options)


def test_a_month_that_nobody_made(configure: Configure) -> None:
    path = configure(schedule=SCHEDULE)
    done = status(path, SUNDAY, "--overdue")
    assert (done.status, done.out) == (0, "")
    enrol(load_config(path), AS_OF)
    assert "2026-10 on 2026-11-02 06:15 EET" in status(path, SUNDAY).out
    assert status(path, SUNDAY, "--overdue").status == 0
    assert status(path, "2026-11-02T05:00:00+00:00", "--overdue").status == 0  # within the hour
    done = status(path, MONDAY, "--overdue")
    assert done.status == 1
    (row,) = done.out.splitlines()[1:]
    assert "monthly" in row
    assert "2026-10" in row
    assert "not made yet" in row
    assert "2026-11 on 2026-12-01 06:15 EET" in row


def test_a_month_that_one_of_three_refused(
    configure: Configure, run: Callable[..., Done], command: Command
) -> None:
    with mail_server() as postbox:
        postbox.faults["rcpt"] = ["550 5.1.1 no such user"]
        path = configure(mail_port=postbox.port, schedule=SCHEDULE, since="2026-09-01")
        assert run(path).status == 5
    at = AS_OF.isoformat()
    done = status(path, at)
    assert done.status == 0
    assert "refused  2 of 3" in done.out
    assert "a@example.com refused it" in done.out
    assert status(path, at, "--overdue").status == 1
    found = json_status(path, at)
    assert (found["newest"]["period"], found["newest"]["state"]) == ("2026-09", "refused")
    assert (found["newest"]["delivered"], found["newest"]["of"]) == (2, 3)
    assert found["newest"]["overdue"] is True
    assert found["next"] == {"period": "2026-10", "at": "2026-11-02T06:15:00+02:00"}

    assert command("deliveries", "--config", path, "--again", "a@example.com").status == 0
    with mail_server() as postbox:
        said = json.loads(path.read_text())
        said["mail"]["port"] = postbox.port
        path.write_text(json.dumps(said))
        assert run(path).status == 0
    shown = " ".join(status(path, at).out.split())
    assert "done 3 of 3 - 2026-10 on 2026-11-02 06:15 EET The state takes" in shown
    assert shown.endswith(f"MB: {path.parent / 'state'}")
    assert status(path, at, "--overdue").status == 0


def json_status(path: Path, at: str) -> dict[str, Any]:
    (found,) = json.loads(status(path, at, "--json").out)
    assert isinstance(found, dict)
    return found


def test_a_subscription_without_a_schedule_and_one_that_cannot_be_judged(
    configure: Configure,
) -> None:
    assert "never run" in status(configure(), SUNDAY).out
    path = configure(schedule={**SCHEDULE, "holidays": {"country": "XX"}}, since="2026-01-01")
    done = status(path, SUNDAY, "--overdue")
    assert done.status == 1
    assert "'XX' is unknown" in done.out


def test_the_clock_is_ours_by_default(configure: Configure) -> None:
    path = configure(schedule=SCHEDULE, since="2026-09-01")
    assert datetime.now(UTC) > datetime.fromisoformat(MONDAY)
    assert run_command("status", "--config", path, "--overdue").status == 1
