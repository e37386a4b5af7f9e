"""A small Octopus of our own making, by the reference that Octopus generates from its server
(https://octopus.com/docs/api): only what `source: core` asks for, and it counts what is asked.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit

PRODUCTION = "Environments-1"


@dataclass
class FakeOctopus:
    """``deployments`` completed one every ``step`` from ``first`` on, of one project after the
    other, each of a release of its own, or so many (``each``) of one. ``refuse``: statuses by a
    part of the path; ``spoiled``: other values of fields by the id of a release or a deployment of
    the feed."""

    projects: int
    first: datetime
    step: timedelta
    now: datetime
    channels_each: int = 1
    each: int = 1
    longest_page: int = 1_000_000
    refuse: dict[str, int] = field(default_factory=dict)
    spoiled: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def completed(self) -> int:
        return max(0, (self.now - self.first) // self.step)

    @property
    def released(self) -> int:
        return -(-self.completed // self.each)

    def when(self, number: int) -> datetime:
        return self.first + number * self.step

    def counts(self, part: str) -> int:
        return sum(part in each for each in self.asked)

    def reply(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        for part, status in self.refuse.items():
            if part in path:
                return status, "application/json", b'{"ErrorMessage": "Not here."}'
        name = path.removeprefix("/api").removeprefix("/Spaces-1").removeprefix("/")
        if name == "reporting/deployments/xml":
            return 200, "application/xml", self._feed(query)
        if name in _SINGLE:
            return 200, "application/json", json.dumps(_SINGLE[name]).encode()
        if name not in _LISTS:
            return 404, "application/json", b'{"ErrorMessage": "The resource was not found."}'
        return 200, "application/json", json.dumps(self._page(name, query)).encode()

    def _page(self, name: str, query: dict[str, str]) -> dict[str, Any]:
        count, make = _LISTS[name]
        total = count(self)
        ids = set(filter(None, query.get("ids", "").split(",")))
        if ids:
            items = [item for n in range(total) if (item := make(self, n))["Id"] in ids]
            total, numbers = len(items), range(0)
        else:
            skip, take = int(query["skip"]), min(int(query["take"]), self.longest_page)
            numbers, items = range(skip, min(skip + take, total)), []
        return {"TotalResults": total, "Items": [*items, *(make(self, n) for n in numbers)]}

    def _feed(self, query: dict[str, str]) -> bytes:
        begin, end = (
            datetime.strptime(query[name], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            for name in ("fromCompletedTime", "toCompletedTime")
        )
        low = max(0, -((self.first - begin) // self.step))
        high = min(self.completed, (end - self.first) // self.step + 1)
        rows = "".join(self._entry(number) for number in range(low, max(low, high)))
        return f"<Deployments>{rows}</Deployments>".encode()

    def _entry(self, number: int) -> str:
        release = number // self.each
        project = release % self.projects + 1
        said = {
            "DeploymentId": f"Deployments-{number + 1}",
            "ProjectId": f"Projects-{project}",
            "ProjectName": f"Project {project}",
            "ChannelId": f"Channels-{project}",
            "ChannelName": "Default",
            "EnvironmentId": PRODUCTION,
            "EnvironmentName": "Production",
            "TenantId": "",
            "ReleaseId": f"Releases-{release + 1}",
            "ReleaseVersion": f"1.{release}",
            "TaskId": f"ServerTasks-{number + 1}",
            "TaskState": "Success",
            "CompletedTime": f"{self.when(number):%Y-%m-%dT%H:%M:%S}",
        }
        said |= self.spoiled.get(said["DeploymentId"], {})
        fields = "".join(f"<{name}>{text}</{name}>" for name, text in said.items())
        return f"<Deployment>{fields}</Deployment>"


def _project(fake: FakeOctopus, number: int) -> dict[str, Any]:
    id = number + 1
    return {"Id": f"Projects-{id}", "Name": f"Project {id}", "ProjectGroupId": "ProjectGroups-1"}


def _channel(fake: FakeOctopus, number: int) -> dict[str, Any]:
    owner = number % fake.projects + 1
    default = number < fake.projects
    return {
        "Id": f"Channels-{number + 1}",
        "Name": "Default" if default else f"Channel {number}",
        "ProjectId": f"Projects-{owner}",
        "IsDefault": default,
    }


def _release(fake: FakeOctopus, number: int) -> dict[str, Any]:
    """Newest first, as Octopus lists them."""
    back = fake.released - number - 1
    owner = back % fake.projects + 1
    assembled = fake.when(back * fake.each) - timedelta(hours=1)
    spoiled = fake.spoiled.get(f"Releases-{back + 1}", {})
    return {
        "Id": f"Releases-{back + 1}",
        "ProjectId": f"Projects-{owner}",
        "ChannelId": f"Channels-{owner}",
        "Version": f"1.{back}",
        "Assembled": f"{assembled:%Y-%m-%dT%H:%M:%S}.000+00:00",
    } | spoiled


_SINGLE: dict[str, Any] = {
    "users/me": {"Id": "Users-1", "Username": "reports"},
    "licenses/licenses-current-features": {"EnabledFeatures": []},
    "": {"Application": "Octopus Deploy", "Version": "2024.2.9409"},
}
_LISTS: dict[str, Any] = {
    "spaces": (lambda fake: 1, lambda fake, n: {"Id": "Spaces-1", "Name": "S", "IsDefault": True}),
    "projects": (lambda fake: fake.projects, _project),
    "projectgroups": (lambda fake: 1, lambda fake, n: {"Id": "ProjectGroups-1", "Name": "All"}),
    "channels": (lambda fake: fake.projects * fake.channels_each, _channel),
    "environments": (lambda fake: 1, lambda fake, n: {"Id": PRODUCTION, "Name": "Production"}),
    "tenants": (lambda fake: 0, None),
    "tagsets": (lambda fake: 0, None),
    "releases": (lambda fake: fake.released, _release),
    "interruptions": (lambda fake: 0, None),
}


class Answering(Protocol):
    """What answers; ``asked`` are the paths with their queries, ``url`` its address when served."""

    asked: list[str]
    url: str

    def reply(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]: ...


Some = TypeVar("Some", bound=Answering)


@contextmanager
def fake_octopus(fake: Some) -> Iterator[Some]:
    """Serves it; the address is its ``url``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            fake.asked.append(self.path)
            status, media, body = fake.reply(split.path, dict(parse_qsl(split.query)))
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        fake.url = f"http://127.0.0.1:{running.server_port}"
        try:
            yield fake
        finally:
            running.shutdown()
