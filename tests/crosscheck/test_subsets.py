"""The law of subsets: what all questions together agree on, no one or two of them dispute.

The questions are all 81 to the embedded server and its 13 months of the made-up company, pulled
once. A table's verdicts follow from the conventions inferred (`Checker`), so that two questions
that infer what all of them do have the verdict of the whole, and only the others need judging.
"""

import os
import random
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from insights_reports.crosscheck.conventions.infer import infer
from insights_reports.metrics import Conventions
from insights_reports.octopus import Connection
from insights_reports.pipeline.compute import check_pulled
from insights_reports.pipeline.load import load
from insights_reports.pipeline.pull import Wanted, pull
from tests.conftest import AS_OF

from .conftest import check
from .server import Options, all_replies
from .world import build

THOROUGH = "THOROUGH" in os.environ
PAIRS = 100


@pytest.fixture(scope="module")
def pulled(server: Any, tmp_path_factory: Any) -> Any:
    folder = tmp_path_factory.mktemp("pulls") / "all"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OCTOPUS_API_KEY", server.api_key)
        connection = Connection.from_environment(url=server.url)
        wanted = Wanted("InsightsReports-1")
        pull(connection, wanted, folder, as_of=AS_OF, progress=lambda _: None)
    return load(folder)


def verdict(pulled: Any, tables: Any) -> Any:
    return check_pulled(replace(pulled, stated=tuple(tables)), Conventions()).verdict


def inferred(pulled: Any, tables: Any) -> Any:
    return infer(
        tables,
        pulled.deployments.table,
        zone=pulled.zone,
        lookups=pulled.lookups,
        as_of=pulled.as_of,
        base=Conventions(),
    )


def test_no_one_or_two_questions_dispute_what_all_agree_on(pulled: Any) -> None:
    tables = list(pulled.stated)
    assert (len(tables), verdict(pulled, tables)) == (81, "agrees")
    whole = inferred(pulled, tables)
    pairs = list(combinations(tables, 2))
    some = pairs if THOROUGH else random.Random(1).sample(pairs, PAIRS)
    disputed = []
    for subset in [*((one,) for one in tables), *some]:
        found = inferred(pulled, list(subset))
        same = (found.conventions, found.rounding) == (whole.conventions, whole.rounding)
        same &= all(whole.ranges[name] == one for name, one in found.ranges.items())
        if not same and verdict(pulled, subset) != "agrees":
            disputed.append([str(table.source) for table in subset])
    assert disputed == []


SERVERS = {
    "nearest rank, three decimals, from Monday": Options(
        percentile="nearest_rank", rate_digits=3, week_start=0
    ),
    "halves away from zero, Canceled failed": Options(
        rounding="half away from zero", failing=frozenset({"Canceled"})
    ),
    "whole edges, milliseconds": Options(clipped=False, unit=10_000),
}


@pytest.mark.parametrize("name", SERVERS)
def test_no_question_to_another_server_disputes_what_all_agree_on(name: str) -> None:
    world = build(seed=5, per_day=1, days=60, whole_seconds=True)
    replies = all_replies(world, SERVERS[name], ranges=("LastMonth",))
    assert check(world, replies).verdict == "agrees"
    disputed = [reply[:4] for reply in replies if check(world, [reply]).verdict != "agrees"]
    assert disputed == []
