"""Lists that change, lie about themselves, or do not end, are read without a silent gap."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from insights_reports.errors import BadReply
from insights_reports.octopus.wire import paging
from insights_reports.octopus.wire.paging import Listing, read_all, read_each, read_ids

Params = Mapping[str, str | int]


def items(*numbers: int) -> list[dict[str, Any]]:
    return [{"Id": f"Projects-{number}", "Name": f"Project {number}"} for number in numbers]


class Listed:
    """A list that answers as Octopus does; ``most`` is the largest page it gives."""

    def __init__(self, *numbers: int, most: int = 1000) -> None:
        self.items = items(*numbers)
        self.most = most
        self.requests: list[Params] = []

    def __call__(self, params: Params) -> dict[str, Any]:
        self.requests.append(params)
        wanted = params.get("ids")
        found = [i for i in self.items if wanted is None or i["Id"] in str(wanted).split(",")]
        skip, take = int(params["skip"]), min(int(params["take"]), self.most)
        return {"TotalResults": len(found), "ItemsPerPage": 30, "Items": found[skip : skip + take]}


def ids(listing: Listing) -> list[str]:
    return [item["Id"] for item in listing.items]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_all_of_a_quiet_list(count: int) -> None:
    listed = Listed(*range(count))
    assert ids(read_all(listed)) == [item["Id"] for item in listed.items]
    assert not read_all(listed).moved


def test_one_page_is_asked_for_once_and_several_are_read_twice() -> None:
    small, large = Listed(*range(99)), Listed(*range(150))
    read_all(small)
    read_all(large)
    assert [request["skip"] for request in small.requests] == [0]
    assert [request["skip"] for request in large.requests] == [0, 100, 0, 100]


def test_a_server_that_gives_smaller_pages_than_asked_for() -> None:
    assert len(read_all(Listed(*range(95), most=30)).items) == 95


def test_neither_a_low_total_nor_a_wrong_page_size_ends_the_list_early() -> None:
    listed = Listed(*range(250))

    def lying(params: Params) -> dict[str, Any]:
        return {**listed(params), "TotalResults": 100, "ItemsPerPage": 1, "Links": {}}

    assert len(read_all(lying).items) == 250


def test_a_server_that_ignores_skip_and_take() -> None:
    everything = items(*range(250))
    listing = read_all(lambda params: {"TotalResults": 250, "Items": everything})
    assert len(listing.items) == 250
    assert not listing.moved


def test_fewer_items_than_were_said_are_not_taken_for_all() -> None:
    listing = read_all(lambda params: {"TotalResults": 9, "Items": items(1)[int(params["skip"]) :]})
    assert listing == Listing(tuple(items(1)), moved=True)


def test_a_list_without_an_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_MOST_PAGES", 20)
    with pytest.raises(BadReply, match="does not end"):
        read_all(
            lambda params: {"Items": items(*range(int(params["skip"]), int(params["skip"]) + 100))}
        )


@pytest.mark.parametrize("page", [{}, [], {"Items": None}, {"Items": [3]}, {"Items": [{"Id": 3}]}])
def test_what_is_no_page(page: Any) -> None:
    with pytest.raises(BadReply):
        read_all(lambda params: page)


def test_ids_are_asked_for_in_chunks_and_nothing_else_is_taken() -> None:
    listed = Listed(*range(1000))
    wanted = [f"Projects-{number}" for number in range(0, 260, 2)]
    assert ids(read_ids(listed, [*wanted, *wanted, "Projects-9999"])) == wanted
    assert [len(str(request["ids"]).split(",")) for request in listed.requests] == [50, 50, 31]
    assert read_ids(listed, []) == Listing(())
    without_filter = read_ids(
        lambda params: listed({**params, "ids": "Projects-1,Projects-2"}), ["Projects-2"]
    )
    assert ids(without_filter) == ["Projects-2"]


class Drifting(Listed):
    """Newest first; while it is read, items are added in front and any may be deleted."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        super().__init__(*range(self.random.randint(150, 600), 0, -1))
        self.next = 1000
        self.throughout = {item["Id"] for item in self.items}
        self.changes = self.random.randint(0, 12)  # afterwards it is quiet

    def __call__(self, params: Params) -> dict[str, Any]:
        page = super().__call__(params)
        if self.changes:
            self.changes -= 1
            for _ in range(self.random.randint(0, 6)):
                self.items[:0] = items(self.next)
                self.next += 1
            for _ in range(self.random.randint(0, 6)):
                gone = self.items.pop(self.random.randrange(len(self.items)))
                self.throughout.discard(gone["Id"])
        return page


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250])
def test_items_come_page_by_page_as_they_are_asked_for(count: int) -> None:
    listed = Listed(*range(count))
    arriving = read_each(listed)
    assert listed.requests == []
    for number in range(count):
        assert next(arriving) == listed.items[number]
        assert len(listed.requests) == number // paging.TAKE + 1
    assert list(arriving) == []
    pages = -(-(count + 1) // paging.TAKE)  # the last one is not full
    assert len(listed.requests) == pages * (1 if count <= paging.TAKE else 2)


def test_what_came_to_light_in_the_second_reading_is_yielded_then() -> None:
    listed = Listed(*range(250))

    def deleting(params: Params) -> dict[str, Any]:
        if params["skip"] == 100 and len(listed.items) == 250:
            del listed.items[0]  # everything moves up by one, and item 100 onto the first page
        return listed(params)

    assert [item["Name"] for item in read_each(deleting)] == [
        *(f"Project {number}" for number in range(250) if number != 100),
        "Project 100",
    ]


@pytest.mark.parametrize("seed", range(200))
def test_drift_leaves_no_item_silently_missing(seed: int) -> None:
    listed = Drifting(seed)
    listing = read_all(listed)
    found = ids(listing)
    assert len(set(found)) == len(found)
    assert listing.moved or listed.throughout <= set(found)


@pytest.mark.parametrize("seed", range(200))
def test_drift_does_not_end_a_generator_in_silence_either(seed: int) -> None:
    listed = Drifting(seed)
    found: list[str] = []
    try:
        for item in read_each(listed):
            found.append(item["Id"])
    except BadReply as error:
        assert "kept changing" in str(error)
    else:
        assert listed.throughout <= set(found)
    assert len(set(found)) == len(found)


def test_the_drift_is_worth_testing() -> None:
    """A single pass, as clients commonly make it, misses items in most of the same simulations."""
    missed = 0
    for seed in range(200):
        listed = Drifting(seed)
        found = {item["Id"] for page in paging.pages(listed, {}) for item in page.Items}
        missed += not listed.throughout <= found
    assert missed > 100


def test_most_drifts_settle() -> None:
    assert sum(read_all(Drifting(seed)).moved for seed in range(200)) < 100


def test_a_list_that_never_settles_is_an_error_after_its_items() -> None:
    listed = Listed(*range(150))

    def restless(params: Params) -> dict[str, Any]:
        listed.items[0] = {"Id": f"Projects-{1000 + len(listed.requests)}"}
        return listed(params)

    arriving = read_each(restless)
    with pytest.raises(BadReply, match="may have more items") as caught:
        for _ in range(1000):
            next(arriving)
    assert caught.value.retryable


def test_ids_of_a_bare_array_in_chunks_and_what_is_none() -> None:
    requests: list[Params] = []

    def get(params: Params) -> list[dict[str, Any]]:
        requests.append(params)
        return items(*range(120))  # a server that ignores the filter

    wanted = [f"Projects-{number}" for number in (*range(60), 3, 999)]
    assert ids(paging.read_ids_of_all(get, wanted)) == wanted[:60]
    assert [len(str(each["ids"]).split(",")) for each in requests] == [50, 11]


@pytest.mark.parametrize("wrong", [{"Items": []}, ["Projects-1"], [{}], None])
def test_what_is_no_bare_array_of_things(wrong: Any) -> None:
    with pytest.raises(BadReply):
        paging.read_ids_of_all(lambda params: wrong, ["Projects-1"])
