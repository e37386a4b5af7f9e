"""The XML feed of the deployment history, read while it arrives.

It outlives retention and deletions; its times are exact to the second and in UTC
(https://octopus.com/docs/administration/reporting).
"""

from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
from lxml import etree

from insights_reports.errors import BadReply
from insights_reports.spelling.columns import parse_instants
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
COLUMNS = (*FIELDS, "completed")
_NEEDED = ("deployment_id", "project_id", "channel_id", "environment_id", "task_state")

Rows = pd.DataFrame
"""`COLUMNS` of deployments: texts, None where null, and ``completed`` (UTC)."""


def read_feed(body: BinaryIO) -> Rows:
    """The deployments in a feed; one that has not completed is not among them.

    Raises:
        BadReply: when it is cut short or is no such feed; names the deployment and the field.
    """
    texts: dict[str, list[str | None]] = {name: [] for name in (*FIELDS, "completed")}
    seen: dict[str, str] = {}
    try:
        for _, element in etree.iterparse(
            body, events=("end",), tag="Deployment", resolve_entities=False, no_network=True
        ):
            said = {child.tag: child.text for child in element}
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
    return _rows(texts)


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
    return rows.assign(completed=instants(texts["completed"])).dropna(
        subset="completed", ignore_index=True
    )


def instants(texts: list[str | None]) -> pd.DatetimeIndex:
    """Instants in UTC, of texts that may lack a zone."""
    zoned = [text if text is None or _has_zone(text) else f"{text}Z" for text in texts]
    numbers = parse_instants(pa.array(zoned, pa.string()))
    return pd.DatetimeIndex(np.asarray(numbers).view("M8[ns]"), tz="UTC")


def _has_zone(text: str) -> bool:
    return text.endswith("Z") or "+" in text or "-" in text[10:]
