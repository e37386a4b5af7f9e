"""A run that speaks for an instant which has not come."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from insights_reports.metrics import Period
from insights_reports.server import running_server
from tests.conftest import run_command
from tests.pipeline.conftest import Configure


def test_a_month_that_is_not_over_is_never_final(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ``--as-of`` says; and the month that is over is final, whatever it says."""
    now = datetime.now(UTC)
    config = configure(splits=[])
    month = Period.containing("month", (now + timedelta(days=1)).date())
    before = Period.containing("month", now.date().replace(day=1) - timedelta(days=5))
    later = datetime(month.end.year, month.end.month, 3, tzinfo=UTC).isoformat()
    with running_server(as_of=now) as octopus:
        monkeypatch.setenv("OCTOPUS_URL", octopus.url)
        monkeypatch.setenv("OCTOPUS_API_KEY", octopus.api_key)
        for period in (month, before):
            run_command(
                *("run", "monthly", "--config", str(config)),
                *("--period", period.name, "--as-of", later),
            )
    made = [json.loads(path.read_text()) for path in tmp_path.rglob("edition.json")]
    assert {each["period"]: each["status"] for each in made} == {
        month.name: "provisional",
        before.name: "final",
    }
