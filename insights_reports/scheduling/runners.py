"""The task runner that a configuration names: what renders the files of an edition."""

from importlib import import_module
from types import ModuleType
from typing import Any

from cloudpickle import register_pickle_by_value  # type: ignore[import-untyped]
from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

from insights_reports.config.runners import TaskRunner
from insights_reports.errors import UsageError

# What Prefect has for a cluster, and what pickles for it.
_CLUSTERS = {
    "dask": ("prefect_dask", "DaskTaskRunner", "cloudpickle"),
    "ray": ("prefect_ray", "RayTaskRunner", "ray.cloudpickle"),
}


def task_runner(wanted: TaskRunner, tasks: ModuleType) -> Any:
    """Prefect's task runner for the tasks of one run. Other processes and machines, on which they
    may be carried out, do not know the module ``tasks`` by name: it goes there by value.

    Raises:
        UsageError: when the library for a cluster is not installed.
    """
    register_pickle_by_value(tasks)
    if wanted.type == "threads":
        return ThreadPoolTaskRunner(max_workers=wanted.workers)
    if wanted.type == "processes":
        return ProcessPoolTaskRunner(max_workers=wanted.workers)
    module, name, pickler = _CLUSTERS[wanted.type]
    try:
        runner = getattr(import_module(module), name)(address=wanted.address)
        import_module(pickler).register_pickle_by_value(tasks)
    except ModuleNotFoundError:
        raise UsageError(
            f"The library for {wanted.type} is not installed.",
            f"task_runner.type: {wanted.type} needs {module.replace('_', '-')}",
            f"Install insights-reports[{wanted.type}], here and on the workers.",
        ) from None
    return runner
