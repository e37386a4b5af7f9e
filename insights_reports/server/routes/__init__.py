"""The endpoints, by subject."""

from typing import Any

import orjson
from fastapi.responses import Response

from insights_reports.server import wire
from insights_reports.server.problems import MEDIA_TYPE

REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": wire.Error, "description": "Refused, in Octopus's words"}
}


def answer(document: Any, status: int = 200) -> Response:
    """A JSON reply."""
    return Response(orjson.dumps(document), status_code=status, media_type=MEDIA_TYPE)


def ok(model: Any, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an endpoint that answers with this model, or refuses."""
    return {status: {"model": model}, **REFUSALS}
