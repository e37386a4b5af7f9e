"""What Octopus calls when something was deployed, and the runs that begin when a train has ended.

Each event that comes puts the run of its subscriptions off again; when none has come for a while,
the train has ended and the run begins. It waits in Prefect, so that a restart does not forget it.
"""

import asyncio
import hmac
import json
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import uvicorn
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Scheduled
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from insights_reports.config.model import Config, Subscription
from insights_reports.config.runners import ReleaseTrains
from insights_reports.metrics import Period

HEADER = "X-Insights-Reports-Secret"
TAG = "webhook"
_LARGEST = 256 * 1024  # bytes of an event
_EVENT = re.compile(r"Events-\d{1,18}")


@dataclass
class Trains:
    """The runs that wait for the end of a release train. ``deployments`` are those of Prefect, by
    subscription; ``identity`` is the configuration's."""

    client: PrefectClient
    config: Config
    trains: ReleaseTrains
    identity: str
    deployments: Mapping[str, UUID]
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def event(self, event: str, now: datetime) -> None:
        """Let a run of each subscription begin when no other event follows for a while."""
        at = now + self.trains.quiet
        async with self._one_at_a_time:
            for name in self.deployments.keys() & set(self.trains.subscriptions):
                if not await self._put_off(self.deployments[name], at):
                    await self._begin(name, event, at)

    async def _put_off(self, deployment: UUID, at: datetime) -> bool:
        """Whether a run waits already: then it waits until ``at``."""
        waiting = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=[deployment]),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            tags=FlowRunFilterTags(all_=[TAG]),
        )
        runs = await self.client.read_flow_runs(flow_run_filter=waiting)
        for run in runs:
            await self.client.set_flow_run_state(run.id, Scheduled(scheduled_time=at))
        return bool(runs)

    async def _begin(self, name: str, event: str, at: datetime) -> None:
        period = self._period(self.config.subscriptions[name], at)
        await self.client.create_flow_run_from_deployment(
            self.deployments[name],
            name=f"{name} {period}, after a release",
            parameters={"request": {"subscription": name, "period": period}},
            idempotency_key=f"{self.identity}/{name}/{TAG}/{event}",
            state=Scheduled(scheduled_time=at),
            tags=[TAG],
        )

    def _period(self, subscription: Subscription, at: datetime) -> str:
        if self.trains.period == "last" or not subscription.schedule:
            return "last"
        day = at.astimezone(ZoneInfo(subscription.schedule.zone)).date()
        return Period.containing(
            subscription.every, day, subscription.week_start, subscription.fiscal_year_starts
        ).name


def is_webhook(idempotency_key: str | None, identity: str) -> bool:
    """Whether a run with this key began after a release: nobody else can make such a key."""
    parts = (idempotency_key or "").split("/")
    return len(parts) == 4 and parts[0] == identity and parts[2] == TAG


def application(
    secret: str, hosts: list[str], event: Callable[[str, datetime], Awaitable[None]]
) -> Starlette:
    """POST /webhook by one of ``hosts``' names and with the secret in `HEADER`: ``event`` is told
    of the event's id. GET /health says that it lives."""

    async def answer(request: Request) -> Response:
        given = request.headers.getlist(HEADER)
        if len(given) != 1 or not hmac.compare_digest(given[0].encode(), secret.encode()):
            return PlainTextResponse(f"{HEADER} is not right\n", 401)
        body = await _bounded(request)
        if body is None:
            return PlainTextResponse(f"more than {_LARGEST:,} bytes\n", 413)
        found = event_id(body)
        if found is None:
            return PlainTextResponse("no event of an Octopus subscription\n", 400)
        await event(found, datetime.now(UTC))
        return PlainTextResponse("taken\n", 202)

    return Starlette(
        routes=[
            Route("/webhook", answer, methods=["POST"]),
            Route("/health", lambda _: PlainTextResponse("ok\n")),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
    )


async def _bounded(request: Request) -> bytes | None:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST:
            return None
    return bytes(body)


def event_id(body: bytes) -> str | None:
    """The id of the event that a subscription of Octopus sends; None when it is none."""
    try:
        found: Any = json.loads(body)
        event = found["Payload"]["Event"]["Id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return event if isinstance(event, str) and _EVENT.fullmatch(event) else None


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for the process that serves schedules."""
        yield


@dataclass(frozen=True)
class Bell:
    """Where Octopus calls: a socket that listens, the secret, the names by which we are called, and
    what shall begin."""

    listener: socket.socket
    secret: str
    hosts: list[str]
    trains: ReleaseTrains

    async def answer(self, trains: Trains) -> None:
        """Answer for as long as the task lives; a subscription that is not served is left out."""
        app = application(self.secret, self.hosts, trains.event)
        settings: dict[str, Any] = {"log_level": "warning", "access_log": False}
        settings |= {"server_header": False, "lifespan": "off", "limit_concurrency": 50}
        settings |= {"timeout_keep_alive": 5, "timeout_graceful_shutdown": 2}
        server = _Server(uvicorn.Config(app, **settings))
        answering = asyncio.create_task(server.serve(sockets=[self.listener]))
        try:
            await asyncio.shield(answering)
        finally:
            server.should_exit = True
            await answering
