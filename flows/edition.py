"""The Prefect flow that makes and delivers one edition: pull -> compute -> render -> deliver.

The steps are those of `insights_reports.pipeline`; this file only makes tasks of them. Tasks hand
each other the path of the run's folder, never rows. A step is repeated only when the library says
that the same request may succeed later; requests themselves are repeated by the client.

The configuration is fixed when the flows are served (`Served`); a run's parameters choose among
what it names, and are checked here whatever Prefect was told to check.
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_client, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import FlowRunContext
from prefect.futures import wait
from prefect.states import Completed
from prefect.tasks import Task, exponential_backoff

from insights_reports.config.file import load_usable
from insights_reports.delivery import Receipt, failure
from insights_reports.edition.about import About
from insights_reports.edition.settings import Trigger
from insights_reports.errors import OctopusError
from insights_reports.pipeline.compute import compute
from insights_reports.pipeline.deliver import first_document
from insights_reports.pipeline.make import Maker, Outcome, finish, pull_for, recorded
from insights_reports.pipeline.owed import deliver_owed as carry_out
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.ready import NotMade, Ready, Told, ready_here, ready_part
from insights_reports.pipeline.render import dealt, files_wanted, render_part
from insights_reports.pipeline.runs import Run, open_run, start_run
from insights_reports.pipeline.slices import make_slices
from insights_reports.pipeline.standing import is_made
from insights_reports.pipeline.told import differences_of, findings_of, places_of
from insights_reports.scheduling.identity import at_work, identity
from insights_reports.scheduling.look import attempt_of
from insights_reports.scheduling.request import checked, request_model
from insights_reports.scheduling.runners import task_runner
from insights_reports.scheduling.served import Served
from insights_reports.scheduling.summary import (
    SummaryFile,
    artifact_key,
    markdown,
    run_name,
    why,
)
from insights_reports.scheduling.webhook import is_webhook

SERVED = Served.from_environment()
CONFIG = load_usable(SERVED.config)
HOME = CONFIG.resolve(CONFIG.state) / "prefect"
Request = request_model(CONFIG)
_PART = 5  # slices that a task makes


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
    """The pull of a run as a task."""
    pull_for(open_run(Path(folder)), _progress())


@task(name="compute", cache_policy=NO_CACHE, persist_result=False)
def compute_task(folder: str) -> About:
    """Figures, cross-check and documents of a run as a task; what `compute` gives."""
    return compute(open_run(Path(folder)))


@task(name="render", cache_policy=NO_CACHE, persist_result=False)
def render_task(folder: str, wanted: list[tuple[str, str]]) -> list[str]:
    """Some files of a run, each a document in a format, as a task; their paths. It may be carried
    out by another process or machine: it calls nothing of this module, and is given no object."""
    return [str(path) for path in render_part(open_run(Path(folder)), wanted)]


@task(name="deliver", cache_policy=NO_CACHE, persist_result=False)
def deliver_task(folder: str, files: list[str]) -> Outcome:
    """The run's files to its destinations as a task, which fails unless everything arrived."""
    log = get_run_logger()
    outcome = finish(open_run(Path(folder)), [Path(file) for file in files], _progress())
    for receipt in outcome.receipts:
        where = receipt.reference if receipt.done else receipt.detail
        log.info("%s: %s %s", receipt.key, receipt.state, where)
    return outcome


@task(name="slices", cache_policy=NO_CACHE, persist_result=False)
def slices_task(folder: str, slices: list[str]) -> list[Ready | NotMade]:
    """Compute and render of some slices of a run as a task, each given by the folder of its own
    run. As `render_task` it may be carried out elsewhere."""
    return ready_part(Path(folder), [Path(slice) for slice in slices])


def _name() -> str:
    request = runtime.flow_run.parameters["request"]
    given = request if isinstance(request, dict) else request.model_dump(mode="json")
    return f"{given.get('subscription')}-{given.get('period', 'last')}"


@flow(
    name="insights-edition",
    flow_run_name=_name,
    task_runner=task_runner(CONFIG.task_runner, sys.modules[__name__]),
    persist_result=False,
)
def make_edition(request: Request) -> Any:  # type: ignore[valid-type]
    """Make and deliver the edition of a subscription for a period.

    It speaks for the time for which the run was scheduled.

    Args:
        request: What the run shall make.
    """
    instant = SERVED.as_of or runtime.flow_run.scheduled_start_time
    wanted = checked(CONFIG, Request, request, instant)
    if wanted.note:
        get_run_logger().info("Note: %s", wanted.note)
    if _attempt() and (made := is_made(CONFIG, wanted.subscription, wanted.period)):
        return Completed(name="AlreadyMade", message=made)
    run = start_run(
        SERVED.config,
        wanted.subscription,
        period=wanted.period,
        as_of=instant,
        trigger=_trigger(),
        dry_run=wanted.dry_run,
        test_send=wanted.test_recipient,
    )
    if CONFIG.slices_of(wanted.subscription):
        return _make_slices(run)
    with at_work(HOME, runtime.flow_run.id), recorded(run):
        folder = str(run.folder)
        pull_task(folder)
        edition = compute_task(folder)
        _rename(run_name(run.subscription_name, edition))
        files = _render(run)
        outcome = deliver_task(folder, files)
    _summarise(run, outcome)
    _raise_for(outcome.receipts)
    said = why(edition, outcome.receipts, outcome.why_held)
    name = "Held" if outcome.held else "Delivered" if outcome.receipts else "Made"
    return Completed(name=name, message=said, data=_result(run, outcome))


