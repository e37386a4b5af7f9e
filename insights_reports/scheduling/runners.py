"""The task runner that a configuration names: what renders the files of an edition."""

from importlib import import_module
from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from insights_reports.config.runners import TaskRunner
from insights_reports.errors import UsageError

_CLUSTERS = {"dask": ("prefect_dask", "DaskTaskRunner"), "ray": ("prefect_ray", "RayTaskRunner")}


def task_runner(wanted: TaskRunner) -> Any:
    """Prefect's task runner for the tasks of one run.

    Raises:
        UsageError: when the library for a cluster is not installed.
    """
    if wanted.type == "threads":
        return ThreadPoolTaskRunner(max_workers=wanted.workers)
    if wanted.type == "processes":
        return ProcessPoolTaskRunner(max_workers=wanted.workers)
    module, name = _CLUSTERS[wanted.type]
    try:
        return getattr(import_module(module), name)(address=wanted.address)
    except ModuleNotFoundError:
        raise UsageError(
            f"The library for {wanted.type} is not installed.",
            f"task_runner.type: {wanted.type} needs {module.replace('_', '-')}",
            f"Install insights-reports[{wanted.type}], here and on the workers.",
        ) from None
