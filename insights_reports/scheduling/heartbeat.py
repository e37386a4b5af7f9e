"""A word to a monitor elsewhere after each look, so that silence is noticed.

As healthchecks has it: the URL itself when all is well, with ``/fail`` when something is overdue.
"""

from datetime import datetime

import httpx

from insights_reports.errors import DeliveryError
from insights_reports.owed.standing import Overview

_ANSWER = 10.0  # seconds
_LONGEST = 10_000  # bytes of a word


def wrong(overview: Overview, now: datetime) -> str:
    """What is overdue or cannot be judged ``now``, a line each; "" when all is well."""
    unusable = [f"{name}: {why}" for name, why in overview.unusable.items()]
    overdue = [
        f"{each.subscription} {each.period}: {each.stand}: {each.why}"
        for stands in overview.standings.values()
        for each in stands
        if each.is_overdue(now)
    ]
    return "\n".join((*overdue, *unusable))


async def beat(url: str, wrong: str) -> None:
    """Say that we live, and what is ``wrong``.

    Raises:
        DeliveryError: when nobody took it; the URL, which is a secret, is not in it.
    """
    address = f"{url.rstrip('/')}/fail" if wrong else url
    try:
        async with httpx.AsyncClient(timeout=_ANSWER, follow_redirects=False) as client:
            reply = await client.post(address, content=wrong.encode()[:_LONGEST])
        said = "" if reply.is_success else f"HTTP {reply.status_code}"
    except httpx.HTTPError as error:
        said = type(error).__name__
    if said:
        raise DeliveryError("The heartbeat was not taken.", f"heartbeat: {said}")
