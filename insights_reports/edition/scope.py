"""Of which environments page one speaks: production, where one group of them is."""

import re
from dataclasses import dataclass, replace

import numpy as np

from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.values import Name, Phrase
from insights_reports.errors import UsageError

ALL = "All"
_PRODUCTION = re.compile(r"\b(production|prod|prd|live|produktion|produktiv)\b", re.IGNORECASE)
_UNREAD = ("previous_successful_id", "recovered_from_id")  # long, and page one has no use for them
_BEFORE = re.compile(r"\b(pre|non|not|nicht|vor)[\s_-]*\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scope:
    """The environment group that page one speaks of (None: all environments), its environments, and
    the sentence that says so."""

    group: str | None
    environments: tuple[str, ...]
    said: Phrase

    @property
    def name(self) -> str:
        """What baselines are remembered under."""
        return ALL if self.group is None else self.group


def scope_of(inputs: Inputs, settings: Settings) -> Scope:
    """The scope of an edition.

    ``Settings.headline`` is the name of a group, or ``all``; without it, it is the only group whose
    name is production-like, and all environments where none is or several are.

    Raises:
        UsageError: when the report has no group of that name.
    """
    groups = dict(inputs.lookups.environment_groups)
    if settings.headline is not None and settings.headline != "all":
        return _named(settings.headline, groups)
    if settings.headline == "all":
        return Scope(None, (), Phrase("scope.all"))
    like = [name for name in groups if is_production(name)]
    if len(like) != 1:
        key = "scope.none_production" if groups and not like else "scope.all"
        return Scope(None, (), Phrase(key))
    return _named(like[0], groups)


def _named(name: str, groups: dict[str, tuple[str, ...]]) -> Scope:
    if name not in groups:
        known = ", ".join(groups) or "none"
        raise UsageError(
            "The headline's environment group is not in the report.",
            f"headline: {{EnvironmentGroup: {name!r}}}; the report has: {known}",
            "Name one of them, or write `headline: all`.",
        )
    key = "scope.only" if len(groups) == 1 else "scope.group"
    return Scope(name, groups[name], Phrase(key, {"group": Name(name)}))


def is_production(name: str) -> bool:
    """Whether a group's name says production: not what comes before it ("Pre-Production")."""
    return _PRODUCTION.search(name) is not None and _BEFORE.search(name) is None


def within(inputs: Inputs, scope: Scope) -> Inputs:
    """The same inputs with the deployments of the scope alone."""
    if scope.group is None:
        return inputs
    chosen = inputs.deployments["environment_id"].isin(scope.environments)
    if bool(np.all(chosen)):
        return inputs
    own = inputs.deployments.drop(columns=list(_UNREAD), errors="ignore")[chosen]
    return replace(inputs, deployments=own.reset_index(drop=True))
