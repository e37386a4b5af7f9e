"""The deployments table from plain rows, and the package's figures as plain values."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from tests.metrics.reference import MEASURES, Row

_CATEGORIES = (
    "project_id",
    "project_name",
    "channel_id",
    "channel_name",
    "environment_id",
    "environment_name",
    "tenant_id",
    "tenant_name",
    "release_version",
    "task_state",
)


def ticks(text: str) -> int:
    """An instant such as 2026-03-29T00:59:59.9999999 (UTC) as ticks since 1970."""
    return int(np.datetime64(text, "ns").astype(np.int64)) // 100


def table(rows: list[Row]) -> pd.DataFrame:
    """The deployments table of docs/architecture.md."""
    columns: dict[str, object] = {
        "deployment_id": pd.array([row.deployment_id for row in rows], dtype="string[pyarrow]")
    }
    for name in _CATEGORIES:
        columns[name] = pd.Categorical(np.array([getattr(row, name) for row in rows], dtype=object))
    columns["stream"] = np.array([row.stream for row in rows], dtype=np.int32)
    columns["completed"] = pd.Series(
        _nanoseconds([row.completed for row in rows]).view("datetime64[ns]")
    ).dt.tz_localize("UTC")
    columns["had_guided_failure"] = np.array([row.had_guided_failure for row in rows], dtype=bool)
    for name in MEASURES[:3]:
        values = _nanoseconds([getattr(row, name) for row in rows])
        columns[name] = values.view("timedelta64[ns]")
    attempts = [row.deployments_until_recovery for row in rows]
    columns["deployments_until_recovery"] = np.array(
        [np.nan if value is None else value for value in attempts], dtype=np.float64
    )
    return pd.DataFrame(columns)


def _nanoseconds(values: list[int | None]) -> np.ndarray:
    null = np.iinfo(np.int64).min
    return np.array([null if value is None else value * 100 for value in values], dtype=np.int64)


def plain(figures: pd.DataFrame) -> dict[tuple[str, date], dict[str, Any]]:
    """{(series key, start): {column: int ticks, int, float or None}}."""
    found: dict[tuple[str, date], dict[str, Any]] = {}
    for record in figures.to_dict("records"):
        key = (record.pop("series_key"), record.pop("start").date())
        record.pop("series_name")
        assert key not in found
        found[key] = {str(name): value_of(value) for name, value in record.items()}
    return found


def value_of(value: Any) -> Any:
    if value is None or value is pd.NA or pd.isna(value):
        return None
    if isinstance(value, pd.Timedelta):
        assert value.value % 100 == 0
        return value.value // 100
    return value.item() if isinstance(value, np.generic) else value
