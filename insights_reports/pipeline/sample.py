"""A small made-up edition, with which a company's own templates are tried before a run."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from insights_reports.crosscheck import CrossCheck
from insights_reports.edition import Inputs, Settings, compose
from insights_reports.edition.document import Document
from insights_reports.edition.values import Name, Status
from insights_reports.formats.html.index import IndexEntry, IndexFile
from insights_reports.formats.html.index_figures import IndexFigure
from insights_reports.metrics import Lookups, Period
from insights_reports.octopus import read_deployments

_MONTH = datetime(2026, 9, 1, 12, tzinfo=UTC)
_DAYS = 29


def sample_document() -> Document:
    """The summary of three projects' September: tiles, charts, tables, method and appendix."""
    reply = json.dumps({"ReportName": "Sample", "Streams": list(_streams())}).encode()
    inputs = Inputs(
        report_id="InsightsReports-1",
        report_name="Sample",
        zone="UTC",
        stated_zone="UTC",
        deployments=read_deployments(reply).table,
        lookups=Lookups(environment_groups=(("Production", ("Environments-1",)),)),
        check=CrossCheck(figures=9, agrees=9, differs=0, explained=0, not_comparable=0),
        account=Name("sample", "Users-1"),
        server="https://octopus.example.com",
        space=Name("Default", "Spaces-1"),
        as_of=_MONTH + timedelta(days=_DAYS + 1),
        generated=_MONTH + timedelta(days=_DAYS + 1),
        period=Period.parse(f"{_MONTH:%Y-%m}"),
        trigger="manual",
        status=Status.FINAL,
    )
    settings = Settings(subscription="sample", splits=("Project", "Environment"), layout="one")
    return compose(inputs, settings)[0]


def sample_entry(document: Document) -> IndexEntry:
    """The entry of `sample_document` in the index of a folder."""
    identity, tile = document.identity, document.tiles[0]
    return IndexEntry(
        subscription=identity.subscription,
        report="Sample",
        title="Sample",
        period=identity.period.name,
        start=identity.period.start,
        end=identity.period.end,
        revision=1,
        status=str(identity.status),
        verdict=str(document.check.verdict),
        generated=identity.generated.at,
        files=(IndexFile("sample.pdf", "sample/2026-09/r1/sample.pdf", "summary", 1000, "0" * 64),),
        figures=(IndexFigure(tile.figure, tile.judged.verdict),),
        finding="A finding.",
    )


def _streams() -> Iterator[dict[str, Any]]:
    for number in (1, 2, 3):
        yield {
            "ProjectId": f"Projects-{number}",
            "ProjectName": f"Project {number}",
            "ChannelId": f"Channels-{number}",
            "ChannelName": "Default",
            "EnvironmentId": "Environments-1",
            "EnvironmentName": "Production",
            "TenantId": None,
            "TenantName": None,
            "Deployments": [_deployment(number, day) for day in range(_DAYS)],
        }


def _deployment(project: int, day: int) -> dict[str, Any]:
    failed = (project + day) % 5 == 0
    return {
        "Id": f"Deployments-{project}{day:02}",
        "ReleaseVersion": f"1.{day}",
        "TaskState": "Failed" if failed else "Success",
        "CompletedTime": (_MONTH + timedelta(days=day)).isoformat(),
        "HadGuidedFailure": False,
        "LeadTime": None if failed else f"{project:02}:00:00",
        "TimeSincePreviouslySuccessfulDeployment": None if failed else "1.00:00:00",
        "TimeToRecovery": None,
        "DeploymentsUntilRecovery": None,
    }
