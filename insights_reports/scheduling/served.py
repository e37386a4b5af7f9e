"""What is fixed when flows are served, and no run can choose: it travels in the environment, from
the process that serves to those of the flows, never in a run's parameters."""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import cast

from insights_reports.edition.settings import Trigger
from insights_reports.errors import UsageError

_CONFIG = "INSIGHTS_REPORTS_CONFIG"
_AS_OF = "INSIGHTS_REPORTS_AS_OF"
_TRIGGER = "INSIGHTS_REPORTS_TRIGGER"


@dataclass(frozen=True)
class Served:
    """The configuration, by an absolute path. ``as_of`` stands for the time a run was scheduled
    for, ``trigger`` for what set it off, where a command fixes them (``demo``)."""

    config: Path
    as_of: datetime | None = None
    trigger: Trigger | None = None

    def to_environment(self) -> None:
        """Fix it for this process and those it starts."""
        for name in (_CONFIG, _AS_OF, _TRIGGER):
            os.environ.pop(name, None)
        os.environ.update(replace(self, config=self.config.resolve()).variables())

    def variables(self) -> dict[str, str]:
        """The environment variables that fix it."""
        values = {
            _CONFIG: str(self.config),
            _AS_OF: self.as_of.isoformat() if self.as_of else None,
            _TRIGGER: self.trigger,
        }
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def from_environment(cls) -> "Served":
        """What `to_environment` fixed.

        Raises:
            UsageError: when nothing is fixed.
        """
        config, as_of = os.environ.get(_CONFIG), os.environ.get(_AS_OF)
        if not config:
            raise UsageError(
                "The flows do not know their configuration.",
                f"{_CONFIG} is not set",
                "Serve them with `insights-reports schedule`, or set it to the file's path.",
            )
        return cls(
            Path(config),
            datetime.fromisoformat(as_of) if as_of else None,
            cast("Trigger | None", os.environ.get(_TRIGGER)),
        )
