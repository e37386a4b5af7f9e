"""Runs of which Prefect still believes that they are under way.

After a power cut, or a stop in mid-run, such a run holds the only place of its deployment, and
every later one waits behind it. The process that serves is the only one of its state folder, so at
its start nothing of ours can be alive but what still shows it (`identity.at_work`).
"""

from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

from insights_reports.scheduling.identity import is_at_work

_UNDER_WAY = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
_PAGE = 200  # as many as Prefect lists at once


async def crash_dead_runs(
    client: PrefectClient, deployments: Sequence[UUID], home: Path
) -> list[str]:
    """Set the runs of ``deployments`` that nobody works on any more to Crashed, which frees their
    places at once; their names."""
    under_way = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNDER_WAY)),
        deployment_id=FlowRunFilterDeploymentId(any_=list(deployments)),
    )
    dead: list[str] = []
    alive = 0
    while deployments and (
        runs := await client.read_flow_runs(flow_run_filter=under_way, limit=_PAGE, offset=alive)
    ):
        for run in runs:
            if is_at_work(home, str(run.id)):
                alive += 1
            else:
                message = "The scheduler or the machine stopped in mid-run."
                await client.set_flow_run_state(run.id, Crashed(message=message))
                dead.append(run.name)
    return dead
