"""From the configuration to the settings of an edition."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PIL import Image

from insights_reports.config.file import load_config
from insights_reports.edition.settings import OwnBands, Settings
from insights_reports.edition.values import Metric
from insights_reports.errors import ConfigError
from insights_reports.pipeline.settings import logo_of, settings_of
from tests.conftest import Command
from tests.pipeline.conftest import Configure

AS_OF = datetime(2026, 10, 1, 3, 15, 2, tzinfo=UTC)


def settings(folder: Path, subscription: str, rest: str = "") -> Settings:
    path = folder / "insights-reports.yaml"
    path.write_text(f"{rest}subscriptions: {{board: {{report: Delivery, {subscription}}}}}")
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


def test_own_bands_are_in_the_units_of_the_tiles(tmp_path: Path) -> None:
    bands = (
        "custom_bands: {name: Ours, date: 2026-01-15, source: Handbook, "
        "deployments_per_week: [7, 1], lead_time_hours: [24], failure_rate: [0.05]}\n"
    )
    assert settings(tmp_path, "bands: custom", bands).custom_bands == OwnBands(
        "Ours",
        date(2026, 1, 15),
        "Handbook",
        {
            Metric.DEPLOYMENT_FREQUENCY: (7, 1),
            Metric.LEAD_TIME: (24 * 3600 * 10**7,),
            Metric.FAILURE_RATE: (0.05,),
        },
    )
    assert settings(tmp_path, "bands: dora-2021", bands).custom_bands is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nowhere.png", "No such file or directory"),
        (".", "Is a directory"),
        ("insights-reports.yaml", "it is no PNG or JPEG"),
    ],
)
def test_a_logo_that_cannot_be_used_is_named_once_with_the_reason(
    tmp_path: Path, name: str, reason: str
) -> None:
    path = tmp_path / "insights-reports.yaml"
    path.write_text(f"company: {{logo: {name}}}\nsubscriptions: {{board: {{report: Delivery}}}}")
    with pytest.raises(ConfigError) as caught:
        logo_of(load_config(path))
    assert caught.value.problems == (f"company.logo: {(tmp_path / name).resolve()}: {reason}",)


def test_check_and_preview_look_at_the_logo_before_anything_is_pulled(
    command: Command, configure: Configure, tmp_path: Path
) -> None:
    config = configure()
    config.write_text(config.read_text().replace("{", '{"company": {"logo": "l.png"}, ', 1))
    done = command("check", config)
    assert done.status == 2
    assert f"FAIL  logo: The logo cannot be used.\n      company.logo: {tmp_path}/l.png" in done.out
    done = command("preview", "monthly", "--config", config)
    assert done.status == 2
    assert "The logo cannot be used." in done.err
    assert not (tmp_path / "state").exists()
    Image.new("RGB", (9, 9)).save(tmp_path / "l.png")
    assert "ok    logo: l.png\n" in command("check", config).out
