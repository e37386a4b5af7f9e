"""The record of each run: what it was for, how long each stage took, how it ended."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from insights_reports.delivery.ledger.database import Database, Row, instant, stamp
from insights_reports.delivery.ledger.holders import Holders

RUNNING = "running"
CRASHED = "crashed"
_LONGEST = timedelta(days=1)  # no run takes longer; one of another machine that does is gone


@dataclass(frozen=True, slots=True)
class RunRecord:
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
    """The table of runs in the ledger. A run is entered before its work begins, so that one that
    dies without a word is still seen."""

    def __init__(self, database: Database, holders: Holders) -> None:
        self._database = database
        self._holders = holders

    def start(
        self, run_id: str, subscription: str, period: str, trigger: str, now: datetime
    ) -> None:
        with self._database.transaction() as write:
            write.execute(
                "INSERT INTO runs "
                "(run_id, subscription, period, cause, started_at, holder, outcome) "
                "VALUES (:run, :subscription, :period, :cause, :now, :holder, :outcome)",
                {
                    "run": run_id,
                    "subscription": subscription,
                    "period": period,
                    "cause": trigger,
                    "now": stamp(now),
                    "holder": self._holders.name,
                    "outcome": RUNNING,
                },
            )

    def stage(self, run_id: str, name: str, seconds: float) -> None:
        """Enter that stage ``name`` took ``seconds``."""
        with self._database.transaction() as write:
            row = write.execute("SELECT stages FROM runs WHERE run_id = :run", {"run": run_id})
            found = row.fetchone()
            stages = [*json.loads(found["stages"] if found else "[]"), [name, round(seconds, 3)]]
            write.execute(
                "UPDATE runs SET stages = :stages WHERE run_id = :run",
                {"run": run_id, "stages": json.dumps(stages)},
            )

    def end(self, run_id: str, outcome: str, exit_status: int, now: datetime) -> None:
        with self._database.transaction() as write:
            write.execute(
                "UPDATE runs SET outcome = :outcome, exit_status = :status, ended_at = :now "
                "WHERE run_id = :run",
                {"run": run_id, "outcome": outcome, "status": exit_status, "now": stamp(now)},
            )

    def bury(self, now: datetime) -> list[RunRecord]:
        """Enter of the runs whose process is gone that they crashed; those that were found now."""
        rows = self._database.rows("SELECT * FROM runs WHERE outcome = 'running'")
        dead = [row for row in rows if self._is_over(row, now)]
        for row in dead:
            self.end(row["run_id"], CRASHED, 1, now)
        return [self._run({**row, "outcome": CRASHED}) for row in dead]

    def latest(self, subscription: str | None = None, *, limit: int = 100) -> list[RunRecord]:
        """The latest ``limit`` runs, newest first."""
        rows = self._database.rows(
            "SELECT * FROM runs WHERE coalesce(:subscription, subscription) = subscription "
            "ORDER BY started_at DESC, run_id LIMIT :most",
            {"subscription": subscription, "most": limit},
        )
        return [self._run(row) for row in rows]

    def _is_over(self, row: Row, now: datetime) -> bool:
        if self._holders.is_alive(row["holder"]):
            return False
        return self._holders.is_dead(row["holder"]) or row["started_at"] < stamp(now - _LONGEST)

    def _run(self, row: Row) -> RunRecord:
        crashed = row["outcome"] == RUNNING and self._holders.is_dead(row["holder"])
        return RunRecord(
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
