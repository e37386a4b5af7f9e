"""The definitions of Insights reports: list, get, create, update, delete.

https://octopus.com/docs/octopus-rest-api (Insights reports API)
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args
from urllib.parse import quote

import orjson
from urllib3.filepost import encode_multipart_formdata

from insights_reports.errors import BadReply, Invalid, NotAvailable, NotFound, UsageError
from insights_reports.octopus.resources import InsightsReport, read
from insights_reports.octopus.source import Source
from insights_reports.octopus.wire import paging
from insights_reports.spelling.nearest import nearest
from insights_reports.spelling.strict import parse_json
from insights_reports.spelling.terms import TenantMode
from insights_reports.spelling.text import clean_text, iana_zone

_LISTS = ("ProjectGroupIds", "ProjectIds", "ChannelIds", "TenantIds", "TenantTags")
_REQUIRED: dict[str, Any] = {
    **{name: [] for name in _LISTS},
    "EnvironmentGroups": [],
    "TenantMode": "TenantedAndUntenanted",
    "AllTenants": False,
    "TimeZone": "UTC",
}
"""What the strictest server requires, as the laxest takes its absence."""

LAST_MODIFIED = ("LastModifiedBy", "LastModifiedOn")
"""The server's own: read, and never sent."""

_ICON_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_TAG = re.compile(r"[^/]*[^/\s][^/]*/[^/]*[^/\s][^/]*")


class Reports:
    """The reports of one space."""

    def __init__(self, source: Source, space_id: Callable[[], str]) -> None:
        self._source = source
        self._space_id = space_id

    def list(self) -> Iterator[InsightsReport]:
        """All reports, by name as Octopus orders them, read page by page as they are asked for.

        Each comes once, also when the list changes while it is read; one that is deleted meanwhile
        may be among them, and none that was there all the time is missing.

        Raises:
            NotAvailable: when this server offers no Insights reports.
            BadReply: at the end, when the list kept changing, so that one may be missing.
        """
        pages = self._source.pages("reports", self._path())
        try:
            for item in paging.read_each(pages):
                yield read(InsightsReport, item)
        except NotFound as error:
            raise NotAvailable(
                "This server does not offer Insights reports.",
                error.which,
                "They need Octopus 2025.2 and an Enterprise licence, or another `source:`.",
                status=error.status,
            ) from None

    def get(self, report: str) -> InsightsReport:
        """The report with this id, or else with exactly this name.

        Raises:
            NotFound: when there is none.
            Invalid: when several reports have the name.
        """
        if re.fullmatch(r"InsightsReports-\S+", report):
            try:
                return self._get(report)
            except NotFound:
                pass  # a report may be called so
        there = list(self.list())
        named = [each for each in there if each.Name == clean_text(report)]
        if not named:
            found = nearest(clean_text(report), (each.Name for each in there))
            meant = f"Did you mean {found!r}? " if found else ""
            raise NotFound(
                "There is no such Insights report.",
                f"Report: {clean_text(report)}",
                f"{meant}`insights-reports reports list` shows the names and ids that there are.",
            )
        if len(named) > 1:
            ids = ", ".join(each.Id for each in named)
            raise Invalid(
                "Several reports have this name.", f"{named[0].Name}: {ids}", "Give the id."
            )
        return self._get(named[0].Id)

    def create(self, report: Mapping[str, Any]) -> InsightsReport:
        """Create a report from its JSON object, in the API's spelling.

        Raises:
            UsageError: when it is not valid; nothing is sent then.
            Invalid: when Octopus does not accept it, in its words.
        """
        sent = {"SpaceId": self._space_id(), **_complete(report)}
        _check(sent)
        return self._sent("POST", self._path(), sent)

    def update(self, report: InsightsReport | str, changes: Mapping[str, Any]) -> InsightsReport:
        """Change some fields of a report, leaving all others as they are on the server.

        Fields that this program does not know survive. A report as it was read (rather than its
        id) is only changed if it is still the same on the server.

        Raises:
            UsageError: when the result is not valid; nothing is sent then.
            Invalid: when Octopus does not accept it, or the report was changed in between.
        """
        seen = self._get(report) if isinstance(report, str) else report
        own = {"Id": seen.Id, "SpaceId": seen.SpaceId or self._space_id()}
        changed = {**_complete({**seen.raw, **changes}), **own}
        _check(changed)
        if self._get(seen.Id).raw != seen.raw:
            raise Invalid(
                "The report was changed on the server since it was read.",
                f"Report: {seen.Name} ({seen.Id})",
                "Read it again and repeat the change.",
            )
        return self._sent("PUT", self._path(seen.Id), changed)

    def delete(self, report_id: str) -> None:
        self._source.send("DELETE", self._path(report_id))

    def logo(self, report_id: str) -> bytes:
        """The image of a report, as it is stored."""
        path = f"{self._path(report_id)}/logo"
        return self._source.long(path, None, lambda body: body.read(), "image")

    def upload_logo(self, report_id: str, name: str, image: bytes) -> None:
        """Give a report an image (PNG, JPEG or GIF); ``name`` is that of its file.

        Raises:
            Invalid: when Octopus does not accept it.
        """
        body, sends = encode_multipart_formdata({"fileToUpload": (name, image)})
        self._source.send("POST", f"{self._path(report_id)}/logo", body, sends)

    def choose_icon(self, report_id: str, icon: str, color: str) -> None:
        """Give a report an icon (the name of a Font Awesome one) on a color such as ``#0D80D8``.

        Raises:
            UsageError: when the color is none; nothing is sent then.
        """
        if not _ICON_COLOR.fullmatch(color):
            raise UsageError("The color of the icon is none.", f"{color!a:.80}", "Give #0D80D8.")
        ids = {"ReportId": report_id, "SpaceId": self._space_id()}
        content = orjson.dumps({"IconId": icon, "IconColor": color, **ids})
        self._source.send("POST", f"{self._path(report_id)}/logo/icon", content)

    def _get(self, report_id: str) -> InsightsReport:
        return read(InsightsReport, self._source.json("report", self._path(report_id)))

    def _sent(self, method: str, path: str, report: Mapping[str, Any]) -> InsightsReport:
        try:
            content = orjson.dumps(report)
        except TypeError as error:
            raise Invalid("The report is no JSON object.", clean_text(str(error))) from None
        reply = self._source.send(method, path, content)
        return read(InsightsReport, parse_json(reply, clean=False))

    def _path(self, report_id: str | None = None) -> str:
        path = f"/api/{quote(self._space_id(), safe='')}/insights/reports"
        return path if report_id is None else f"{path}/{quote(report_id, safe='')}"


