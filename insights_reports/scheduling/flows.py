"""Prefect, loaded only where it is needed: the flows by path, and how it is set up here."""

import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import module_from_spec
from types import ModuleType

from insights_reports.assets import FLOWS
from insights_reports.scheduling.served import Served

_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
}


def load_prefect(**settings: str) -> None:
    """Import Prefect; ``settings`` are its own, as environment variables.

    What the environment sets already stays as it is.
    """
    for name, value in (_SETTINGS | settings).items():
        os.environ.setdefault(name, value)
    import_module("prefect")


def load_flows(served: Served) -> ModuleType:
    """The module ``flows/edition.py``, for what is ``served``; `load_prefect` comes before it."""
    served.to_environment()
    name = "insights_reports_flows"
    loader = SourceFileLoader(name, str(FLOWS / "edition.py"))
    specification = ModuleSpec(name, loader, origin=loader.path)
    specification.has_location = True  # so that Prefect finds the file again, in other processes
    module = module_from_spec(specification)
    sys.modules[name] = module
    loader.exec_module(module)
    return module
