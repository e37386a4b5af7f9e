"""``init``: what it asks, what it writes, and that what it writes works at once."""

import io
import re
from pathlib import Path

import pytest

from insights_reports.config.file import load_config
from insights_reports.delivery.mail.local_server import local_mail_server
from insights_reports.server import RunningServer
from tests.conftest import Command, Done, run_command

REPORT = "Nordlicht delivery performance"
OFFLINE = ["--url", "https://octopus.example.com", "--offline"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answered(
    monkeypatch: pytest.MonkeyPatch, command: Command, *answers: str, options: tuple[str, ...] = ()
) -> Done:
    """``init`` at a terminal at which somebody types ``answers``."""
    monkeypatch.setattr("sys.stdin", Terminal("".join(f"{each}\n" for each in answers)))
    return command("init", ".", *options)


def test_what_is_asked_and_written_passes_check_and_runs(
    command: Command, server: RunningServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with local_mail_server(tmp_path / "mail") as mail:
        done = answered(
            monkeypatch,
            command,
            *("1", "", "", "", "cto@example.com, board@example.com"),
            *("127.0.0.1", "3", str(mail.port), "reports@example.com", ""),
        )
        assert done.status == 0, done.err
        written = load_config(tmp_path / "insights-reports.yaml").subscriptions["monthly"]
        assert written.schedule is not None
        assert (written.report, written.every) == (REPORT, "month")
        assert written.schedule.zone == "Europe/Berlin"  # the report's, not this machine's
        assert f"1  {REPORT}" in done.err
        checked = command("check")
        assert checked.status == 0, checked.out
        assert "1 subscription\n" in checked.out
        commands = re.findall(r"^  insights-reports (.*)$", done.out, re.MULTILINE)
        assert commands == ["check", "run monthly --dry-run"]


def test_a_wrong_answer_is_asked_again_with_the_reason(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    done = answered(
        monkeypatch,
        command,
        *("99", "1", "monthly", "QUARTER", "EST", "Europe/Berlin", "out", "nobody", ""),
    )
    assert done.status == 0, done.err
    assert "a number from 1 to" in done.err
    assert "Did you mean month?" in done.err
    assert "no region of the time-zone database" in done.err
    assert "'nobody': not one e-mail address" in done.err
    config = load_config(tmp_path / "insights-reports.yaml")
    assert config.subscriptions["quarterly"].schedule is not None
    assert config.subscriptions["quarterly"].schedule.cron == "15 6 1 1,4,7,10 *"
    assert str(config.destinations["archive"].path) == "out"  # type: ignore[union-attr]


def test_an_empty_answer_is_never_taken_for_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OCTOPUS_API_KEY", raising=False)
    done = answered(monkeypatch, run_command, "", "", options=("--url", "https://o.example"))
    assert done.status == 2
    assert done.err.count("an answer is needed") == 2
    assert "draft" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("every", ["month", "quarter", "week", "year"])
def test_options_answer_every_question(tmp_path: Path, every: str) -> None:
    done = run_command(
        "init",
        tmp_path,
        *(*OFFLINE, "--report", 'A "quoted": name', "--every", every),
        *("--zone", "Europe/Vilnius", "--folder", "out", "--to", "a@example.com"),
        *("--smtp-host", "smtp.example.com", "--smtp-port", "465", "--smtp-security", "TLS"),
        *("--smtp-user", "reports", "--sender", "reports@example.com", "--space", "Team A"),
    )
    assert done.status == 0, done.err
    config = load_config(tmp_path / "insights-reports.yaml")
    (subscription,) = config.subscriptions.values()
    assert (subscription.report, subscription.every) == ('A "quoted": name', every)
    assert config.mail is not None
    assert (config.mail.port, config.mail.security, config.mail.username) == (465, "tls", "reports")
    assert config.octopus.space == "Team A"
    assert "SMTP_PASSWORD" in done.out


def test_editors_find_the_schema_beside_the_configuration(tmp_path: Path) -> None:
    assert run_command("init", tmp_path, *OFFLINE, "--report", "R").status == 0
    first = (tmp_path / "insights-reports.yaml").read_text(encoding="utf-8").splitlines()[0]
    name = first.partition("$schema=")[2]
    shipped = Path(__file__).parent.parent / "config" / "insights-reports.schema.json"
    assert (tmp_path / name).read_bytes() == shipped.read_bytes()


def test_an_existing_configuration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "insights-reports.yaml").write_text("mine")
    done = run_command("init", tmp_path, *OFFLINE, "--report", "R")
    assert done.status == 2
    assert "already" in done.err
    assert (tmp_path / "insights-reports.yaml").read_text() == "mine"


def test_nothing_is_written_that_is_not_valid(tmp_path: Path) -> None:
    options = [*OFFLINE, "--report", "R", "--to", "nobody", "--sender", "a@b.c"]
    done = run_command("init", tmp_path, *options, "--smtp-host", "smtp.example.com")
    assert done.status == 2
    assert "destinations.recipients.to[0]: 'nobody'" in done.err
    assert "draft" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_there_is_not_is_said_before_anything_is_written(
    command: Command, tmp_path: Path
) -> None:
    done = command("init", tmp_path, "--report", "Nordlicht delivery")
    assert done.status == 3
    assert f"Did you mean '{REPORT}'?" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_script_is_told_which_reports_there_are(command: Command, tmp_path: Path) -> None:
    done = command("init", tmp_path)
    assert done.status == 2
    assert repr(REPORT) in done.err
    assert "--report" in done.err
