"""Who is asking, in which space, and what they may see."""

import hmac
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi import Path as PathParameter

from insights_reports.server import ids
from insights_reports.server.columns import ColumnCache
from insights_reports.server.database import connect
from insights_reports.server.problems import Forbidden, InvalidKey, Missing, NotLoggedIn
from insights_reports.server.ticks import from_datetime

DEFAULT_SPACE = "~"  # stands for the space's id where a request names none


@dataclass(frozen=True)
class Site:
    """What one running server needs to know. The keys are never stored.

    `strict`: answer as the strictest known Octopus instead of the laxest; `deleted`: ids of
    documents that are gone.
    """

    data: Path
    clock: Callable[[], datetime]
    api_key: str = field(repr=False)
    restricted_key: str | None = field(repr=False, default=None)
    strict: bool = False
    deleted: frozenset[str] = frozenset()
    columns: ColumnCache = field(repr=False, default_factory=ColumnCache)


@dataclass(frozen=True)
class User:
    """The account behind a key. `hidden`: ids it may not view; `omitted`: nor their deployments."""

    id: int
    is_restricted: bool
    hidden: frozenset[str] = frozenset()
    omitted: frozenset[str] = frozenset()

    def require(self, permission: str) -> None:
        """Raise Forbidden when a restricted user asks for more than to view."""
        if self.is_restricted and not permission.endswith("View"):
            raise Forbidden(permission)


@dataclass(frozen=True)
class Visit:
    """One authenticated request: its connection, its user and the instant it speaks for (ticks)."""

    site: Site
    connection: sqlite3.Connection
    user: User
    now: int


@dataclass(frozen=True)
class SpaceVisit(Visit):
    """A request about one space."""

    space_id: int

    @property
    def base(self) -> str:
        """The path prefix of the space's links."""
        return f"/api/Spaces-{self.space_id}"

    def row(self, table: str, prefix: str, document_id: str) -> sqlite3.Row:
        """The row of the space's document with this id. Raises Missing."""
        row = self.connection.execute(
            f"SELECT * FROM {table} WHERE space_id = ? AND id = ?",
            (self.space_id, ids.number(prefix, document_id)),
        ).fetchone()
        if row is None:
            raise Missing(document_id)
        found: sqlite3.Row = row
        return found


def visit(request: Request) -> Iterator[Visit]:
    """Authenticate, then lend a connection for the length of the request."""
    site: Site = request.app.state.site
    given = _credentials(request)
    user_id = _user_id(site, given)
    if user_id is None:
        raise InvalidKey if given else NotLoggedIn
    with closing(connect(site.data)) as connection:
        yield Visit(site, connection, _user(connection, user_id), from_datetime(site.clock()))


AnyVisit = Annotated[Visit, Depends(visit)]
SpaceId = Annotated[
    str, PathParameter(alias="spaceId", description="Id or slug of the space", min_length=1)
]


def space_visit(anyone: AnyVisit, space_id: SpaceId) -> SpaceVisit:
    """Find the space that the path names; raises Missing when there is none."""
    found = find_space(anyone.connection, space_id)
    if found is None:
        raise Missing(space_id)
    return SpaceVisit(anyone.site, anyone.connection, anyone.user, anyone.now, found)


InSpace = Annotated[SpaceVisit, Depends(space_visit)]


def find_space(connection: sqlite3.Connection, id_or_slug: str) -> int | None:
    """The number of a space by its id or slug, or of the default space."""
    condition, value = "slug = ? COLLATE NOCASE", id_or_slug
    if id_or_slug == DEFAULT_SPACE:
        condition, value = "is_default = ?", "1"
    elif (number := ids.number("Spaces", id_or_slug)) is not None:
        condition, value = "id = ?", str(number)
    row = connection.execute(f"SELECT id FROM spaces WHERE {condition}", (value,)).fetchone()
    return int(row["id"]) if row else None


def _credentials(request: Request) -> str:
    header = request.headers.get("X-Octopus-ApiKey")
    if header is not None:
        return header
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        return token.strip()
    return request.query_params.get("apikey", "")


def _user_id(site: Site, given: str) -> int | None:
    """Compare with every key, each in constant time. The users are those of `company.cast`."""
    found = None
    for user_id, key in ((1, site.api_key), (2, site.restricted_key)):
        if key and hmac.compare_digest(given.encode(), key.encode()):
            found = user_id
    return found


def _user(connection: sqlite3.Connection, user_id: int) -> User:
    row = connection.execute("SELECT is_restricted FROM users WHERE id = ?", (user_id,)).fetchone()
    rules = connection.execute(
        "SELECT * FROM restrictions WHERE user_id = ?", (user_id,)
    ).fetchall()
    return User(
        user_id,
        bool(row["is_restricted"]),
        frozenset(rule["document_id"] for rule in rules),
        frozenset(rule["document_id"] for rule in rules if rule["omits_deployments"]),
    )
