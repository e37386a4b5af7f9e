"""From the configuration to the settings of an edition."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from insights_reports.config_file import load_config
from insights_reports.edition.settings import Settings
from insights_reports.pipeline.settings import settings_of

AS_OF = datetime(2026, 10, 1, 3, 15, 2, tzinfo=UTC)


def settings(folder: Path, subscription: str) -> Settings:
    path = folder / "insights-reports.yaml"
    path.write_text(f"subscriptions: {{board: {{report: Delivery, {subscription}}}}}")
    return settings_of(load_config(path), "board", (), AS_OF)


@pytest.mark.parametrize(
    ("schedule", "day"),
    [
        ("schedule: {cron: '15 6 1 * *', zone: Europe/Vilnius}", date(2026, 11, 1)),
        ("every: month", None),
    ],
)
def test_the_schedule_tells_when_the_next_edition_is_due(
    tmp_path: Path, schedule: str, day: date | None
) -> None:
    assert settings(tmp_path, schedule).next_edition == day
