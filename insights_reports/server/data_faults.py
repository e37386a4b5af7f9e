"""Faults of the data that a server answers with: replies that are well-formed and yet wrong.

Where one deployment has an impossible value it is one more than there are, so that the figures of
all the others are those that are stated. What a client should make of each stands in docs/cli.md.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from insights_reports.server.faults import Fault, Reply, Step

EXTRA_ID = "Deployments-900000001"  # of the deployment that there is one more of
_YEAR_ONE = "0001-01-01T00:00:00.000+00:00"
_DEPLOYMENTS = re.compile(r"/insights/(reports/[^/]+/)?deployments$")
_METRICS = re.compile(r"/insights/(reports/[^/]+/)?metrics$")
_ENTRY = re.compile(b"<Deployment>.*?</Deployment>", re.DOTALL)
_Change = Callable[[Any], Any]  # what a JSON document becomes


@dataclass(frozen=True)
class DataFault:
    """A fault and the paths that it strikes, in lower case and without the query."""

    struck: re.Pattern[str]
    fault: Fault


def _changed(struck: str | re.Pattern[str], change: _Change) -> DataFault:
    """A fault that changes the JSON of a good reply."""

    def fault(reply: Reply) -> Iterator[Step]:
        if reply.status.startswith("200"):
            reply = replace(reply, body=orjson.dumps(change(orjson.loads(reply.body))))
        yield reply.head() + reply.body

    return DataFault(re.compile(struck), fault)


def _feed(change: Callable[[bytes], bytes]) -> DataFault:
    """A fault that changes the XML of the history feed."""

    def fault(reply: Reply) -> Iterator[Step]:
        if reply.status.startswith("200"):
            reply = replace(reply, body=change(reply.body))
        yield reply.head() + reply.body

    return DataFault(re.compile("/reporting/deployments/xml$"), fault)


def _one_more_entry(field: str, text: str) -> DataFault:
    """One more deployment before the others of the feed, as the first is but for a field."""

    def change(body: bytes) -> bytes:
        found = _ENTRY.search(body)
        if found is None:
            return body
        extra = found[0]
        for name, value in (("DeploymentId", EXTRA_ID), (field, text)):
            extra = re.sub(rf"(?<=<{name}>)[^<]*".encode(), value.encode(), extra)
        return body[: found.start()] + extra + body[found.start() :]

    return _feed(change)


def _refused(struck: str, status: str, message: str) -> DataFault:
    """A fault that refuses what others may see."""

    def fault(reply: Reply) -> Iterator[Step]:
        body = orjson.dumps({"ErrorMessage": message, "Errors": []})
        refusal = Reply(status, (("Content-Type", "application/json"),), body)
        yield refusal.head() + body

    return DataFault(re.compile(struck), fault)


def _forbidden(segment: str, permission: str) -> DataFault:
    message = (
        "You do not have permission to perform this action. Please contact your Octopus "
        f"administrator. Missing permission: {permission}"
    )
    return _refused(f"/{segment}(/|$)", "403 Forbidden", message)


def _unknown(segment: str) -> DataFault:
    return _refused(f"/{segment}(/|$)", "404 Not Found", "The resource was not found.")


def _one_more(**fields: object) -> DataFault:
    """One more deployment before those of the first stream that has any."""

    def change(document: Any) -> Any:
        for stream in document["Streams"]:
            if stream["Deployments"]:
                extra = stream["Deployments"][0] | {"Id": EXTRA_ID} | fields
                stream["Deployments"].insert(0, extra)
                break
        return document

    return _changed(_DEPLOYMENTS, change)


def _duplicate(document: Any) -> Any:
    for stream in document["Streams"]:
        if stream["Deployments"]:
            stream["Deployments"].insert(1, stream["Deployments"][0])
            break
    return document


def _wrong_previous(document: Any) -> Any:
    """In the latest deployment that can be: what the earliest follow lies before the reply."""
    for stream in document["Streams"]:
        for each in reversed(stream["Deployments"]):
            if each["PreviousSuccessfulDeploymentId"]:
                each["PreviousSuccessfulDeploymentId"] = EXTRA_ID
                return document
    return document


def _without_streams(document: Any) -> Any:
    return {key: value for key, value in document.items() if key != "Streams"}


def _one_more_success(document: Any) -> Any:
    for series in document["Series"]:
        for interval in series["Intervals"]:
            interval["NumberOfSuccessfulDeployments"] += 1
            return document
    return document


def _first_item(**fields: object) -> _Change:
    """The first document of a page with other values."""

    def change(document: Any) -> Any:
        for first in document["Items"][:1]:
            first.update(fields)
        return document

    return change


def _every_item(**fields: object) -> _Change:
    def change(document: Any) -> Any:
        every = document if isinstance(document, list) else document.get("Items", [document])
        for item in every:
            item.update(fields)
        return document

    return change


DATA_FAULTS: dict[str, DataFault] = {
    "year-one-date": _one_more(CompletedTime="0001-01-01T00:00:00.0000000Z"),
    "null-completion": _one_more(CompletedTime=None),
    "no-such-date": _one_more(CompletedTime="2026-02-30T10:00:00.0000000Z"),
    "impossible-duration": _one_more(LeadTime="99999999999:00:00.0"),
    "long-version": _one_more(ReleaseVersion="9" * 40_000),
    "duplicate-deployment": _changed(_DEPLOYMENTS, _duplicate),
    "wrong-previous-id": _changed(_DEPLOYMENTS, _wrong_previous),
    "wrong-metric": _changed(_METRICS, _one_more_success),
    "no-streams": _changed(_DEPLOYMENTS, _without_streams),
    "streams-null": _changed(_DEPLOYMENTS, lambda document: document | {"Streams": None}),
    "streams-text": _changed(_DEPLOYMENTS, lambda document: document | {"Streams": "none"}),
    "year-one-lookup": _changed(
        "/(projects|projectgroups|environments|tenants|tagsets|channels)(/all|/[a-z]+-[0-9]+)?$",
        _every_item(LastModifiedOn=_YEAR_ONE),
    ),
    "year-one-task": _changed("/tasks$", _first_item(CompletedTime=_YEAR_ONE)),
    "year-one-release": _changed("/releases$", _first_item(Assembled=_YEAR_ONE)),
    "feed-year-one-date": _one_more_entry("CompletedTime", _YEAR_ONE),
    "feed-null-completion": _one_more_entry("CompletedTime", ""),
    "feed-no-such-date": _one_more_entry("CompletedTime", "2026-02-30T10:00:00"),
    "feed-long-version": _one_more_entry("ReleaseVersion", "9" * 40_000),
    "feed-no-list": _feed(lambda body: b"<Reports></Reports>"),
    "tenants-403": _forbidden("tenants", "TenantView"),
    "tenants-404": _unknown("tenants"),
    "tagsets-403": _forbidden("tagsets", "TagSetView"),
    "tagsets-404": _unknown("tagsets"),
    "projectgroups-403": _forbidden("projectgroups", "ProjectGroupView"),
    "projectgroups-404": _unknown("projectgroups"),
    "interruptions-403": _forbidden("interruptions", "InterruptionView"),
    "feed-403": _forbidden("reporting/deployments/xml", "DeploymentView"),
    "feed-404": _unknown("reporting/deployments/xml"),
}
