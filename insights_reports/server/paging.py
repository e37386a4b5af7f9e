"""Octopus's paging envelope (https://octopus.com/docs/octopus-rest-api)."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query

LARGEST = 2_147_483_647  # what clients ask for when they want everything
Document = dict[str, Any]


class Page:
    """The `skip` and `take` of a request; 30 items from the start when it names neither."""

    def __init__(
        self,
        skip: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
        take: Annotated[int, Query(ge=0, le=LARGEST)] = 30,
    ) -> None:
        self.skip = skip
        self.take = take


Paged = Annotated[Page, Depends(Page)]


def envelope(
    item_type: str,
    items: Sequence[Any],
    page: Page,
    *,
    path: str,
    template: str,
    filters: dict[str, str],
    document: Callable[[Any], Document],
) -> Document:
    """One page of `items`, which are all there are; `document` makes the resource of one."""
    return page_of(
        item_type,
        [document(item) for item in items[page.skip : page.skip + page.take]],
        len(items),
        page,
        path=path,
        template=template,
        filters=filters,
    )


def page_of(
    item_type: str,
    documents: list[Document],
    total: int,
    page: Page,
    *,
    path: str,
    template: str,
    filters: dict[str, str],
) -> Document:
    """The envelope of a page that was already cut out of `total` items."""
    pages = max(-(-total // page.take), 1) if page.take else 1
    last = pages - 1

    def link(skip: int, take: int = page.take) -> str:
        return f"{path}?{urlencode({'skip': skip, 'take': take} | filters, safe=',')}"

    links = {
        "Self": link(page.skip),
        "Template": path + template,
        "Page.All": link(0, LARGEST),
        "Page.Current": link(page.skip),
        "Page.Last": link(last * page.take),
    }
    # Page.Next is present only when there is another page.
    if page.take and page.skip + page.take < total:
        links["Page.Next"] = link(page.skip + page.take)
    return {
        "ItemType": item_type,
        "TotalResults": total,
        "ItemsPerPage": page.take,
        "NumberOfPages": pages,
        "LastPageNumber": last,
        "Items": documents,
        "Links": links,
    }
