"""What a server without a licence for Insights reports says, and which source is left.

What it answers is documented nowhere, so every plausible form is recognised: 402; 400, 403 and 404
with words of a licence; 404 for the list of reports; and an empty list where the licence, which
says what it includes, does not include Insights.
"""

import re
from collections.abc import Iterator

from insights_reports.errors import NotAvailable, OctopusError
from insights_reports.octopus import Client
from insights_reports.octopus.resources import Channel, Project, read

_WORDS = re.compile(r"licen[cs]e|enterprise (?:edition|tier|plan)", re.IGNORECASE)
_TRIED = {
    "project": "`source: project` works with this key",
    "core": "`source: core` works with this key",
}
_EVERYTHING = "tried: project Insights, deployments, tasks and releases"


def is_not_licensed(error: OctopusError) -> bool:
    """Whether an error says that the licence does not cover what was asked for."""
    if isinstance(error, NotAvailable) or error.status == 402:
        return True
    return error.status in (400, 403, 404) and bool(_WORDS.search(error.which))


def lacks_insights(client: Client) -> bool:
    """Whether the server's licence says what it includes, and Insights is not among it."""
    features = client.licensed_features()
    return features is not None and not any("insights" in each.casefold() for each in features)


def remedy(client: Client) -> str:
    """Which source works in place of Insights reports, tried with this key."""
    for source in _working(client):
        return f"{_TRIED[source]}, with a `definition:` (docs/sources.md)."
    return f"`source: project` and `core` do not work either ({_EVERYTHING}): see docs/sources.md."


def _working(client: Client) -> Iterator[str]:
    for source, attempt in (("project", _try_project), ("core", _try_core)):
        try:
            if attempt(client):
                yield source
        except OctopusError:
            continue


def _try_project(client: Client) -> bool:
    """Whether the Insights of some project can be had."""
    first, environment = client.peek("projects"), client.peek("environments")
    if first is None or environment is None:
        return False
    project = read(Project, first)
    channel = client.peek("projects", project.Id, "channels")
    if channel is None:
        return False
    params = {"channelId": read(Channel, channel).Id, "environmentId": str(environment.get("Id"))}
    client.project_deployments(project.Id, params)
    return True


def _try_core(client: Client) -> bool:
    """Whether the ordinary documents may be read."""
    for kind in ("projects", "deployments", "tasks", "releases"):
        client.peek(kind)
    return True
