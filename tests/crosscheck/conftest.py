"""Cross-checks of made-up worlds, made once for all the tests that only read them."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from insights_reports.crosscheck import (
    CrossCheck,
    Discrepancy,
    Evidence,
    StatedMetrics,
    cross_check,
)
from insights_reports.crosscheck.check import Checker
from insights_reports.metrics import Lookups
from insights_reports.spelling.stated import read_stated

from .server import Options, Reply, all_replies
from .world import Row, World, build, listed, table


def lookups(world: World) -> Lookups:
    return Lookups(
        world.project_groups,
        world.project_group_names,
        world.environment_groups,
        world.tenant_tags,
        world.tag_sets,
    )


def check(
    world: World, replies: Iterable[Reply], rows: list[Row] | None = None, **options: Any
) -> CrossCheck:
    """The cross-check of replies against the deployments that the world's server lists."""
    return cross_check(
        table(listed(world) if rows is None else rows),
        [StatedMetrics(*reply) for reply in replies],
        zone=ZoneInfo(world.zone),
        lookups=lookups(world),
        as_of=world.as_of,
        **options,
    )


def found(result: CrossCheck, verdict: str) -> list[Discrepancy]:
    return [one for one in result.discrepancies if one.verdict == verdict]


def chosen(result: CrossCheck, convention: str) -> Evidence:
    return next(one for one in result.evidence if one.convention == convention)


@pytest.fixture(scope="session")
def small() -> World:
    """A year of two deployments a day with every complication."""
    return build(seed=3, per_day=2)


@pytest.fixture(scope="session")
def everything(small: World) -> list[Reply]:
    """Every question to a server that follows our defaults."""
    return all_replies(small, Options())


@pytest.fixture(scope="session")
def clean(small: World, everything: list[Reply]) -> CrossCheck:
    return check(small, everything)


@pytest.fixture(scope="session")
def checker(small: World, everything: list[Reply]) -> Checker:
    return checker_of(small, everything)


def checker_of(world: World, replies: Iterable[Reply]) -> Checker:
    return Checker(
        table(listed(world)),
        [read_stated(StatedMetrics(*reply)) for reply in replies],
        zone=ZoneInfo(world.zone),
        lookups=lookups(world),
        as_of=world.as_of,
    )
