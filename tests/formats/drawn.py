"""The deployments of the gallery's histories as inputs of an edition."""

import runpy
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from insights_reports.edition import compose
from insights_reports.edition.document import Document
from insights_reports.edition.values import Metric
from insights_reports.metrics import Lookups, Period
from tests.edition.inputs import deployment, inputs, settings
from tests.metrics.reference import TICKS, Row

_SCRIPT = Path(__file__).parents[2] / "scripts" / "gallery_histories.py"
_HISTORIES: dict[str, Any] = runpy.run_path(str(_SCRIPT))
_STAGES = ("Test", "Staging", "Production")
_LOOK = Lookups(environment_groups=tuple((s, (f"Environments-{s}",)) for s in _STAGES))
_TARGETS = {Metric.LEAD_TIME: 24 * 3600 * TICKS, Metric.FAILURE_RATE: 0.05}


def _ticks(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 10


@cache
def _rows(kind: str) -> list[Row]:
    """Each deployment, with the recovery that it ends, if it does."""
    broken: dict[tuple[str, str, str], tuple[datetime, int]] = {}
    return [
        _row(number, fact, broken)
        for number, fact in enumerate(_HISTORIES["draw"](_HISTORIES["KINDS"][kind]), 1000)
    ]


def _row(number: int, fact: Any, broken: dict[tuple[str, str, str], tuple[datetime, int]]) -> Row:
    place = (fact.project, fact.environment, fact.tenant)
    first, attempts = broken.get(place, (fact.completed, 0))
    if fact.succeeded:
        broken.pop(place, None)
    else:
        broken[place] = (first, attempts + 1)
    ends = fact.succeeded and attempts > 0
    return deployment(
        number,
        fact.completed,
        project_id=f"Projects-{fact.project}",
        project_name=fact.project,
        environment_id=f"Environments-{fact.environment}",
        environment_name=fact.environment,
        tenant_id=f"Tenants-{fact.tenant}" if fact.tenant else None,
        tenant_name=fact.tenant or None,
        release_version=fact.release,
        task_state="Success" if fact.succeeded else "Failed",
        lead_time=_ticks(fact.completed - fact.created) if fact.succeeded else None,
        time_to_recovery=_ticks(fact.completed - first) if ends else None,
        deployments_until_recovery=attempts if ends else None,
    )


def drawn(kind: str, period: str = "2026-09", **wanted: Any) -> tuple[Document, ...]:
    """The documents of an edition of a history; a fiscal year begins in October."""
    asked = {"splits": ("Project", "Environment"), "headline": None, "targets": _TARGETS}
    made = inputs(_rows(kind), lookups=_LOOK)
    found = Period.parse(period, year_starts=10)
    return compose(replace(made, period=found), settings(**(asked | wanted)))
