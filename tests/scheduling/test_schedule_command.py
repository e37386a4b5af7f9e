"""What `schedule` refuses before it starts anything; `tests/flows/test_door.py` has the rest."""

import json
from pathlib import Path

import pytest

from tests.conftest import run_command
from tests.flows.prefect_servers import write_config


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("http://prefect.example:4200/api", (), "in the clear"),
        ("http://user:secret@10.0.0.7/api", (), "in the clear"),
        ("HTTP://prefect.example/api", (), "in the clear"),
        ("http://127.0.0.1.example/api", (), "in the clear"),
        ("https://prefect.example/api", ("--port", "4200"), "--port is for a server of our own"),
    ],
)
def test_a_server_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, options: tuple[str, ...], said: str
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", url)
    config = write_config(tmp_path, None, "monthly")
    done = run_command("schedule", "--config", str(config), *options)
    assert done.status == 2
    assert said in done.err
    assert "secret" not in done.err
    assert len(done.err.splitlines()) == 3


def test_a_mistake_outside_of_single_subscriptions_lets_none_begin(tmp_path: Path) -> None:
    config = write_config(tmp_path, None, "good")
    config.write_text(json.dumps(json.loads(config.read_text()) | {"company": {"nam": "A"}}))
    done = run_command("schedule", "--config", str(config))
    assert done.status == 2
    assert f"{config}: company.nam: " in done.err
    assert len(done.err.splitlines()) == 3
    assert not (tmp_path / "state").exists()


def test_where_nothing_else_has_a_schedule_the_mistakes_are_said(tmp_path: Path) -> None:
    bad = {"report": "R", "splits": ["Projekt"]}
    config = write_config(tmp_path, None, other={"report": "R"}, bad=bad)
    done = run_command("schedule", "--config", str(config))
    assert done.status == 2
    assert f"{config}: subscriptions.bad.splits[0]: " in done.err
    assert not (tmp_path / "state").exists()


def test_nothing_to_serve(tmp_path: Path) -> None:
    config = write_config(tmp_path, None, other={"report": "R"})
    done = run_command("schedule", "--config", str(config))
    assert done.status == 2
    assert "No subscription has a schedule" in done.err
    assert not (tmp_path / "state").exists()
