"""Inputs of an edition from plain rows, for the tests of the composer."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd

from insights_reports.crosscheck import CrossCheck
from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.result import CheckVerdict, Discrepancy
from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.values import Name, Status
from insights_reports.metrics import Lookups, Period, recompute_streams
from tests.metrics.reference import EPOCH, TICKS, Row
from tests.metrics.tables import table

ZONE = "Europe/Berlin"
HOUR = 3600 * TICKS
LOOKUPS = Lookups(
    project_groups={f"Projects-{n}": f"ProjectGroups-{1 + n % 2}" for n in range(1, 500)},
    project_group_names={"ProjectGroups-1": "Web", "ProjectGroups-2": "Back office"},
    environment_groups=(("Test", ("Environments-1",)), ("Live", ("Environments-2",))),
    tenant_tags={
        "Tenants-1": ("Region/Europe", "Region/Asia", "Tier/Gold"),
        "Tenants-2": ("Region/Asia",),
        "Tenants-3": (),
    },
    tag_sets={"TagSets-1": "Region", "TagSets-2": "Tier", "TagSets-3": "Unused"},
)


def instant(moment: datetime) -> int:
    """An aware instant as ticks since 1970."""
    return round((moment - EPOCH) / timedelta(microseconds=1)) * 10


def deployments(rows: list[Row]) -> pd.DataFrame:
    """The table, with the failing release of each recovery as the streams have it."""
    made = table(rows)
    return made.assign(recovered_from_version=recompute_streams(made)["recovered_from_version"])


def inputs(rows: list[Row], period: str = "2026-09", **changes: object) -> Inputs:
    parts: dict[str, object] = {
        "report_id": "InsightsReports-1",
        "report_name": "High Volume Report",
        "zone": ZONE,
        "stated_zone": "W. Europe Standard Time",
        "deployments": deployments(rows),
        "lookups": LOOKUPS,
        "check": CrossCheck(figures=310, agrees=310, differs=0, explained=0, not_comparable=0),
        "account": Name("insights-reader", "Users-12"),
        "server": "https://octopus.example.com (2025.3.14)",
        "space": Name("Default", "Spaces-1"),
        "as_of": datetime(2026, 10, 1, 4, tzinfo=UTC),
        "generated": datetime(2026, 10, 1, 4, 5, tzinfo=UTC),
        "period": Period.parse(period),
        "trigger": "schedule",
        "status": Status.FINAL,
    }
    return Inputs(**parts | changes)  # type: ignore[arg-type]


def settings(**changes: object) -> Settings:
    """Of all environments, unless the changes say otherwise."""
    parts: dict[str, object] = {"subscription": "board-monthly", "headline": "all"}
    return Settings(**parts | changes)  # type: ignore[arg-type]


def discrepancy(**changes: object) -> Discrepancy:
    """A stated figure of September 2026 that is not ours."""
    parts: dict[str, object] = {
        "split": "None",
        "tag_set": None,
        "time_range": "LastYear",
        "granularity": "Monthly",
        "series": "All",
        "start_of_interval": date(2026, 9, 1),
        "metric": "DeploymentFrequency",
        "statistic": "NumberOfSuccessfulDeployments",
        "stated": 12,
        "recomputed": 10,
        "difference": -2,
        "tolerance": 0,
        "verdict": CheckVerdict.EXPLAINED,
        "cause": Cause("unknown"),
        "deployment_ids": (),
        "deployments": 10,
    }
    return Discrepancy(**parts | changes)  # type: ignore[arg-type]


def deployment(number: int, moment: datetime, **values: object) -> Row:
    return Row(f"Deployments-{number}", instant(moment), **values)  # type: ignore[arg-type]


def company(
    many: int,
    *,
    seed: int = 1,
    first: datetime = datetime(2025, 9, 1, tzinfo=UTC),
    last: datetime = datetime(2026, 10, 1, 4, tzinfo=UTC),
    projects: int = 5,
    tenants: int = 4,
) -> list[Row]:
    """Plausible deployments, evenly over the time, the same for the same arguments."""
    random = np.random.default_rng(seed)
    moments = np.sort(random.uniform(first.timestamp(), last.timestamp(), many))
    rows = []
    for number, seconds in enumerate(moments.tolist(), start=1):
        project, tenant = int(random.integers(1, projects + 1)), int(random.integers(tenants + 1))
        state = random.choice(["Success", "Failed", "Canceled"], p=[0.9, 0.08, 0.02])
        success = state == "Success"
        rows.append(
            deployment(
                number,
                datetime.fromtimestamp(seconds, UTC),
                project_id=f"Projects-{project}",
                project_name=f"Project {project}",
                environment_id=f"Environments-{1 + number % 2}",
                environment_name=("Test", "Production")[number % 2],
                tenant_id=f"Tenants-{tenant}" if tenant else None,
                tenant_name=f"Tenant {tenant}" if tenant else None,
                release_version=f"1.{number // 7}.0",
                task_state=str(state),
                had_guided_failure=success and bool(random.random() < 0.02),
                lead_time=int(random.lognormal(2, 1) * HOUR) if success else None,
                time_to_recovery=int(random.lognormal(1, 1) * HOUR)
                if success and random.random() < 0.08
                else None,
            )
        )
    return rows
