"""The deployments table from other doors than a report's ``/deployments``, which needs Octopus's
Enterprise licence: project by project, from ordinary documents, or from a file.

Each door gives the same table (docs/architecture.md) and notes on what it cannot know.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from insights_reports.errors import UsageError
from insights_reports.octopus.client import Client
from insights_reports.octopus.resources import InsightsReport
from insights_reports.octopus.sources import core, file, project
from insights_reports.octopus.sources.kept import Kept
from insights_reports.octopus.sources.tables import CoveredTime, Drawn, Progress, SourceNote
from insights_reports.spelling.text import iana_zone

SourceName = Literal["insights", "project", "core", "file"]

__all__ = ["Drawn", "SourceName", "SourceNote", "draw"]


def draw(
    client: Client,
    definition: InsightsReport,
    source: SourceName,
    *,
    as_of: datetime,
    path: Path | None = None,
    keep: Path,
    progress: Progress = lambda what: None,
) -> Drawn:
    """The deployments of a report as ``source`` knows them.

    ``path`` is the file of a file; ``keep`` the folder where a source may keep what it read, for
    this space as this account sees it.

    Raises:
        OctopusError: when Octopus refuses, or what is read is not what was expected.
        UsageError: when a file cannot be opened, or there is no such source.
    """
    window = CoveredTime.ending(as_of, iana_zone(definition.TimeZone))
    if source == "project":
        return project.draw(client, definition, window, progress)
    if source == "core":
        return core.draw(client, definition, window, Kept(keep), as_of, progress)
    if source == "file" and path is not None:
        return file.draw(client, path, window)
    known = ", ".join(get_args(SourceName)[1:])
    raise UsageError("There is no such source.", f"source: {source}", f"There are {known}.")
