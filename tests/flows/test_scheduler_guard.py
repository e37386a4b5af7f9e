"""Prefect's scheduler makes runs.

With some versions of SQLAlchemy (3.8) or whenever (3.9) it dies in silence: flows run on demand,
and no scheduled run ever comes. This is the guard of the pins in pyproject.toml.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SCRIPT = """
import asyncio
from prefect.server import models, schemas
from prefect.server.database import provide_database_interface

async def main():
    database = provide_database_interface()
    await database.create_db()
    cron = schemas.schedules.CronSchedule(cron="15 6 1 * *", timezone="Europe/Vilnius")
    async with database.session_context(begin_transaction=True) as session:
        flow = await models.flows.create_flow(session, schemas.core.Flow(name="f"))
        deployment = await models.deployments.create_deployment(
            session,
            schemas.core.Deployment(
                name="d",
                flow_id=flow.id,
                schedules=[schemas.core.DeploymentSchedule(active=True, schedule=cron)],
            ),
        )
    async with database.session_context(begin_transaction=True) as session:
        runs = await models.deployments.schedule_runs(session, deployment_id=deployment.id)
    print(len(runs))

asyncio.run(main())
"""

GAP = """
import asyncio
from datetime import datetime
from zoneinfo import ZoneInfo
from prefect.server.schemas.schedules import CronSchedule

async def main():
    cron = CronSchedule(cron="30 3 * * *", timezone="Europe/Vilnius")
    for day in (datetime(2027, 3, 28), datetime(2026, 10, 25)):
        for date in await cron.get_dates(2, day.replace(tzinfo=ZoneInfo("Europe/Vilnius"))):
            print(date.isoformat())

asyncio.run(main())
"""


def test_the_scheduler_makes_the_runs_of_a_monthly_schedule(tmp_path: Path) -> None:
    assert printed(tmp_path, SCRIPT)[-1:] == ["3"]


def test_when_clocks_change_a_schedule_fires_once(tmp_path: Path) -> None:
    """At 03:30, which the last Sunday of March does not have and that of October has twice."""
    assert printed(tmp_path, GAP) == [
        "2027-03-28T04:30:00+03:00",
        "2027-03-29T03:30:00+03:00",
        "2026-10-25T03:30:00+03:00",
        "2026-10-26T03:30:00+02:00",
    ]


def printed(tmp_path: Path, script: str) -> list[str]:
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_API_URL": "",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()
