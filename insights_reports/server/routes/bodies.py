"""What a request about a report brings with it: the report that its path names, and its body."""

import sqlite3
from typing import Annotated, Any

from fastapi import Depends, Request

from insights_reports.server import definitions
from insights_reports.server.access import InSpace
from insights_reports.server.problems import Problem

_LARGEST_BODY = 4 << 20


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_BODY:
            raise Problem("The request body is too large.")
    return bytes(body)


Body = Annotated[bytes, Depends(_body)]


def _document(body: Body) -> dict[str, Any]:
    """The JSON object that was sent."""
    return definitions.parse(body)


Sent = Annotated[dict[str, Any], Depends(_document)]


def _found(visit: InSpace, reportId: str) -> sqlite3.Row:  # noqa: N803 - Octopus's spelling
    visit.user.require("InsightsReportView")
    return definitions.find(visit, reportId)


Found = Annotated[sqlite3.Row, Depends(_found)]
