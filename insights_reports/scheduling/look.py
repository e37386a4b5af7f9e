"""The look that is taken each minute at what is owed, and the runs that it makes Prefect begin.

What is owed comes from configuration, calendar and ledger (`insights_reports.owed`); Prefect has no
schedule of its own. A run has the key CONFIG/SUBSCRIPTION/PERIOD/ATTEMPT, and Prefect makes one run
a key for ever: however often, late or at once is looked, an attempt is one run.
"""

import asyncio
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun

from insights_reports.errors import UsageError, without_secrets
from insights_reports.owed.standing import Overview, Stand, Standing
from insights_reports.scheduling.heartbeat import beat, wrong

_SIGN_IN = re.compile(r"//[^/\s@]+@")  # of an address
_LONGEST_WHY = 200  # characters of what Prefect says
_DELIVERIES = 5  # minutes: what is owed to recipients is tried at most once in each


@dataclass(frozen=True)
class OwedBook:
    """What is known of what is owed, and the entry that is made of it.

    ``overview`` tells how the subscriptions stand; ``end_attempt`` enters how one
    ended that the ledger knows nothing of; ``deliveries_due`` says whether something can be
    delivered that earlier runs owe.
    """

    overview: Callable[[datetime], Overview]
    end_attempt: Callable[[Standing, str, datetime], None]
    deliveries_due: Callable[[datetime], bool]
    publish: Callable[[Overview, datetime], None]


@dataclass
class Looker:
    """Looks at what is owed. ``open_book`` is called at each look, and what it raises lets nothing
    begin. ``identity`` is the configuration's, ``deployments`` are those of its subscriptions,
    ``deliveries`` the one that carries out what is owed to recipients."""

    client: PrefectClient
    open_book: Callable[[], OwedBook]
    identity: str
    deployments: Mapping[str, UUID]
    deliveries: UUID
    every: float  # seconds between two looks
    heartbeat: str | None = None
    _said: set[str] = field(default_factory=set)

    async def keep_looking(self) -> None:
        """For ever; whatever one look meets, there is a next."""
        while True:
            try:
                await self.look(datetime.now(UTC))
            except Exception as error:  # a disk that is full, a server that is started again
                _say(f"what is owed cannot be seen to: {' '.join(str(error).split())[:300]}")
            await asyncio.sleep(self.every)

    async def look(self, now: datetime) -> None:
        """Let everything begin that is owed ``now``."""
        book = await asyncio.to_thread(self.open_book)
        found = await asyncio.to_thread(book.overview, now)
        for name, why in found.unusable.items():
            self._say_once(f"{name}: NOT SCHEDULED: {why}")
        for name, stands in found.standings.items():
            for each in stands:
                if each.is_to_be_made(now):
                    await self._try_to_begin(book, each, now)
                elif each.stand is Stand.GIVEN_UP:
                    self._say_once(f"{name} {each.period}: GIVEN UP: {each.why}")
        if await asyncio.to_thread(book.deliveries_due, now):
            slot = now.replace(minute=now.minute // _DELIVERIES * _DELIVERIES)
            await self.client.create_flow_run_from_deployment(
                self.deliveries, idempotency_key=f"{self.identity}/owed/{slot:%Y%m%dT%H%M}"
            )
        await asyncio.to_thread(book.publish, found, now)
        if self.heartbeat:
            await beat(self.heartbeat, wrong(found, now))

    async def _try_to_begin(self, book: OwedBook, stands: Standing, now: datetime) -> None:
        """One that Prefect refuses (somebody deleted its deployment) does not stop the others."""
        try:
            await self._begin(book, stands, now)
        except Exception as error:
            said = " ".join(str(error).split())[:200] or type(error).__name__
            self._say_once(f"{stands.subscription} {stands.period}: NOT BEGUN: {said}")

    async def _begin(self, book: OwedBook, stands: Standing, now: datetime) -> None:
        if stands.subscription not in self.deployments:
            raise UsageError("it is not served (is it new?); start `schedule` again")
        again = f", attempt {stands.attempt}" if stands.attempt > 1 else ""
        run = await self.client.create_flow_run_from_deployment(
            self.deployments[stands.subscription],
            name=f"{stands.subscription} {stands.period}{again}",
            parameters={"request": {"subscription": stands.subscription, "period": stands.period}},
            idempotency_key=f"{self.identity}/{stands.subscription}/{stands.period}/{stands.attempt}",
        )
        if run.state is not None and run.state.is_final():
            await asyncio.to_thread(book.end_attempt, stands, _outcome(run), now)
            return
        due = f"{stands.due.at:%Y-%m-%d %H:%M %Z}"
        self._say_once(f"{stands.subscription} {stands.period}{again}: begins; due since {due}")

    def _say_once(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            _say(line)


def attempt_of(idempotency_key: str | None, identity: str) -> int | None:
    """The number of the attempt that a run with this key is; None when the look did not begin it.

    Nobody else can: the door gives an operator's keys another beginning.
    """
    parts = (idempotency_key or "").split("/")
    ours = len(parts) == 4 and parts[0] == identity and parts[3].isdecimal()
    return int(parts[3]) if ours else None


def _outcome(run: FlowRun) -> str:
    """How a run ended that entered nothing: it never came so far, or somebody cancelled it."""
    state = run.state
    ended = f"failed: Prefect's run {run.name!r} ended as {state.name if state else None}"
    said = without_secrets(_SIGN_IN.sub("//", state.message or "")) if state else ""
    why = " ".join("".join(c if c.isprintable() else " " for c in said).split())
    return f"{ended}: {why[:_LONGEST_WHY]}" if why else ended


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
