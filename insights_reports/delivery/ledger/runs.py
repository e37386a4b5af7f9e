"""The record of each run: what it was for, how long each stage took, how it ended."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from insights_reports.delivery.ledger.database import Database, instant, stamp
from insights_reports.delivery.ledger.holder import is_dead, this_process

RUNNING = "running"
CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Run:
    """One run. ``outcome`` is ``running``, ``crashed`` (its process is gone and said nothing), or
    what it was ended with; ``stages`` are (name, seconds) in order."""

    run_id: str
    subscription: str
    period: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    stages: tuple[tuple[str, float], ...]
    outcome: str
    exit_status: int | None


class Runs:
    """The table of runs in the ledger's file. A run is entered before its work begins, so that one
    that dies without a word is still seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(
        self, run_id: str, subscription: str, period: str, trigger: str, now: datetime
    ) -> None:
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO runs "
                "(run_id, subscription, period, cause, started_at, holder, outcome) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run_id, subscription, period, trigger, stamp(now), this_process(), RUNNING),
            )

    def stage(self, run_id: str, name: str, seconds: float) -> None:
        """Enter that stage ``name`` took ``seconds``."""
        with self._database.transaction() as write:
            write.execute(
                "UPDATE runs SET stages = json_insert(stages, '$[#]', json(?)) WHERE run_id = ?",
                (json.dumps([name, round(seconds, 3)]), run_id),
            )

    def end(self, run_id: str, outcome: str, exit_status: int, now: datetime) -> None:
        with self._database.transaction() as write:
            write.execute(
                "UPDATE runs SET outcome = ?, exit_status = ?, ended_at = ? WHERE run_id = ?",
                (outcome, exit_status, stamp(now), run_id),
            )

    def latest(self, subscription: str | None = None, *, limit: int = 100) -> list[Run]:
        """The latest ``limit`` runs, newest first."""
        rows = self._database.rows(
            "SELECT * FROM runs WHERE coalesce(?1, subscription) = subscription "
            "ORDER BY started_at DESC, run_id LIMIT ?2",
            (subscription, limit),
        )
        return [_run(row) for row in rows]


def _run(row: sqlite3.Row) -> Run:
    crashed = row["outcome"] == RUNNING and is_dead(row["holder"])
    return Run(
        row["run_id"],
        row["subscription"],
        row["period"],
        row["cause"],
        datetime.fromisoformat(row["started_at"]),
        instant(row["ended_at"]),
        tuple((name, seconds) for name, seconds in json.loads(row["stages"])),
        CRASHED if crashed else row["outcome"],
        row["exit_status"],
    )
