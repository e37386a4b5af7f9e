"""The XML feed of the deployment history, read while it arrives.

It outlives retention and deletions; its times are exact to the second and in UTC
(https://octopus.com/docs/administration/reporting).
"""

from typing import Any, BinaryIO

import pandas as pd
from lxml import etree

from insights_reports.errors import BadReply
from insights_reports.octopus.sources.unusable import dated
from insights_reports.spelling.text import clean_text

FIELDS = {
    "deployment_id": "DeploymentId",
    "project_id": "ProjectId",
    "project_name": "ProjectName",
    "channel_id": "ChannelId",
    "channel_name": "ChannelName",
    "environment_id": "EnvironmentId",
    "environment_name": "EnvironmentName",
    "tenant_id": "TenantId",
    "tenant_name": "TenantName",
    "release_id": "ReleaseId",
    "release_version": "ReleaseVersion",
    "task_id": "TaskId",
    "task_state": "TaskState",
}
COLUMNS = (*FIELDS, "completed", "unusable")
_NEEDED = ("deployment_id", "project_id", "channel_id", "environment_id", "task_state")

Rows = pd.DataFrame
"""`COLUMNS` of deployments: texts, None where null, ``completed`` (UTC), and in ``unusable`` the
reason, as in `Deployments.dropped`, why one cannot be counted; None of nearly all."""


def read_feed(body: BinaryIO) -> Rows:
    """The deployments in a feed, those that cannot be counted among them.

    Raises:
        BadReply: when it is cut short or is no such feed; names the deployment and the field.
    """
    texts: dict[str, list[str | None]] = {name: [] for name in (*FIELDS, "completed")}
    seen: dict[str, str] = {}
    try:
        parsed = etree.iterparse(
            body, events=("end",), tag="{*}Deployment", resolve_entities=False, no_network=True
        )
        for _, element in parsed:
            said = {etree.QName(child).localname: child.text for child in element}
            for name, values in texts.items():
                text = said.get(FIELDS.get(name, "CompletedTime")) or None
                values.append(text and seen.setdefault(text, clean_text(text)))
            _forget(element)
    except etree.XMLSyntaxError as error:
        raise BadReply(
            "Octopus's history feed is cut short or is no XML.",
            clean_text(str(error))[:160],
            "Try again; if it stays so, look for a proxy between here and Octopus.",
            retryable=True,
        ) from None
    _check_root(parsed.root)
    return _rows(texts)


def _check_root(root: Any) -> None:
    name = etree.QName(root).localname
    if name != "Deployments":
        raise BadReply(
            "Octopus's history feed is no list of deployments.",
            f"Its root is {clean_text(name)[:80]!a} and not 'Deployments'.",
            "Look for a proxy between here and Octopus that answers in its place.",
        )


def _forget(element: Any) -> None:
    """Free an element that was read and those before it."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _rows(texts: dict[str, list[str | None]]) -> Rows:
    for name in _NEEDED:
        if None in texts[name]:
            at = texts[name].index(None)
            raise BadReply(
                f"Octopus's history feed has a deployment without {FIELDS[name]}.",
                f"DeploymentId: {texts['deployment_id'][at]}",
            )
    rows = pd.DataFrame({name: pd.Series(texts[name], dtype=object) for name in FIELDS})
    return dated(rows, texts["completed"])
