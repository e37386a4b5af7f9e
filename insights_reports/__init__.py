"""Delivery-performance reports from Octopus Deploy Insights that reconcile with Octopus.

The names below are the public Python interface. They are imported on first use, so that
``import insights_reports`` costs nothing (no pandas, no Prefect, no WeasyPrint).
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PUBLIC = {
    "Client": "insights_reports.octopus",
    "Connection": "insights_reports.octopus",
    "read_deployments": "insights_reports.octopus",
    "Conventions": "insights_reports.metrics",
    "Lookups": "insights_reports.metrics",
    "Period": "insights_reports.metrics",
    "figures": "insights_reports.metrics",
    "cross_check": "insights_reports.crosscheck",
    "expected_range": "insights_reports.judgement",
    "judge": "insights_reports.judgement",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
