"""Where runs take place: what a configuration may say of work pools and task runners."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from insights_reports.config.strict import StrictModel


class WorkPool(StrictModel):
    """Prefect's work pool whose workers carry out the runs. ``config`` is where this file lies for
    them; ``job_variables`` are the pool's own, such as an image."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    config: Path | None = None
    job_variables: Annotated[dict[str, Any], Field(default_factory=dict)]

    @field_validator("config")
    @classmethod
    def _absolute(cls, config: Path | None) -> Path | None:
        if config is not None and not config.is_absolute():
            raise ValueError("must be an absolute path: workers start anywhere")
        return config

    @field_validator("job_variables")
    @classmethod
    def _no_environment(cls, given: dict[str, Any]) -> dict[str, Any]:
        if "env" in given:
            raise ValueError(
                "env would stand in Prefect's database, readable; set the workers' environment"
            )
        return given


class TaskRunner(StrictModel):
    """What renders the files of an edition: threads of the run's own process, processes beside it,
    or a cluster of Dask or Ray at ``address``, which sees the state's folder at the same path. All
    but threads make the editions of slices, too."""

    type: Literal["threads", "processes", "dask", "ray"] = "threads"
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    address: str | None = None

    @model_validator(mode="after")
    def _clusters_have_addresses(self) -> Self:
        cluster = self.type in ("dask", "ray")
        if cluster and not self.address:
            raise ValueError(f"{self.type} needs the address of its scheduler")
        if self.address and not cluster:
            raise ValueError(f"an address is for dask and ray, not for {self.type}")
        return self


class ReleaseTrains(StrictModel):
    """Runs that begin when a release train ends: when Octopus has called the webhook, and then not
    again for ``quiet_minutes``. ``host`` is the name by which it calls; the secret that it sends is
    in ``secret_file`` or the variable WEBHOOK_SECRET."""

    subscriptions: Annotated[list[str], Field(min_length=1)]
    period: Literal["current", "last"] = "current"
    quiet_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15
    host: str | None = None
    secret_file: Path | None = None

    @property
    def quiet(self) -> timedelta:
        return timedelta(minutes=self.quiet_minutes)
