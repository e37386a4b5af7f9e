"""What ``check`` says of schedules."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import AS_OF, Command
from tests.pipeline.conftest import Configure

NOW = f"--as-of={AS_OF.isoformat()}"  # 14 October 2026; the report's zone is Europe/Berlin
VILNIUS = {"zone": "Europe/Vilnius"}


def schedule_line(command: Command, path: Path, word: str = "schedule monthly") -> str:
    lines = command("check", path, NOW).out.splitlines()
    return "\n".join(line for line in lines if word in line)


def test_the_next_three_runs_and_their_periods(configure: Configure, command: Command) -> None:
    on = {"on": "first-working-day", "at": "06:15", "holidays": {"country": "LT"}, **VILNIUS}
    path = configure(schedule=on)
    assert command("check", path, NOW).status == 0
    # 1 November is a Sunday, and the second, All Souls' Day, a holiday in Lithuania.
    assert schedule_line(command, path) == (
        "ok    schedule monthly: 2026-11-03 06:15 EET makes 2026-10, "
        "2026-12-01 06:15 EET makes 2026-11, 2027-01-04 06:15 EET makes 2026-12"
    )
    listed = path.parent / "holidays.txt"
    listed.write_text("2026-11-02  All Souls\n# and\n2026-11-03 # ours\n")
    path = configure(schedule={**on, "holidays": {"file": "holidays.txt"}})
    assert "monthly: 2026-11-04 06:15" in schedule_line(command, path)
    listed.write_text("2026-11-31\n")
    assert "line 1: '2026-11-31' is no date" in command("check", path, NOW).out
    assert "on demand" in schedule_line(command, configure())
    assert "paused" in schedule_line(command, configure(schedule=on, enabled=False))


@pytest.mark.parametrize(
    ("schedule", "settings", "said"),
    [
        ({"cron": "15 6 31 * *"}, {}, "no date of its own for 2026-10"),
        ({"cron": "15 6 1 * *"}, {"every": "week"}, "no date of its own for 2026-W"),
        (
            {"on": "first-working-day", "at": "06:15", "holidays": {"country": "XX"}},
            {},
            "'XX' is unknown",
        ),
        # Six in the morning on the first in Auckland is the evening of the last day in Berlin.
        ({"cron": "15 6 1 * *", "zone": "Pacific/Auckland"}, {}, "Choose that zone"),
    ],
)
def test_what_is_refused(
    configure: Configure, command: Command, schedule: Any, settings: Any, said: str
) -> None:
    done = command("check", configure(schedule={**VILNIUS, **schedule}, **settings), NOW)
    assert done.status == 2
    assert said in done.out


def test_a_second_date_for_a_period_is_warned_of(configure: Configure, command: Command) -> None:
    path = configure(schedule={"cron": "15 6 1,15 * *", **VILNIUS})
    assert command("check", path, NOW).status == 0
    assert "warn  schedule monthly: " in schedule_line(command, path)
    assert "a second date for 2026-10" in schedule_line(command, path)
