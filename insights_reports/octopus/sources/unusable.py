"""Deployments that cannot be counted: each costs itself alone, and is listed with the reason."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from insights_reports.octopus.deployments.streams import (
    IMPOSSIBLE,
    LONGEST_TEXT,
    MOST_SHOWN,
    NOT_COMPLETED,
)
from insights_reports.spelling.columns import Marks, parse_instants

_TEXTS = {
    "deployment_id": "DeploymentId",
    "release_version": "ReleaseVersion",
    "task_state": "TaskState",
}


def dated(rows: pd.DataFrame, completed: list[str | None]) -> pd.DataFrame:
    """The rows with ``completed`` (UTC) and ``unusable``, from the texts of their completion."""
    broken = np.zeros(len(completed), np.bool_)
    times = instants(completed, broken)
    unusable = pd.Series(None, rows.index, object)
    unusable[times.isna()] = NOT_COMPLETED
    unusable[broken] = f"{IMPOSSIBLE}.CompletedTime"
    return rows.assign(completed=times, unusable=unusable)


def instants(texts: list[str | None], broken: Marks) -> pd.DatetimeIndex:
    """Instants in UTC, of texts that may lack a zone. What is none is marked in ``broken`` and
    null; so is, without a mark, the year 1, which stands for no time."""
    zoned = [text if text is None or _has_zone(text) else f"{text}Z" for text in texts]
    numbers = parse_instants(pa.array(zoned, pa.string()), broken)
    return pd.DatetimeIndex(np.asarray(numbers).view("M8[ns]"), tz="UTC")


def _has_zone(text: str) -> bool:
    return text.endswith("Z") or "+" in text or "-" in text[10:]


def without_unusable(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """The rows that can be counted, without the column ``unusable``, and the ids of the others by
    reason, as in `Deployments.dropped`."""
    reasons = rows["unusable"].astype(object)
    for column, field in _TEXTS.items():
        texts = pa.array(rows[column], pa.string(), from_pandas=True)
        wrong = pc.greater(pc.binary_length(texts), LONGEST_TEXT).fill_null(column == "task_state")
        reasons = reasons.mask(wrong.to_numpy(zero_copy_only=False), f"{IMPOSSIBLE}.{field}")
    dropped = {
        str(reason): tuple(id[:MOST_SHOWN] for id in ids)
        for reason, ids in rows["deployment_id"].groupby(reasons)
    }
    usable = rows[reasons.isna()].drop(columns="unusable")
    return usable.reset_index(drop=True), dropped
