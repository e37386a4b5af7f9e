"""The endpoints, by subject."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, TypeVar

import orjson
from fastapi.responses import Response, StreamingResponse

from insights_reports.server import csv_download, wire
from insights_reports.server.access import SpaceVisit, Visit
from insights_reports.server.database import connect
from insights_reports.server.population import Population
from insights_reports.server.problems import MEDIA_TYPE, Problem

_Choice = TypeVar("_Choice", bound=str)
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": wire.Error, "description": "Refused, in Octopus's words"}
}


def answer(document: Any, status: int = 200) -> Response:
    """A JSON reply."""
    return printed(orjson.dumps(document), status)


def printed(body: bytes, status: int = 200) -> Response:
    """A reply whose JSON is printed already."""
    return Response(body, status_code=status, media_type=MEDIA_TYPE)


def choice(name: str, given: str, choices: tuple[_Choice, ...]) -> _Choice:
    """The choice that was meant; Octopus reads enumerations without regard to case."""
    for each in choices:
        if each.casefold() == given.casefold():
            return each
    raise Problem(f"The {name} '{given}' must be one of {', '.join(choices)}.")


def required(visit: Visit, name: str, given: str | None, otherwise: str) -> str:
    """A parameter that the strictest server requires, and the laxest reads as `otherwise`."""
    if given is None and visit.site.strict:
        raise Problem(f"The {name} field is required.")
    return otherwise if given is None else given


def csv_of(visit: SpaceVisit, population: Population, start: int) -> Response:
    """The CSV download of a population since an instant."""

    def pieces() -> Iterator[bytes]:
        with closing(connect(visit.site.data)) as connection:
            yield from csv_download.print_csv(connection, visit.user, population, start, visit.now)

    return StreamingResponse(pieces(), media_type=csv_download.MEDIA_TYPE)


def ok(model: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint that answers with this model, or refuses."""
    return {status: {"model": model}, **REFUSALS}
