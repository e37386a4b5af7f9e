"""Prefect's scheduler makes runs.

With some versions of SQLAlchemy (3.8) or whenever (3.9) it dies in silence: flows run on demand,
and no scheduled run ever comes. This is the guard of the pins in pyproject.toml.
"""

import os
import subprocess
import sys
from pathlib import Path

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


def test_the_scheduler_makes_the_runs_of_a_monthly_schedule(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "PREFECT_HOME": str(tmp_path),
        "PREFECT_API_URL": "",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.stdout.strip().splitlines()[-1:] == ["3"], done.stderr
