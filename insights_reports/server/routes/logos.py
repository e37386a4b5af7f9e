"""The image of a report: uploaded, or an icon (https://octopus.com/docs/api, Insights)."""

import re
from email.parser import BytesParser
from email.policy import HTTP
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from insights_reports.server import definitions, wire
from insights_reports.server.access import InSpace
from insights_reports.server.database import transaction
from insights_reports.server.definition_rules import own_errors
from insights_reports.server.problems import Problem
from insights_reports.server.routes import REFUSALS, answer, ok
from insights_reports.server.routes.bodies import Body, Found, Sent

router = APIRouter(prefix="/api/{spaceId}/insights/reports/{reportId}/logo", tags=["Logos"])
_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_NO_COLOR = "#2F93E0"
_IMAGES: dict[str, dict[str, str]] = {name: {} for name in (*_SIGNATURES.values(), "image/svg+xml")}
_UPLOAD = {"multipart/form-data": {"schema": {"type": "object", "additionalProperties": {
    "type": "string", "format": "binary"}}}}  # fmt: skip
_ICON = {"application/json": {"schema": wire.Icon.model_json_schema()}}


@router.get("", responses={200: {"content": _IMAGES}, **REFUSALS}, response_class=Response)
def get_logo(visit: InSpace, row: Found) -> Response:
    """The image of a report; its icon where none was uploaded."""
    logo = visit.connection.execute(
        "SELECT media_type, content FROM logos WHERE report_id = ?", (row["id"],)
    ).fetchone()
    if logo is not None:
        return Response(logo["content"], media_type=logo["media_type"])
    return Response(_drawn(definitions.content(row)), media_type="image/svg+xml")


@router.post("", responses=ok(dict[str, Any]), openapi_extra={"requestBody": {"content": _UPLOAD}})
def upload_logo(visit: InSpace, row: Found, body: Body, request: Request) -> Response:
    """Give a report an image: the file in a form, PNG, JPEG or GIF."""
    visit.user.require("InsightsReportEdit")
    image = _file(request.headers.get("Content-Type", ""), body)
    media_type = next((t for start, t in _SIGNATURES.items() if image.startswith(start)), None)
    if media_type is None:
        raise Problem("The logo must be a PNG, JPEG or GIF image.")
    with transaction(visit.connection):
        visit.connection.execute(
            "REPLACE INTO logos VALUES (?, ?, ?)", (row["id"], media_type, image)
        )
    return answer({})


@router.post(
    "/icon/v1", responses=ok(dict[str, Any]), openapi_extra={"requestBody": {"content": _ICON}}
)
@router.post(
    "/icon", responses=ok(dict[str, Any]), openapi_extra={"requestBody": {"content": _ICON}}
)
def choose_icon(visit: InSpace, row: Found, document: Sent) -> Response:
    """Give a report an icon in place of its image."""
    visit.user.require("InsightsReportEdit")
    icon, color = document.get("IconId"), document.get("IconColor")
    report_id = f"InsightsReports-{row['id']}"
    errors = [
        *_absent(visit, document),
        *own_errors("SpaceId", "the space", document, f"Spaces-{visit.space_id}"),
        *own_errors("ReportId", "the report", document, report_id),
    ]
    if not isinstance(icon, str) or not icon.strip():
        errors.append("Please provide a value for the IconId.")
    if not isinstance(color, str) or not _COLOR.fullmatch(color):
        errors.append("The IconColor must be a color such as #0D80D8.")
    if errors:
        raise Problem(*errors)
    definitions.set_icon(visit, row, str(icon), str(color))
    return answer({})


def _absent(visit: InSpace, document: dict[str, Any]) -> list[str]:
    names = ("ReportId", "SpaceId") if visit.site.strict else ()
    return [f"The {name} field is required." for name in names if document.get(name) is None]


def _file(content_type: str, body: bytes) -> bytes:
    """The first file of a form; empty when there is none."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    form = BytesParser(policy=HTTP).parsebytes(head + body)
    parts = form.iter_parts() if form.is_multipart() else ()
    files = (part.get_payload(decode=True) for part in parts if part.get_filename())
    first = next(files, b"")
    return first if isinstance(first, bytes) else b""


def _drawn(report: dict[str, Any]) -> bytes:
    """The first letter of the report's name on the color of its icon."""
    given = report["IconColor"]
    color = given if isinstance(given, str) and _COLOR.fullmatch(given) else _NO_COLOR
    letter = escape(report["Name"].strip()[:1].upper())
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
        f'<rect width="64" height="64" rx="12" fill="{color}"/><text x="32" y="43" fill="#fff" '
        f'font-family="sans-serif" font-size="32" text-anchor="middle">{letter}</text></svg>'
    ).encode()