def _make_slices(run: Run) -> Any:
    """The editions of all slices of a subscription; the run is green when nothing is wrong."""
    ready = ready_here if CONFIG.task_runner.type == "threads" else _ready_elsewhere
    with at_work(HOME, runtime.flow_run.id):
        sliced = make_slices(run, progress=_progress(), ready=ready)
    _rename(f"{run.subscription_name} {sliced.period}")
    if error := sliced.failure():
        raise error
    return Completed(name="Delivered", message=sliced.said)


def _ready_elsewhere(
    run: Run, _maker: Maker, slices: Iterator[Run], _told: Told
) -> Iterator[tuple[Run, Ready | NotMade]]:
    """Let the task runner make them; they are delivered here, in their order."""
    every = list(slices)
    parts = [every[start : start + _PART] for start in range(0, len(every), _PART)]
    futures = [
        slices_task.submit(str(run.folder), [str(slice.folder) for slice in part]) for part in parts
    ]
    for part, future in zip(parts, futures, strict=True):
        yield from zip(part, future.result(), strict=True)


@flow(name="insights-owed", persist_result=False)
def deliver_owed() -> list[str]:
    """Deliver what earlier runs still owe; fails when some of it cannot be delivered for good."""
    with at_work(HOME, runtime.flow_run.id):
        receipts = carry_out(CONFIG, datetime.now(UTC))
    _raise_for(receipts)
    return [str(receipt.key) for receipt in receipts]


def _result(run: Run, outcome: Outcome) -> dict[str, Any]:
    """For who calls the flow in Python."""
    return {
        "run": run.id,
        "folder": str(run.folder),
        **outcome.edition.to_json(),
        "files": [str(file) for file in outcome.files],
        "held": outcome.held,
        "exit_status": outcome.exit_status,
    }


def _progress() -> Progress:
    """Into the run's log."""
    log = get_run_logger()
    return lambda step: log.info("%s", step)


def _rename(name: str) -> None:
    """Give the run the name of what it makes, which is known only now."""
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(runtime.flow_run.id), name=name)


def _summarise(run: Run, outcome: Outcome) -> None:
    document, places = first_document(run), places_of(run, outcome.receipts)
    said = markdown(
        run.subscription_name,
        outcome.edition,
        [
            SummaryFile(file.name, file.stat().st_size, places or [str(file.parent)])
            for file in outcome.files
        ],
        outcome.receipts,
        outcome.why_held,
        findings=findings_of(document),
        differences=differences_of(document),
    )
    key = artifact_key(identity(CONFIG), run.subscription_name)
    create_markdown_artifact(
        said, key=key, description=why(outcome.edition, outcome.receipts, outcome.why_held)
    )


def _trigger() -> Trigger:
    """What set the run off: nobody can choose it."""
    attempt = _attempt()
    if SERVED.trigger:
        return SERVED.trigger
    if attempt is None:
        return "webhook" if is_webhook(_key(), identity(CONFIG)) else "manual"
    return "schedule" if attempt == 1 else "retry"


def _attempt() -> int | None:
    """Which attempt at its period the scheduler began this run as; None when it did not."""
    return attempt_of(_key(), identity(CONFIG))


def _key() -> str | None:
    context = FlowRunContext.get()
    return context.flow_run.idempotency_key if context and context.flow_run else None


def _raise_for(receipts: Sequence[Receipt]) -> None:
    """A run ends green only when everything arrived."""
    if error := failure(receipts):
        raise error


def _render(run: Run) -> list[str]:
    """The files of the run, in the edition's order, each part by a task of its own."""
    parts = dealt(files_wanted(run), CONFIG.task_runner.workers)
    with run.stage("render"):
        futures = [render_task.submit(str(run.folder), part) for part in parts]
        wait(futures)
        made = {
            each: path
            for part, future in zip(parts, futures, strict=True)
            for each, path in zip(part, future.result(), strict=True)
        }
    return [made[each] for each in files_wanted(run)]
