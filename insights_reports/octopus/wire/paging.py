"""Lists in pages, read so that nothing is missed in silence while the list changes.

Offsets shift when something is added or deleted while we page: an item may come twice, or not at
all. So what does not fit on one page is read again until two passes agree. Two passes that agree
have missed nothing: an item is skipped only when one already read is deleted, and that one would
be in the first pass and not in the second.

https://octopus.com/docs/octopus-rest-api#api-paging
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from insights_reports.errors import BadReply
from insights_reports.octopus.resources import Page, read
from insights_reports.spelling.text import clean_text

TAKE = 100
_MOST_PAGES = 10_000
_MOST_PASSES = 5
_IDS_AT_ONCE = 50
_OVERLAP = 20  # items by which a page of a growing list begins within the page before

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

    def only(self, ids: Container[str]) -> "Listing":
        """The items with these ids."""
        return Listing(tuple(item for item in self.items if item["Id"] in ids), self.moved)


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
    before: _Pass | None = None
    for _ in range(_MOST_PASSES):
        one = _Pass(keep)
        for page in pages(get, params or {}, take):
            if not one.add(page):
                break
        known |= one.found
        if one.agrees_with(before):
            return Listing(tuple(one.found.values()))
        before = one
    return Listing(tuple(known.values()), moved=True)


def read_each(get: GetPage) -> Iterator[Item]:
    """Every item of a list, each id once, as its page comes; the next page is asked for when it is
    needed. A list that does not fit on one page is read again behind its end, and what only comes
    to light then is yielded then; so whoever reads to the end has missed nothing.

    Raises:
        BadReply: at the end, when the list kept changing and so may have items that did not come;
            and when a page is no page, or the list does not end.
    """
    known: set[str] = set()
    before: _Pass | None = None
    for _ in range(_MOST_PASSES):
        one = _Pass()
        for page in pages(get, {}):
            new = one.add(page)
            if not new:
                break
            yield from (item for id, item in new.items() if id not in known)
            known |= new.keys()
        if one.agrees_with(before):
            return
        before = one
    raise BadReply(
        "A list from Octopus kept changing while it was read, and may have more items.",
        f"Read {_MOST_PASSES} times; items: {len(known)}",
        "Try again when nobody changes it.",
        retryable=True,
    )


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


def read_ids_of_all(get: GetPage, ids: Sequence[str]) -> Listing:
    """As `read_ids`, from ``/all``, which answers an array and no pages.

    Raises:
        BadReply: when it does not.
    """
    wanted = list(dict.fromkeys(ids))
    found: dict[str, Item] = {}
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        chunk = wanted[start : start + _IDS_AT_ONCE]
        items = read(Page, {"Items": get({"ids": ",".join(chunk)})}).Items
        found |= {_id(item): item for item in items if _id(item) in set(chunk)}
    return Listing(tuple(found.values()))


def read_new(
    get: GetPage,
    params: Mapping[str, str | int],
    known: Container[str],
    *,
    take: int,
    keep: Keep = dict,
) -> list[Item]:
    """The items of a list that only grows at its head, newest first, until a page is wholly known.

    Items that are added meanwhile push others down, which then come twice. So that items which
    retention deletes do not pull others past us, each page begins within the one before; when
    none of its items came before, it is asked for again from farther above.

    Raises:
        BadReply: when a page is no page, or the list does not end.
    """
    found: dict[str, Item] = {}
    seen: set[str] = set()
    skip, back = 0, _OVERLAP
    for _ in range(_MOST_PAGES):
        page = read(Page, get({**params, "skip": skip, "take": take}))
        ids = [_id(item) for item in page.Items]
        joins = not seen or not ids or not seen.isdisjoint(ids)
        if not joins and back < take:
            back *= 4
            skip = max(0, skip - back)
            continue
        new = {id: item for id, item in zip(ids, page.Items, strict=True) if id not in seen}
        seen |= new.keys()
        found |= {id: keep(item) for id, item in new.items() if id not in known}
        ended = page.TotalResults is not None and skip + len(ids) >= page.TotalResults
        if not new or ended or all(id in known for id in new):
            return list(found.values())
        skip, back = skip + max(1, len(ids) - _OVERLAP), _OVERLAP
    raise BadReply("A list from Octopus does not end.", f"Pages: {_MOST_PAGES}")


def cut(item: Item, names: Iterable[str]) -> Item:
    """These fields of an item: texts, objects, or None for what it lacks.

    Raises:
        BadReply: when one is of another kind; names the item and the field.
    """
    found = {name: item.get(name) for name in names}
    for name, value in found.items():
        if not isinstance(value, str | dict | None):
            raise BadReply(
                f"A list from Octopus has an item whose {name} is no text.",
                f"{clean_text(_id(item))[:80]}: {name}: {str(value)[:80]!a}",
                "Check that the server is an Octopus of 2025.2 or newer.",
            )
    return found


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


class _Pass:
    """One reading of a list: the items by id, whether they are as many as was said, and whether
    they came on one page."""

    def __init__(self, keep: Keep = dict) -> None:
        self.found: dict[str, Item] = {}
        self._keep = keep
        self._pages = 0
        self._total = 0

    def add(self, page: Page) -> dict[str, Item]:
        """The items of a page that are new. None are: the end, or a server that ignores skip."""
        self._total = page.TotalResults or 0
        new = {_id(item): self._keep(item) for item in page.Items if _id(item) not in self.found}
        self.found |= new
        self._pages += bool(new)
        return new

    def agrees_with(self, before: "_Pass | None") -> bool:
        complete = len(self.found) >= self._total
        again = before is not None and self.found == before.found
        return complete and (self._pages <= 1 or again)


def _id(item: Item) -> str:
    value = item.get("Id")
    if not isinstance(value, str):
        raise BadReply("A list from Octopus has an item without an id.", "Missing: Id")
    return value
