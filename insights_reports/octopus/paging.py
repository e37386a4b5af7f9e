"""Lists in pages, read so that nothing is missed in silence while the list changes.

Offsets shift when something is added or deleted while we page: an item may come twice, or not at
all. So what does not fit on one page is read again until two passes agree. Two passes that agree
have missed nothing: an item is skipped only when one already read is deleted, and that one would
be in the first pass and not in the second.

https://octopus.com/docs/octopus-rest-api#api-paging
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from insights_reports.errors import BadReply
from insights_reports.octopus.resources import Page, read

TAKE = 100
_MOST_PAGES = 10_000
_MOST_PASSES = 5
_IDS_AT_ONCE = 50

Item = dict[str, Any]
GetPage = Callable[[Mapping[str, str | int]], Any]
"""The JSON value of the reply with these query parameters."""
Keep = Callable[[Item], Item]
"""What to keep of an item; the rest is forgotten with its page."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Raw items without duplicates, in Octopus's order; ``moved``: no two passes agreed, or there
    were fewer items than Octopus said there are."""

    items: tuple[Item, ...]
    moved: bool = False


def read_all(
    get: GetPage,
    params: Mapping[str, str | int] | None = None,
    *,
    take: int = TAKE,
    keep: Keep = dict,
) -> Listing:
    """Everything in a list, ``take`` items a request, or as many as the server gives.

    Raises:
        BadReply: when a page is no page, or the list does not end.
    """
    known: dict[str, Item] = {}
    before: dict[str, Item] | None = None
    for _ in range(_MOST_PASSES):
        found, at_once, complete = _one_pass(pages(get, params or {}, take), keep)
        known |= found
        if complete and (at_once or found == before):
            return Listing(tuple(found.values()))
        before = found
    return Listing(tuple(known.values()), moved=True)


def read_ids(get: GetPage, ids: Sequence[str]) -> Listing:
    """The items with these ids; those that do not exist or may not be seen are not among them."""
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Item] = {}
    moved = False
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        chunk = wanted[start : start + _IDS_AT_ONCE]
        listing = read_all(get, {"ids": ",".join(chunk)})
        # Only what was asked for: a server that ignores the filter answers with everything.
        found |= {item["Id"]: item for item in listing.items if item["Id"] in set(chunk)}
        moved |= listing.moved
    return Listing(tuple(found.values()), moved)


def pages(get: GetPage, params: Mapping[str, str | int], take: int = TAKE) -> Iterator[Page]:
    """One pass over a list. Links and ItemsPerPage are not looked at: both have been wrong.

    The end is an empty page, or a page that is not full when TotalResults is reached.
    """
    skip = 0
    for _ in range(_MOST_PAGES):
        page = read(Page, get({**params, "skip": skip, "take": take}))
        yield page
        skip += len(page.Items)
        reached = page.TotalResults is not None and skip >= page.TotalResults
        if not page.Items or (reached and len(page.Items) != take):
            return
    raise BadReply("A list from Octopus does not end.", f"Pages: {_MOST_PAGES}")


def _one_pass(found_pages: Iterator[Page], keep: Keep) -> tuple[dict[str, Item], bool, bool]:
    """Items by id; whether they came on one page; whether they are as many as was said."""
    found: dict[str, Item] = {}
    count, total = 0, 0
    for page in found_pages:
        total = page.TotalResults or 0
        new = {_id(item): keep(item) for item in page.Items if _id(item) not in found}
        if not new:  # the end, or a server that ignores skip
            break
        found |= new
        count += 1
    return found, count <= 1, len(found) >= total


def _id(item: Item) -> str:
    value = item.get("Id")
    if not isinstance(value, str):
        raise BadReply("A list from Octopus has an item without an id.", "Missing: Id")
    return value
