"""The image of a report: what is shown, uploaded and refused."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.conftest import MAIN, Api

REPORTS = "/api/Spaces-1/insights/reports"
# Every byte there is, so that nothing in between may take it for text.
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3 + b"\r\n\n\r"


@pytest.fixture
def report(api: Api) -> Iterator[dict[str, Any]]:
    made = api.post(REPORTS, json={"Name": "<Logo>"}).json()
    yield made
    api.delete(made["Links"]["Self"])


def _icon(report: dict[str, Any], **more: Any) -> dict[str, Any]:
    own = {"ReportId": report["Id"], "SpaceId": "Spaces-1"}
    return own | {"IconId": "map-signs", "IconColor": "#3CA4F3"} | more


def test_a_report_without_an_image_shows_its_color(api: Api, report: dict[str, Any]) -> None:
    shown = api.get(report["Links"]["Logo"])
    assert shown.headers["Content-Type"] == "image/svg+xml"
    assert b">&lt;</text>" in shown.content
    assert b"#0D80D8" in api.get(f"{MAIN}/logo").content


def test_an_uploaded_image_comes_back_byte_by_byte(api: Api, report: dict[str, Any]) -> None:
    link = report["Links"]["Logo"]
    assert api.post(link, files={"fileToUpload": ("logo.png", PNG, "image/png")}).json() == {}
    shown = api.get(link)
    assert (shown.headers["Content-Type"], shown.content) == ("image/png", PNG)


@pytest.mark.parametrize("content", [b"", b"<svg onload='alert(1)'/>", b"\x89PNG"])
def test_what_is_no_image_is_refused(api: Api, report: dict[str, Any], content: bytes) -> None:
    refused = api.post(report["Links"]["Logo"], files={"file": ("logo.png", content)})
    assert refused.status_code == 400
    assert refused.json()["Errors"] == ["The logo must be a PNG, JPEG or GIF image."]
    assert api.post(report["Links"]["Logo"], data=PNG).status_code == 400


@pytest.mark.parametrize("form", ["icon", "icon/v1"])
def test_an_icon_takes_the_place_of_an_image(api: Api, report: dict[str, Any], form: str) -> None:
    link = report["Links"]["Logo"]
    api.post(link, files={"file": ("logo.png", PNG)})
    assert api.post(f"{link}/{form}", json=_icon(report)).json() == {}
    read = api.get(report["Links"]["Self"]).json()
    assert (read["IconId"], read["IconColor"]) == ("map-signs", "#3CA4F3")
    assert b"#3CA4F3" in api.get(link).content


@pytest.mark.parametrize(
    "change",
    [
        {"IconColor": "red"},
        {"IconColor": None},
        {"IconId": " "},
        {"ReportId": "InsightsReports-1"},
        {"SpaceId": "Spaces-2"},
    ],
)
def test_an_icon_that_is_refused(
    api: Api, report: dict[str, Any], change: dict[str, str | None]
) -> None:
    refused = api.post(f"{report['Links']['Logo']}/icon", json=_icon(report, **change))
    assert (refused.status_code, len(refused.json()["Errors"])) == (400, 1)


def test_a_restricted_user_may_only_look(restricted: Api) -> None:
    assert restricted.get(f"{MAIN}/logo").status_code == 200
    assert restricted.post(f"{MAIN}/logo", files={"file": ("a.png", PNG)}).status_code == 403
    assert restricted.post(f"{MAIN}/logo/icon", json={}).status_code == 403
