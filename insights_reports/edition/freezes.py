"""Freezes that Octopus knows: their days, and the deployments that they are of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SCOPE = ("project_id", "environment_id", "tenant_id")


@dataclass(frozen=True)
class ScopedFreeze:
    """A freeze of some deployments.

    Attributes:
        spans: half-open spans of dates.
        projects: pairs of the ids of a project and an environment, whatever the tenant.
        tenants: ids of a project, an environment and a tenant.
    """

    spans: tuple[tuple[date, date], ...] = ()
    projects: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    tenants: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)

    def covers(self, project: str, environment: str, tenant: str | None) -> bool:
        if (project, environment) in self.projects:
            return True
        return tenant is not None and (project, environment, tenant) in self.tenants


def covered(
    freezes: Sequence[ScopedFreeze], deployments: pd.DataFrame
) -> tuple[NDArray[np.bool_], ...]:
    """Of each freeze which deployments it is of: a mask over the rows of the table."""
    if not freezes:
        return ()
    grouped = deployments[list(_SCOPE)].groupby(list(_SCOPE), observed=True, dropna=False)
    number, combinations = grouped.ngroup().to_numpy(), grouped.size().index.tolist()
    return tuple(
        np.array([_is_of(freeze, key) for key in combinations], dtype=np.bool_)[number]
        for freeze in freezes
    )


def _is_of(freeze: ScopedFreeze, key: tuple[object, ...]) -> bool:
    project, environment, tenant = (None if pd.isna(part) else str(part) for part in key)  # type: ignore[call-overload]
    return freeze.covers(project or "", environment or "", tenant)
