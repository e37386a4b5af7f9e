"""What happens to a request before it is routed: its host, its method, its path and its query.

Octopus answers under `/api/{spaceId}/…`, under `/api/spaces/{idOrSlug}/…` and, for the default
space, under `/api/…`; it ignores the case of paths and of the names in queries; and its .NET client
sends PUT and DELETE as POST with X-HTTP-Method-Override.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from insights_reports.server.access import DEFAULT_SPACE
from insights_reports.server.problems import reply

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SPACE_SCOPED = frozenset(
    {
        "insights",
        "projects",
        "projectgroups",
        "environments",
        "tenants",
        "tagsets",
        "channels",
        "releases",
        "deployments",
        "tasks",
        "interruptions",
        "reporting",
        "lifecycles",
        "dashboard",
        "progression",
        "events",
        "machines",
        "packages",
        "runbookruns",
    }
)
_WORDS = _SPACE_SCOPED | {
    "api",
    "spaces",
    "all",
    "v1",
    "v2",
    "reports",
    "metrics",
    "csv",
    "xml",
    "logo",
    "icon",
    "tag-test",
    "details",
    "users",
    "me",
    "serverstatus",
    "timezones",
    "health",
    "deploymentfreezes",
    "licenses",
    "licenses-current-features",
    "licenses-current-status",
}
_OVERRIDES = frozenset({"PUT", "DELETE"})


class HostCheck:
    """Refuses a request for another host than this machine (a guard against DNS rebinding)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 400, or pass the request on."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "")
            name = host if host.endswith("]") else host.rsplit(":", 1)[0]
            if name.casefold() not in _LOOPBACK:
                refusal = reply(400, "This server answers to requests for this machine only.", [])
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


class CanonicalPaths:
    """Gives every request the path `/api/{spaceId}/…` in lower case, and the method it means.

    `names`: those of query parameters as they are spelled, by their casefolded form.
    """

    def __init__(self, app: ASGIApp, names: Mapping[str, str]) -> None:
        self.app = app
        self.names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, rewritten."""
        if scope["type"] == "http":
            path = canonical(scope["path"])
            scope = {
                **scope,
                "original_path": scope["path"],
                "path": path,
                "raw_path": path.encode(),
                "method": _method(scope),
                "query_string": self._query(scope["query_string"]),
            }
        await self.app(scope, receive, send)

    def _query(self, given: bytes) -> bytes:
        try:
            pairs = parse_qsl(given.decode("latin-1"), keep_blank_values=True)
        except ValueError:
            return given
        if all(self.names.get(name.casefold(), name) == name for name, _ in pairs):
            return given
        named = [(self.names.get(name.casefold(), name), value) for name, value in pairs]
        return urlencode(named).encode()


def canonical(path: str) -> str:
    """The one form of a path under which its endpoint is registered."""
    given = [part for part in path.split("/") if part]
    parts = [part.lower() if part.lower() in _WORDS else part for part in given]
    if not parts or parts[0] != "api":
        return path
    match parts[1:]:
        case ["spaces", space, first, *rest]:
            parts = ["api", space, first, *rest]
        case [first, *rest] if first in _SPACE_SCOPED:
            parts = ["api", DEFAULT_SPACE, first, *rest]
    return "/" + "/".join(parts)


def _method(scope: Scope) -> str:
    override = Headers(scope=scope).get("x-http-method-override", "").upper()
    method: str = scope["method"]
    return override if method == "POST" and override in _OVERRIDES else method
