"""Pruning: what goes, and what stays whatever is asked for."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from insights_reports.delivery import Edition, Key, Ledger, State
from insights_reports.edition.about import About
from tests.conftest import run_command

NOW = datetime(2026, 10, 14, 9, tzinfo=UTC)
AS_OF = f"--as-of={NOW.isoformat()}"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "insights-reports.yaml"
    path.write_text(json.dumps({"subscriptions": {"monthly": {"report": "R"}}}))
    return path


def made(config: Path, period: str, begun: datetime, *, owed: bool = False) -> str:
    """A run with its folders and, of a period, its edition in the ledger."""
    state = config.parent / "state"
    run_id = f"{begun:%Y%m%dT%H%M%S}-0123abcd"
    for folder in ("runs", "pulls"):
        (state / folder / run_id / "seal").mkdir(parents=True)
        (state / folder / run_id / "manifest.json").write_bytes(b"{}" * 1000)
    day = begun.date()
    with Ledger(state / "ledger.sqlite") as ledger:
        ledger.runs.start(run_id, "monthly", period, "manual", begun)
        ledger.runs.end(run_id, "done", 0, begun)
        ledger.next_revision("monthly", period, run_id, status="final", now=begun, run_id=run_id)
        about = About(
            subscription="monthly",
            report="R",
            period=period,
            start=day,
            end=day,
            revision=1,
            status="final",
            digest=run_id,
            made_at=begun,
            verdict="agrees",
        )
        edition = Edition(about, ())
        key = Key("monthly", period, 1, "board", "a@example.com")
        ledger.plan(edition, [key] if owed else [], begun)
    return run_id


def left(config: Path) -> set[str]:
    state = config.parent / "state"
    return {path.name for folder in ("runs", "pulls") for path in (state / folder).iterdir()}


def prune(config: Path, *options: str) -> dict[str, object]:
    done = run_command("prune", *options, "--config", str(config), "--json", AS_OF)
    assert done.status == 0, done.err
    return dict(json.loads(done.out))


def test_what_is_older_goes_and_what_is_owed_stays(config: Path) -> None:
    old = made(config, "2025-07", NOW - timedelta(days=400))
    owed = made(config, "2025-08", NOW - timedelta(days=399), owed=True)
    new = made(config, "2026-09", NOW - timedelta(days=300))
    said = prune(config, "--keep", "13m", "--dry-run")
    assert (said["removed"], len(said["folders"])) == (False, 2)  # type: ignore[arg-type]
    assert left(config) == {old, owed, new}
    assert prune(config, "--keep", "13m")["size"] == 4000
    assert left(config) == {owed, new}


def test_of_an_edition_whose_files_were_pruned_it_is_said(config: Path) -> None:
    run_id = made(config, "2025-07", NOW - timedelta(days=400))
    (config.parent / "state" / "runs" / run_id / "files").mkdir()
    which = ("monthly/2025-07", "--config", str(config))
    assert "Kept in " in run_command("editions", "show", *which).out
    prune(config, "--keep", "13m")
    shown = run_command("editions", "show", *which).out
    assert "Its files are not in the state any more." in shown
    assert "Kept in" not in shown
    opened = run_command("editions", "open", *which)
    assert opened.status == 2
    assert "`insights-reports editions show monthly/2025-07/r1` says where" in opened.err
    assert "`rerun monthly/2025-07/r1 --restate` makes it anew" in opened.err


@pytest.mark.parametrize("pruned", [True, False])
def test_whoever_asks_for_a_mail_again_is_told_what_helps(config: Path, pruned: bool) -> None:
    run_id = made(config, "2025-07", NOW - timedelta(days=400), owed=True)
    with Ledger(config.parent / "state" / "ledger.sqlite") as ledger:
        claim = ledger.claim(Key("monthly", "2025-07", 1, "board", "a@example.com"), NOW)
        assert claim is not None
        ledger.settle(claim, State.SENT, NOW)
    (config.parent / "state" / "runs" / run_id / "seal" / "manifest.json").write_bytes(b"{}")
    if pruned:
        prune(config, "--keep", "13m")
    which = ("--subscription", "monthly", "--period", "2025-07", "--config", str(config))
    done = run_command("deliveries", "--again", "a@example.com", *which)
    assert done.status == 2
    assert "The files of this edition's run are gone." in done.err
    assert "`insights-reports editions show monthly/2025-07/r1` says where" in done.err
    assert ("`rerun monthly/2025-07/r1 --restate` makes" in done.err) == pruned
    assert ("`rerun monthly/2025-07/r1 --as-sealed` makes" in done.err) != pruned
    assert len(done.err.splitlines()) == 3


def test_the_last_periods_are_kept_and_what_may_be_at_work(config: Path) -> None:
    first = made(config, "2026-07", NOW - timedelta(days=90))
    second = made(config, "2026-08", NOW - timedelta(days=60))
    third = made(config, "2026-09", NOW - timedelta(days=30))
    state = config.parent / "state"
    fresh, running = "20261014T085900-0123abcd", "20260101T000000-0123abcd"
    for run_id in (fresh, running):
        (state / "runs" / run_id).mkdir()
    with Ledger(state / "ledger.sqlite") as ledger:
        ledger.runs.start(running, "monthly", "2026-09", "manual", NOW)
    (state / "runs" / "notes").mkdir()  # not ours
    prune(config, "--keep-editions", "2")
    assert left(config) == {second, third, fresh, running, "notes"}
    assert first not in left(config)


def test_ages_are_days_months_or_years(config: Path) -> None:
    done = run_command("prune", "--keep", "13 weeks", "--config", str(config))
    assert done.status == 2
    assert "Write 90d, 13m or 2y" in done.err
    assert run_command("prune", "--config", str(config)).status == 2
