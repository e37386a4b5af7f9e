"""The deployments of a configuration on a Prefect server: made, mended, removed, and served."""

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import httpx
from prefect import get_client
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from insights_reports.config.model import Config
from insights_reports.errors import ServerGone, UsageError
from insights_reports.scheduling.identity import identity
from insights_reports.scheduling.look import Looker, OwedBook
from insights_reports.scheduling.places import RunPlace, place_of
from insights_reports.scheduling.webhook import Bell, Trains

_PAGE = 200  # as many as Prefect lists at once
_ONE_AT_A_TIME = ConcurrencyLimitConfig(
    limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE
)


@dataclass(frozen=True)
class _Wanted:
    """A deployment as it shall be. ``subscription`` is "" for the one that delivers what is owed;
    ``when`` says for people when it runs."""

    flow: Any
    name: str
    subscription: str
    parameters: dict[str, Any]
    when: str

    @property
    def full_name(self) -> str:
        return f"{self.flow.name}/{self.name}"


async def serve(
    flows: ModuleType,
    config: Config,
    home: Path,
    open_book: Callable[[], OwedBook],
    every: float,
    bell: Bell | None = None,
) -> None:
    """Serve the schedules of ``config`` until stopped; ``home`` is Prefect's folder in its state,
    ``open_book`` gives what knows what is owed, and is called ``every`` so many seconds. Runs take
    place in processes of this one, or on the workers of the configuration's work pool. With a
    ``bell`` Octopus's webhook is answered.

    A subscription that Prefect refuses does not stop the others; standard error has the reason.

    Raises:
        UsageError: when none can be served.
        ServerGone: when Prefect's server does not answer, or does not let us in.
    """
    with _server_gone():
        await _serve(flows, config, home, open_book, every, bell)


async def deploy(flows: ModuleType, config: Config, home: Path) -> list[str]:
    """Make the deployments of ``config`` as they shall be, and remove those that are gone; the
    subscriptions that have one.

    Raises:
        UsageError: when one of them cannot be made; the others are.
        ServerGone: when Prefect's server does not answer, or does not let us in.
    """
    with _server_gone():
        async with get_client() as client:
            served, refused = await _deploy(client, place_of(config, home), flows, config)
    if refused:
        raise UsageError(
            f"{refused} of {len(served) + refused} deployments could not be made.",
            f"File: {config.path}",
            "See above; the others are made.",
        )
    return [name for name in served if name]


@contextmanager
def _server_gone() -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, RuntimeError, ExceptionGroup) as error:
        raise ServerGone(
            "Prefect's server cannot be used.",
            f"PREFECT_API_URL: {' '.join(str(error).split())[:200]}",
            "See that it runs, and that PREFECT_API_AUTH_STRING or PREFECT_API_KEY is right.",
        ) from error


async def _serve(
    flows: ModuleType,
    config: Config,
    home: Path,
    open_book: Callable[[], OwedBook],
    every: float,
    bell: Bell | None,
) -> None:
    name = identity(config)
    place = place_of(config, home)
    async with get_client() as client:
        for run in await place.sweep(client, await _ours(client, [name, place.tag])):
            _say(f"{run}: it was under way when all stopped; it is recorded as crashed")
        served, _ = await _deploy(client, place, flows, config)
        if "" not in served or len(served) < 2:
            raise UsageError("No subscription can be served.", f"File: {config.path}", "See above.")
        looker = Looker(client, open_book, name, served, served.pop(""), every, config.heartbeat)
        beside = [asyncio.create_task(looker.keep_looking())]
        if bell:
            answering = bell.answer(Trains(client, config, bell.trains, name, served))
            beside.append(asyncio.create_task(answering))
        try:
            await place.run()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


async def _deploy(
    client: PrefectClient, place: RunPlace, flows: ModuleType, config: Config
) -> tuple[dict[str, UUID], int]:
    """The deployments that were made, by subscription, and how many were refused."""
    tags = [identity(config), place.tag]
    ours = await _ours(client, tags)
    wanted = _wanted(flows, config)
    served = {
        each.subscription: made
        for each in wanted
        if (made := await _serve_one(client, place, each, tags))
    }
    there = {each.name for each in wanted}
    await _remove(client, ours, there | {f"{tags[0]}-{name}" for name in config.unusable})
    return served, len(wanted) - len(served)


def _wanted(flows: ModuleType, config: Config) -> list[_Wanted]:
    """What is owed, and every subscription with a schedule."""
    name = identity(config)
    return [
        _Wanted(flows.deliver_owed, name, "", {}, "whenever something is owed"),
        *(
            _Wanted(
                flows.make_edition,
                f"{name}-{key}",
                key,
                {"request": {"subscription": key}},
                when.words if subscription.enabled else "paused: enabled: false",
            )
            for key, subscription in config.subscriptions.items()
            if (when := subscription.schedule)
        ),
    ]


async def _serve_one(
    client: PrefectClient, place: RunPlace, wanted: _Wanted, tags: list[str]
) -> UUID | None:
    try:
        await _refuse_of_another(client, wanted, tags)
        deployment = await wanted.flow.ato_deployment(
            name=wanted.name,
            parameters=wanted.parameters,
            concurrency_limit=_ONE_AT_A_TIME,
            tags=tags,
        )
        made = await place.add(client, deployment)
        await _remove_schedules(client, made)
    except Exception as error:  # whatever one does to Prefect, the others go on
        _say(f"{wanted.full_name}: NOT SCHEDULED: {' '.join(str(error).split())[:300]}")
        return None
    _say(f"{wanted.full_name}: {wanted.when}")
    return made


async def _refuse_of_another(client: PrefectClient, wanted: _Wanted, tags: list[str]) -> None:
    """Prefect would let one configuration take the deployments of another over in silence."""
    try:
        found = await client.read_deployment_by_name(wanted.full_name)
    except ObjectNotFound:
        return
    if not set(tags) <= set(found.tags):
        raise UsageError(
            "the deployment of this name belongs to another configuration",
            "(give this one a `name:` of its own, or delete that deployment in Prefect)",
        )


async def _ours(client: PrefectClient, tags: list[str]) -> list[DeploymentResponse]:
    """Every deployment that was made from this configuration and state folder."""
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=tags))
    found: list[DeploymentResponse] = []
    while page := await client.read_deployments(
        deployment_filter=tagged, limit=_PAGE, offset=len(found)
    ):
        found += page
    return found


async def _remove(
    client: PrefectClient, ours: Sequence[DeploymentResponse], names: set[str]
) -> None:
    """Those of subscriptions that are gone; their past runs stay readable."""
    for deployment in ours:
        if deployment.name not in names:
            await client.delete_deployment(deployment.id)
            _say(f"{deployment.name}: no longer in the configuration; it is unscheduled")


async def _remove_schedules(client: PrefectClient, deployment: UUID) -> None:
    """An earlier version of this program gave it one; a deployment that is made again keeps it."""
    for schedule in (await client.read_deployment(deployment)).schedules:
        await client.delete_deployment_schedule(deployment, schedule.id)


def _say(line: str) -> None:
    print(line, file=sys.stderr)
