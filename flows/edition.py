"""The Prefect flow that makes and delivers one edition: pull -> compute -> render -> deliver.

The steps are those of `insights_reports.pipeline`; this file only makes tasks of them. Tasks hand
each other the path of the run's folder, never rows. A step is repeated only when the library says
that the same request may succeed later; requests themselves are repeated by the client.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from prefect import flow, runtime, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.tasks import Task, exponential_backoff

from insights_reports.config_file import load_config
from insights_reports.delivery import Receipt, failure
from insights_reports.errors import OctopusError
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.deliver import deliver_owed as carry_out
from insights_reports.pipeline.make import finish, pull_for, recorded
from insights_reports.pipeline.render import WORKERS, Render, files_wanted, renderer
from insights_reports.pipeline.runs import Run, open_run, start_run


def _may_succeed_later(_: Task[Any, Any], __: TaskRun, state: State) -> bool:
    error = state.result(raise_on_failure=False)
    return isinstance(error, OctopusError) and error.retryable


@task(
    name="pull",
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=30),
    retry_jitter_factor=0.5,
    retry_condition_fn=_may_succeed_later,
    cache_policy=NO_CACHE,
    persist_result=False,
)
def pull_task(folder: str) -> None:
    pull_for(open_run(Path(folder)), lambda _: None)


@task(name="compute", cache_policy=NO_CACHE, persist_result=False)
def compute_task(folder: str) -> dict[str, Any]:
    return compute(open_run(Path(folder)))


@task(
    name="render",
    task_run_name="render-{document}-{format}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
def render_task(document: str, format: str, render: Render) -> str:
    return str(render(document, format))


@task(name="deliver", cache_policy=NO_CACHE, persist_result=False)
def deliver_task(folder: str, files: list[str]) -> dict[str, Any]:
    outcome = finish(open_run(Path(folder)), [Path(file) for file in files], lambda _: None)
    _raise_for(outcome.receipts)
    return {
        "receipts": [
            {"to": str(receipt.key), "state": str(receipt.state), "detail": receipt.detail}
            for receipt in outcome.receipts
        ],
        "held": outcome.held,
        "exit_status": outcome.exit_status,
    }


def _name() -> str:
    parameters = runtime.flow_run.parameters
    return f"{parameters['subscription']}-{parameters['period']}"


@flow(
    name="insights-edition",
    flow_run_name=_name,
    task_runner=ThreadPoolTaskRunner(max_workers=WORKERS),  # type: ignore[arg-type]
    persist_result=False,
)
def make_edition(
    config: str,
    subscription: str,
    period: str = "last",
    trigger: Literal["schedule", "manual", "backfill", "retry", "demo"] = "manual",
    as_of: str | None = None,
) -> dict[str, Any]:
    """Make and deliver the edition of ``subscription`` for ``period``.

    ``as_of`` is an ISO 8601 instant; by default the time for which the run was scheduled, so that a
    run that starts late still speaks for its own period.
    """
    instant = datetime.fromisoformat(as_of) if as_of else runtime.flow_run.scheduled_start_time
    run = start_run(Path(config), subscription, period=period, as_of=instant, trigger=trigger)
    with recorded(run):
        folder = str(run.folder)
        pull_task(folder)
        edition = compute_task(folder)
        files = _render(run)
        delivered = deliver_task(folder, files)
    return {"run": run.id, "folder": folder, **edition, "files": files, **delivered}


@flow(name="insights-owed", persist_result=False)
def deliver_owed(config: str) -> list[str]:
    """Deliver what earlier runs still owe; fails when some of it cannot be delivered for good."""
    receipts = carry_out(load_config(Path(config)), datetime.now(UTC))
    _raise_for(receipts)
    return [str(receipt.key) for receipt in receipts]


def _raise_for(receipts: Sequence[Receipt]) -> None:
    """A run ends green only when everything arrived."""
    if error := failure(receipts):
        raise error


def _render(run: Run) -> list[str]:
    with run.stage("render"), renderer(run) as render:
        futures = [
            render_task.submit(document, format, render) for document, format in files_wanted(run)
        ]
        wait(futures)
        return [future.result() for future in futures]