def _complete(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report with every required field; null for one of them is its absence."""
    given = {name: value for name, value in report.items() if name not in LAST_MODIFIED}
    said = {name: v for name, v in given.items() if v is not None or name not in _REQUIRED}
    return {**_REQUIRED, **said}


def problems(report: Mapping[str, Any]) -> "list[str]":
    """What Octopus would reject in a report's JSON object: one line a problem, none if valid."""
    found = []
    if not _text(report.get("SpaceId")):
        found.append("SpaceId is missing")
    if not _text(report.get("Name")):
        found.append("Name is missing")
    for name in _LISTS:
        value = report.get(name)
        if value is not None and not _texts(value):
            found.append(f"{name} must be a list of texts")
    if not isinstance(report.get("AllTenants"), bool | None):
        found.append("AllTenants must be true or false")
    if not _is_mode(report.get("TenantMode")):
        found.append(f"TenantMode must be one of {', '.join(get_args(TenantMode))}")
    return [*found, *_tag_problems(report), *_zone_problems(report), *_group_problems(report)]


def _check(report: Mapping[str, Any]) -> None:
    found = problems(report)
    if found:
        raise UsageError(
            "The report cannot be sent to Octopus.",
            "; ".join(found),
            "Mend these fields; nothing was changed.",
        )


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_text, value))


def _is_mode(value: object) -> bool:
    return value is None or value in get_args(TenantMode)


def _tag_problems(report: Mapping[str, Any]) -> "list[str]":
    tags = report.get("TenantTags")
    return [
        f"TenantTags: {clean_text(tag)!a} is not of the form Tag Set/Tag"
        for tag in tags or []
        if isinstance(tag, str) and not _TAG.fullmatch(tag)
    ]


def _zone_problems(report: Mapping[str, Any]) -> "list[str]":
    zone = report.get("TimeZone")
    if zone is None:
        return []
    try:
        iana_zone(zone if isinstance(zone, str) else "")
    except BadReply:
        return [f"TimeZone: {zone!a:.80} is neither a Windows nor an IANA time zone"]
    return []


def _group_problems(report: Mapping[str, Any]) -> "list[str]":
    groups = report.get("EnvironmentGroups")
    if groups is None:
        return []
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return ["EnvironmentGroups must be a list of groups"]
    found, names = [], set()
    for group in groups:
        name = group.get("Name")
        if not _text(name):
            found.append("EnvironmentGroups: a group has no Name")
        elif name.casefold() in names:
            found.append(f"EnvironmentGroups: the name {clean_text(name)!a} is used twice")
        else:
            names.add(name.casefold())
        if not _texts(group.get("Environments")):
            found.append(f"EnvironmentGroups: Environments of {name!a:.80} must be a list of ids")
    return found
