"""What an edition spoke about, kept in its run's folder, so that a revision can say what moved."""

import json
from pathlib import Path

import pandas as pd

from insights_reports.edition.differences import PullDifferences, Subject, differences
from insights_reports.metrics import Period, local_dates
from insights_reports.pipeline.load import Pulled
from insights_reports.pipeline.remember import KnownDeployments, chosen

CHANGES = "changes.json"
_ROWS, _ABOUT = "deployments.parquet", "subject.json"


def subject_of(pulled: Pulled, known: KnownDeployments, period: Period) -> Subject:
    """The deployments of the period, what the report was, and what groups were called."""
    definition = pulled.definition
    groups = {group.Name: sorted(group.Environments) for group in definition.EnvironmentGroups}
    said = {**chosen(definition), "EnvironmentGroups": groups, "TimeZone": definition.TimeZone}
    return Subject(
        deployments=period_deployments(known.deployments, pulled, period),
        definition={"Name": definition.Name, **said},
        names={**pulled.lookups.project_group_names, **pulled.lookups.tag_sets},
    )


def period_deployments(deployments: pd.DataFrame, pulled: Pulled, period: Period) -> pd.DataFrame:
    """The deployments completed in ``period``, by the report's zone, oldest first."""
    dates = local_dates(deployments, pulled.zone)
    inside = (dates >= pd.Timestamp(period.start)) & (dates < pd.Timestamp(period.end))
    return deployments[inside].sort_values(["completed", "deployment_id"], ignore_index=True)


def keep(subject: Subject, folder: Path) -> None:
    """Write it into the folder of a run."""
    subject.deployments.to_parquet(folder / _ROWS)
    said = {"definition": subject.definition, "names": subject.names}
    text = json.dumps(said, indent=1, ensure_ascii=False)
    (folder / _ABOUT).write_text(text, encoding="utf-8")


def differences_from(folder: Path, now: Subject) -> PullDifferences | None:
    """What moved since the run in ``folder``; None where that is not known any more."""
    if not (folder / _ROWS).is_file() or not (folder / _ABOUT).is_file():
        return None
    said = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
    rows = pd.read_parquet(folder / _ROWS)
    return differences(Subject(rows, said["definition"], said["names"]), now)
