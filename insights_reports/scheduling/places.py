"""Where the runs of a configuration take place: here, or on the workers of a work pool."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import WorkPool as WorkerPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound
from prefect.runner import Runner

from insights_reports.config.model import Config
from insights_reports.config.runners import WorkPool
from insights_reports.errors import UsageError
from insights_reports.scheduling.dead_runs import crash_dead_runs
from insights_reports.scheduling.identity import identity, owner
from insights_reports.scheduling.served import Served

_FLOWS = "insights_reports.scheduling.entrypoint"


class RunPlace(Protocol):
    """``tag`` is on every deployment of the configuration that was made for this place."""

    tag: str

    async def add(self, client: PrefectClient, deployment: RunnerDeployment) -> UUID:
        """Make the deployment, or mend it; its id."""

    async def sweep(self, client: PrefectClient, ours: Sequence[DeploymentResponse]) -> list[str]:
        """Record runs as crashed on which nobody works any more; their names."""

    async def run(self) -> None:
        """Until stopped."""


def place_of(config: Config, home: Path) -> RunPlace:
    """The place that ``config`` names; ``home`` is Prefect's folder in its state."""
    return _Workers(config, config.work_pool) if config.work_pool else _Here(config, home)


class _Here:
    """In processes of this one."""

    def __init__(self, config: Config, home: Path) -> None:
        self.tag = owner(home)
        self._home = home
        self._runner = Runner(name=identity(config), pause_on_shutdown=False)

    async def add(self, client: PrefectClient, deployment: RunnerDeployment) -> UUID:
        return await self._runner.aadd_deployment(deployment)

    async def sweep(self, client: PrefectClient, ours: Sequence[DeploymentResponse]) -> list[str]:
        return await crash_dead_runs(client, [each.id for each in ours], self._home)

    async def run(self) -> None:
        await self._runner.start()


class _Workers:
    """On workers, which find the flows in their own installation and the configuration at a path of
    theirs. Whoever deploys from wherever for the same path deploys the same."""

    def __init__(self, config: Config, pool: WorkPool) -> None:
        self._pool = pool
        self._served = Served(pool.config or config.path.resolve())
        digits = hashlib.sha256(f"{pool.name}\n{self._served.config}".encode()).hexdigest()[:12]
        self.tag = f"workers-{digits}"

    async def add(self, client: PrefectClient, deployment: RunnerDeployment) -> UUID:
        self._refuse_unknown_variables(await self._pool_of(client))
        function = str(deployment.entrypoint).rpartition(":")[2]
        deployment.entrypoint = f"{_FLOWS}.{function}"
        deployment.work_pool_name = self._pool.name
        deployment.job_variables = self._pool.job_variables | {"env": self._served.variables()}
        return await deployment.aapply()

    async def _pool_of(self, client: PrefectClient) -> WorkerPool:
        try:
            return await client.read_work_pool(self._pool.name)
        except ObjectNotFound:
            raise UsageError(
                f"there is no work pool {self._pool.name!r}",
                f"(prefect work-pool create {self._pool.name} --type process, or docker, "
                "kubernetes)",
            ) from None

    def _refuse_unknown_variables(self, pool: WorkerPool) -> None:
        """Prefect leaves them out without a word: a root that shall be read-only is not."""
        known = pool.base_job_template.get("variables", {}).get("properties", {})
        unknown = [name for name in self._pool.job_variables if name not in known]
        if known and unknown:  # a pool without a template gets that of its first worker
            raise UsageError(
                f"the work pool {pool.name!r} knows no job variable {unknown[0]!r}",
                f"(mend its name; or, where the worker is installed, `prefect work-pool create "
                f"{pool.name} --type {pool.type} --overwrite`, by which the pool learns all that "
                "worker takes)",
            )

    async def sweep(self, client: PrefectClient, ours: Sequence[DeploymentResponse]) -> list[str]:
        return []  # they may be on other machines: nothing here shows who lives

    async def run(self) -> None:
        await asyncio.Event().wait()
