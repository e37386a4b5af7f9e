"""The client: everything this program asks of Octopus, one method each."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote, urlencode

from insights_reports.errors import NotFound, OctopusError, keeping
from insights_reports.octopus.connection import Connection
from insights_reports.octopus.deployments.streams import Deployments, read_deployments
from insights_reports.octopus.reports import Reports
from insights_reports.octopus.resources import (
    Channel,
    DeploymentFreeze,
    Environment,
    Named,
    Page,
    Project,
    ProjectGroup,
    Resource,
    Server,
    Space,
    TagSet,
    Tenant,
    TimeZoneName,
    User,
    read,
)
from insights_reports.octopus.source import Get, Live, OpenReply, Record, Sealed, Source
from insights_reports.octopus.wire import paging
from insights_reports.octopus.wire.oidc import signed_in
from insights_reports.octopus.wire.questions import metrics_object, metrics_params, reply_name
from insights_reports.octopus.wire.transport import Limits, Spent
from insights_reports.spelling.stated import Question, StatedTable
from insights_reports.spelling.stated_decode import decode_metrics
from insights_reports.spelling.text import clean_text

R = TypeVar("R", bound=Resource)
T = TypeVar("T")
_BLOCK = 1 << 20
_LONG_PAGE = 5_000  # items a request: about 10 MB
_FEED_TIME = "%Y-%m-%d %H:%M:%S"
_LIST_PAGE = 2_000  # things a request: projects are large, and servers slow at listing them
_MANY = 150  # more ids than that are looked up in the whole list
_WHOLE = {"channels"}  # whose pages with ``ids`` Octopus deprecates in favour of ``/all``


class Client:
    """A connection to one space of an Octopus, to be used in a ``with`` and by one thread.
    `stated_all` asks several questions at once by itself.

    ``record`` is given the name and the body of each reply but ``/deployments`` (see there), for a
    pull to be sealed. Every method may raise an `OctopusError`.
    """

    def __init__(
        self, connection: Connection, record: Record | None = None, limits: Limits | None = None
    ) -> None:
        self._start(Live(signed_in(connection, limits), record), connection.space)

    @classmethod
    def sealed(cls, open_reply: OpenReply, space: str | None = None) -> "Client":
        """A client that answers from recorded replies, given the same calls in the same order.

        ``open_reply(name)`` opens one, or raises FileNotFoundError.
        """
        client = cls.__new__(cls)
        client._start(Sealed(open_reply), space)
        return client

    def _start(self, source: Source, space: str | None) -> None:
        self._source = source
        self._space_wanted = space
        self.reports = Reports(source, lambda: self.space.Id)
        self.moved: set[str] = set()
        """The look-ups (``projects``, ...) that changed while read, and so may lack items."""

    @property
    def spent(self) -> Spent:
        """What was asked of Octopus so far."""
        return self._source.spent

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._source.close()

    @cached_property
    def space(self) -> Space:
        """The space of the connection, by id, name or slug; else the default space."""
        listing = paging.read_all(self._source.pages("spaces", "/api/spaces"))
        self._note("spaces", listing)
        spaces = [read(Space, item) for item in listing.items]
        wanted = self._space_wanted
        found = _chosen_space(spaces, wanted)
        if found is None:
            name = f"space {clean_text(wanted)}" if wanted else "default space"
            raise NotFound(
                f"There is no {name}.",
                f"Spaces this account may see: {', '.join(each.Name for each in spaces) or 'none'}",
                "Name one of them with --space or OCTOPUS_SPACE.",
            )
        return found

    def me(self) -> User:
        """The account that the credential belongs to."""
        return read(User, self._source.json("me", "/api/users/me"))

    def server(self) -> Server:
        """The server's version and identity."""
        return read(Server, self._source.json("server", "/api"))

    def time_zones(self) -> list[TimeZoneName]:
        """The time zones the server knows, by the ids it accepts."""
        zones = self._source.json("time-zones", "/api/serverstatus/timezones")
        return [read(TimeZoneName, zone) for zone in zones]

    def deployments(self, report_id: str, save_to: BinaryIO | None = None) -> Deployments:
        """The report's deployments of the last 12 whole months and this one, decoded as they come.

        ``save_to``, an empty seekable file, gets the reply's body, decompressed.

        Raises:
            OctopusError: when the reply cannot be had, or is not what the API promises.
            PullError: when ``save_to`` cannot be written.
        """
        path = self._path("insights", "reports", report_id, "deployments")
        return self._source.deployments(path, read_deployments, save_to)

    def save_deployments(self, report_id: str, save_to: BinaryIO) -> None:
        """The body of the reply of ``/deployments`` into ``save_to``, whole and not looked at.

        Raises: as `deployments`.
        """
        path = self._path("insights", "reports", report_id, "deployments")
        self._source.deployments(path, _to_the_end, save_to)

    def deployments_csv(self, report_id: str, save_to: BinaryIO) -> None:
        """Write Octopus's CSV download of the report's deployments into ``save_to``, an empty
        seekable file. It omits what this account may not view.

        Raises:
            OctopusError: when it cannot be had.
            PullError: when ``save_to`` cannot be written.
        """

        def copy(body: BinaryIO) -> None:
            with keeping(getattr(save_to, "name", "the copy")):
                save_to.seek(0)  # what an earlier attempt left there
                save_to.truncate()
            while block := body.read(1 << 20):
                with keeping(getattr(save_to, "name", "the copy")):
                    save_to.write(block)

        path = self._path("insights", "reports", report_id, "deployments", "csv")
        self._source.long(path, None, copy, "csv")

    def metrics(
        self,
        report_id: str,
        *,
        split: str,
        time_range: str,
        granularity: str = "Weekly",
        tag_set: str | None = None,
    ) -> dict[str, Any]:
        """The figures that Octopus states, as the API's JSON object. ``tag_set`` is the id of the
        tag set to split by; it is needed for TenantTagSet and ignored otherwise.

        Raises:
            UsageError: when an argument is none of the API's.
        """
        question = Question(split, tag_set, time_range, granularity)
        return self._source.read(self._metrics(report_id, question, metrics_object))

    def stated(
        self,
        report_id: str,
        *,
        split: str,
        time_range: str,
        granularity: str = "Weekly",
        tag_set: str | None = None,
    ) -> StatedTable:
        """The same figures as columns, for `crosscheck.cross_check`. Arguments as of `metrics`."""
        question = Question(split, tag_set, time_range, granularity)
        return self._source.read(self._stated(report_id, question))

    def stated_all(
        self, report_id: str, questions: Iterable[Question], at_once: int = 1
    ) -> Iterator[StatedTable]:
        """The figures that Octopus states in answer to each question, in their order; so many of
        them are asked for at a time."""
        return self._source.read_all((self._stated(report_id, one) for one in questions), at_once)

    def _stated(self, report_id: str, asked: Question) -> Get[StatedTable]:
        return self._metrics(report_id, asked, lambda body: decode_metrics(body, asked))

    def _metrics(self, report_id: str, asked: Question, read: Callable[[bytes], T]) -> Get[T]:
        path = self._path("insights", "reports", report_id, "metrics")
        return Get(reply_name(asked), path, metrics_params(asked), read)

    def projects(self, ids: Iterable[str]) -> list[Project]:
        return self.look_up("projects", Project, ids)

    def project_groups(self, ids: Iterable[str] | None = None) -> list[ProjectGroup]:
        """The project groups with these ids, or all."""
        return self.look_up("projectgroups", ProjectGroup, ids)

    def environments(self, ids: Iterable[str]) -> list[Environment]:
        return self.look_up("environments", Environment, ids)

    def tenants(self, ids: Iterable[str]) -> list[Tenant]:
        return self.look_up("tenants", Tenant, ids)

    def channels(self, ids: Iterable[str]) -> list[Channel]:
        return self.look_up("channels", Channel, ids)

    def all_tenants(self) -> list[Tenant]:
        """All tenants of the space."""
        return self.look_up("tenants", Tenant, None)

    def tag_sets(self) -> list[TagSet]:
        """All tag sets of the space."""
        return self.look_up("tagsets", TagSet, None)

    def deployment_freezes(self) -> list[DeploymentFreeze]:
        """All freezes of the server, past ones included; they belong to no space."""
        get = self._source.pages("deploymentfreezes", "/api/deploymentfreezes")

        def page(params: Mapping[str, str | int]) -> dict[str, Any]:
            reply = get({**params, "includeComplete": "true"})
            known = reply if isinstance(reply, dict) else {}
            items = known.get("DeploymentFreezes", known.get("Items"))
            return {"TotalResults": known.get("Count"), "Items": items}

        listing = paging.read_all(page)
        self._note("deploymentfreezes", listing)
        return [read(DeploymentFreeze, item) for item in listing.items]

    def look_up(self, kind: str, model: type[R], ids: Iterable[str] | None) -> list[R]:
        """The things of a kind, as its path spells it (``projects``), with these ids, or all."""
        get = self._source.pages(kind, self._path(kind))
        wanted = None if ids is None else list(dict.fromkeys(ids))
        if wanted is None:
            listing = paging.read_all(get, take=_LIST_PAGE)
        elif len(wanted) <= _MANY and kind in _WHOLE:
            get_all = self._source.pages(kind, self._path(kind, "all"))
            listing = paging.read_ids_of_all(get_all, wanted)
        elif len(wanted) <= _MANY:
            listing = paging.read_ids(get, wanted)
        else:
            listing = paging.read_all(get, take=_LIST_PAGE).only(set(wanted))
        self._note(kind, listing)
        return [read(model, item) for item in listing.items]

    def channels_of(self, project_id: str) -> list[Channel]:
        """The channels of a project."""
        return self._under("projects", project_id, "channels", Channel)

    def projects_of_group(self, group_id: str) -> list[Project]:
        """The projects of a project group."""
        return self._under("projectgroups", group_id, "projects", Project)

    def project_deployments(self, project_id: str, params: Mapping[str, str]) -> Deployments:
        """The Insights of a project in the channel and the environment that ``params`` names, as
        `deployments`: the streams of a report, of one project.

        Raises:
            BadReply: when the reply is not of that form.
        """
        path = self._path("projects", project_id, "insights", "deployments")
        return self._source.deployments(f"{path}?{urlencode(params)}", read_deployments, None)

    def project_stated(
        self, project_id: str, params: Mapping[str, str], question: Question, zone: str
    ) -> StatedTable:
        """The figures that Octopus states for a project in a channel and an environment, as one
        series. ``question`` names the range and the granularity; ``zone`` is an IANA id."""
        asked = {"timeRange": question.time_range, "granularity": question.granularity}
        name = "-".join(["metrics", project_id, *params.values(), *asked.values()])
        path = self._path("projects", project_id, "insights", "metrics")
        params = {**params, **asked, "timeZone": zone}
        return self._source.read(
            Get(name, path, params, lambda body: decode_metrics(body, question))
        )

    def peek(self, *path: str) -> dict[str, Any] | None:
        """The first item of a list, None when it has none."""
        get = self._source.pages("-".join(("first", *path)), self._path(*path))
        items = read(Page, get({"skip": 0, "take": 1})).Items
        return items[0] if items else None

    def licensed_features(self) -> list[str] | None:
        """What the server's licence enables; None where it does not say, or not to this account."""
        try:
            said = self._source.json("features", "/api/licenses/licenses-current-features")
        except OctopusError as error:
            if error.status not in (401, 403, 404):
                raise
            return None
        features = said.get("EnabledFeatures") if isinstance(said, dict) else None
        return [str(each) for each in features] if isinstance(features, list) else None

    def newest(
        self,
        kind: str,
        known: Container[str],
        *,
        fields: Iterable[str],
        params: Mapping[str, str] | None = None,
    ) -> list[dict[str, Any]]:
        """The documents of a list that only grows at its head (``releases``), newest first, until
        all of a page are ``known`` ids; cut down to these fields, None where one lacks them."""
        names = tuple(fields)
        return paging.read_new(
            self._source.pages(kind, self._path(kind)),
            params or {},
            known,
            take=_LONG_PAGE,
            keep=lambda item: paging.cut(item, names),
        )

    def history_feed(
        self, completed_from: datetime, completed_to: datetime, read: Callable[[BinaryIO], T]
    ) -> T:
        """``read(body)`` of the XML feed of the deployments that completed between two instants."""
        params = {
            "fromCompletedTime": completed_from.astimezone(UTC).strftime(_FEED_TIME),
            "toCompletedTime": completed_to.astimezone(UTC).strftime(_FEED_TIME),
        }
        path = self._path("reporting", "deployments", "xml")
        return self._source.long(path, params, read, "xml")

    def ids_by_name(self, kind: str, names: Iterable[str]) -> dict[str, list[str]]:
        """For each name the ids of the things of a kind that have exactly this name."""
        get = self._source.pages(kind, self._path(kind))
        found = {}
        for name in dict.fromkeys(names):
            listing = paging.read_all(get, {"partialName": name})
            self._note(kind, listing)
            things = [read(Named, item) for item in listing.items]
            found[name] = [thing.Id for thing in things if thing.Name == name]
        return found

    def _under(self, kind: str, id: str, inner: str, model: type[R]) -> list[R]:
        name = f"{kind}-{id}-{inner}"
        listing = paging.read_all(self._source.pages(name, self._path(kind, id, inner)))
        self._note(inner, listing)
        return [read(model, item) for item in listing.items]

    def _note(self, kind: str, listing: paging.Listing) -> None:
        if listing.moved:
            self.moved.add(kind)

    def _path(self, *parts: str) -> str:
        return "/".join(["/api", *(quote(part, safe="") for part in (self.space.Id, *parts))])


def _to_the_end(body: BinaryIO) -> None:
    while body.read(_BLOCK):
        pass


def _chosen_space(spaces: list[Space], wanted: str | None) -> Space | None:
    if wanted is None:
        return next((space for space in spaces if space.IsDefault), None)
    name = clean_text(wanted)
    ways: tuple[Callable[[Space], bool], ...] = (
        lambda space: space.Id == name,
        lambda space: space.Name == name,
        lambda space: space.Slug == name,
        lambda space: space.Name.casefold() == name.casefold(),
    )
    return next((space for is_it in ways for space in spaces if is_it(space)), None)
