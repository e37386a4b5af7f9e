"""Each legitimate cause, in both directions: it is explained, and excuses no planted error."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from insights_reports.commands.cross_check_text import report_lines
from insights_reports.crosscheck import CheckVerdict, CrossCheck, Discrepancy, Hints
from tests.typed import number

from .conftest import check, found
from .server import Options, Reply, all_replies
from .world import HOUR, TICKS, Row, World, build, derived, instant, listed, local_date

NEAR = ("LastMonth",)
SPLITS = (("None", None), ("Project", None), ("TenantTagSet", "TagSets-1"))

Change = Callable[[Any], Any]  # of a stated figure
Year = tuple[World, list[Row], list[Reply], str]


@pytest.fixture(scope="module")
def busy() -> World:
    """Forty days, with names for everything."""
    return build(seed=21, per_day=12, days=40, hide_names=False)


def plant(
    replies: list[Reply],
    figure: tuple[str, str | None],
    change: Change,
    where: Callable[[list[Any]], bool] = lambda question: True,
    pick: int = 0,
) -> list[Reply]:
    """The replies with one figure changed, in the first interval that has it, and what it was."""
    replies = copy.deepcopy(replies)
    for *question, reply in replies:
        if where(question):
            intervals = [one for series in reply["Series"] for one in series["Intervals"]]
            busiest = sorted(intervals, key=lambda one: -one["DeploymentFailureRate"]["Total"])
            metric, statistic = figure
            place = busiest[pick] if statistic is None else busiest[pick][metric]
            place[statistic or metric] = change(place[statistic or metric])
            return replies
    raise LookupError(figure)


def named(
    result: CrossCheck, metric: str, statistic: str | None, verdict: str = "differs"
) -> list[Discrepancy]:
    return [
        one for one in found(result, verdict) if (one.metric, one.statistic) == (metric, statistic)
    ]


# The edges of a range


def cut_in_the_middle(world: World) -> Options:
    """A range that begins at an instant no candidate has: on the 25th of September at 10:17."""
    return Options(
        start=lambda today, name: today.replace(month=9, day=25),
        first_instant=instant(world.as_of.replace(month=9, day=25, hour=10, minute=17)),
    )


def test_an_edge_that_no_range_explains_is_explained_by_the_instant_that_cuts_it(
    busy: World,
) -> None:
    replies = all_replies(busy, cut_in_the_middle(busy), SPLITS, ("LastMonth",), ("Monthly",))
    result = check(busy, replies)
    assert (result.differs, result.not_comparable) == (0, 0)
    assert result.explained > 0
    assert {str(one.start_of_interval) for one in result.discrepancies} == {"2026-09-01"}
    assert all(
        "range begins inside this interval" in str(one.cause) for one in result.discrepancies
    )


@pytest.mark.parametrize(
    ("figure", "change"),
    [
        (("LeadTime", "Mean"), lambda text: text.replace(":", "1:", 1)),
        (("DeploymentFailureRate", "Total"), lambda count: count + 1),
        (("DeploymentFailureRate", "Failed"), lambda count: count - 1),
    ],
)
def test_an_edge_excuses_no_planted_error(
    busy: World, figure: tuple[str, str | None], change: Change
) -> None:
    replies = all_replies(busy, cut_in_the_middle(busy), SPLITS, ("LastMonth",), ("Monthly",))
    for pick in (0, 1):
        result = check(busy, plant(replies, figure, change, pick=pick))
        assert named(result, *figure)


# Data that moved between the calls


@pytest.fixture(scope="module")
def moved(busy: World) -> World:
    """The world before: without its last three deployments."""
    return busy.with_rows(busy.rows[:-3])


def test_new_deployments_explain_the_figures_of_before(busy: World, moved: World) -> None:
    replies = all_replies(moved, questions=SPLITS, ranges=NEAR)
    without = check(busy, replies)
    assert without.differs > 0
    result = check(busy, replies, earlier=table_of(moved))
    assert (result.differs, result.not_comparable) == (0, 0)
    assert result.explained > 0
    assert all("moved between the calls: 3 new" in str(one.cause) for one in result.discrepancies)


def test_a_state_between_the_two_pulls_explains_too(busy: World, moved: World) -> None:
    between = busy.with_rows(busy.rows[:-1])
    result = check(
        busy, all_replies(between, questions=SPLITS, ranges=NEAR), earlier=table_of(moved)
    )
    assert result.differs == 0 < result.explained


def test_each_call_may_have_seen_another_state(busy: World, moved: World) -> None:
    worlds = [moved, busy.with_rows(busy.rows[:-2]), busy]
    replies = [
        reply
        for world, split in zip(worlds, SPLITS, strict=True)
        for reply in all_replies(world, questions=(split,), ranges=NEAR)
    ]
    assert check(busy, replies, earlier=table_of(moved)).differs == 0


def test_moved_data_excuse_no_planted_error(busy: World, moved: World) -> None:
    replies = all_replies(moved, questions=SPLITS, ranges=("LastMonth",), every=("Monthly",))
    for figure in (("LeadTime", "Count"), ("DeploymentFailureRate", "Total")):
        for change in (lambda count: count + 1, lambda count: count + 2, lambda count: count - 1):
            result = check(busy, plant(replies, figure, change), earlier=table_of(moved))
            assert named(result, *figure)


def test_a_figure_outside_what_moved_is_not_excused(busy: World, moved: World) -> None:
    replies = all_replies(busy, questions=SPLITS, ranges=("LastMonth",), every=("Daily",))
    wrong = plant(replies, ("LeadTime", "Count"), lambda count: count + 1)
    result = check(busy, wrong, earlier=table_of(moved))
    assert (result.differs, result.explained) == (1, 0)


def test_states_edited_later(busy: World) -> None:
    failed = next(row for row in reversed(busy.rows) if row.task_state == "Failed")
    edited = replace(failed, task_state="Success", lead_time=5 * HOUR)
    rows = derived(edited if row is failed else row for row in busy.rows)
    after = busy.with_rows(rows)
    replies = all_replies(busy, questions=SPLITS, ranges=NEAR)
    result = check(after, replies, earlier=table_of(busy))
    assert result.differs == 0 < result.explained
    assert all("edited between the calls" in str(one.cause) for one in result.discrepancies)
    assert check(after, replies).differs > 0
    wrong = plant(replies, ("MeanTimeToRecovery", "Max"), lambda text: text.replace(":", "1:", 1))
    assert named(check(after, wrong, earlier=table_of(busy)), "MeanTimeToRecovery", "Max")


def table_of(world: World) -> pd.DataFrame:
    from .world import table

    return table(listed(world))


# A key that may not see everything


def hidden(world: World) -> list[Row]:
    """What such a key is listed: without a project, and with a name that is null."""
    return [
        replace(row, project_name=None) if row.project_id == "Projects-10" else row
        for row in listed(world)
        if row.project_id != "Projects-2"
    ]


RESTRICTED = (("None", None), ("Environment", None), ("Tenant", None))


def test_hidden_deployments_are_explained_and_what_they_make_unknown_is_not_comparable(
    busy: World,
) -> None:
    replies = all_replies(busy, questions=RESTRICTED, ranges=NEAR)
    result = check(busy, replies, rows=hidden(busy))
    assert result.differs == 0 < min(result.explained, result.not_comparable, result.agrees)
    assert {one.statistic for one in found(result, "not comparable")} == {
        "Mean",
        "Median",
        "NinetyFifth",
    }
    assert all("may not see every deployment" in str(one.cause) for one in result.discrepancies)
    hidden_in_all = [one for one in found(result, "explained") if one.statistic == "Total"]
    assert all(f" {one.difference} more of them" in str(one.cause) for one in hidden_in_all)


def test_without_a_name_that_is_null_nothing_is_hidden(busy: World) -> None:
    rows = [row for row in listed(busy) if row.project_id != "Projects-2"]
    replies = all_replies(busy, questions=RESTRICTED, ranges=NEAR)
    assert check(busy, replies, rows=rows).differs > 0
    assert check(busy, replies, rows=rows, hints=Hints(restricted=True)).differs == 0


@pytest.mark.parametrize(
    ("figure", "change"),
    [
        (("NumberOfSuccessfulDeployments", None), lambda count: count + 1),
        (("DeploymentFailureRate", "Total"), lambda count: count + 1),
        (("DeploymentFailureRate", "Rate"), lambda rate: round(rate + 0.00001, 5)),
        (("LeadTime", "Count"), lambda count: count + 400),
        (("LeadTime", "Min"), lambda text: "9999:00:00.0"),
        (("LeadTime", "Mean"), lambda text: "99999:00:00.0"),
        (("DeploymentsUntilRecovery", "Count"), lambda count: count + 1),
    ],
)
def test_a_restricted_key_excuses_no_figure_that_contradicts_the_others(
    busy: World, figure: tuple[str, str | None], change: Change
) -> None:
    replies = all_replies(busy, questions=RESTRICTED, ranges=("LastMonth",), every=("Monthly",))
    result = check(busy, plant(replies, figure, change), rows=hidden(busy))
    assert named(result, *figure)


def test_no_split_hides_more_than_all_deployments_do(busy: World) -> None:
    rows = [replace(row, project_name=None) for row in listed(busy)]
    replies = all_replies(busy, questions=RESTRICTED, ranges=("LastMonth",), every=("Monthly",))
    more = {"NumberOfSuccessfulDeployments": 1, "Successful": 1, "Total": 1}
    wrong = copy.deepcopy(replies)
    interval = wrong[1][-1]["Series"][0]["Intervals"][0]
    rate = interval["DeploymentFailureRate"]
    interval["NumberOfSuccessfulDeployments"] += more["Total"]
    rate["Successful"], rate["Total"] = rate["Successful"] + 1, rate["Total"] + 1
    rate["Rate"] = round(rate["Failed"] / rate["Total"], 5)
    assert check(busy, replies, rows=rows).differs == 0
    assert check(busy, wrong, rows=rows).differs >= 3


TAGS = (("None", None), ("TenantTagSet", "TagSets-1"))
UNSEEN, UNSEEN_TAG = "Tenants-2", "Europe"


@pytest.fixture(scope="module")
def tagged(busy: World) -> World:
    """Europe has both tenants, Asia the one that everybody may see."""
    tags = {"Tenants-1": ("Region/Europe", "Region/Asia"), UNSEEN: ("Region/Europe",)}
    return replace(busy, tenant_tags=tags)


def without_a_tenant(world: World) -> tuple[World, list[Row]]:
    """What a key that may not see a tenant is told: neither the tenant's name nor its tags."""
    rows = [
        replace(row, tenant_name=None) if row.tenant_id == UNSEEN else row for row in listed(world)
    ]
    tags = {tenant: tags for tenant, tags in world.tenant_tags.items() if tenant != UNSEEN}
    return replace(world, tenant_tags=tags), rows


def test_deployments_of_a_tenant_that_may_not_be_seen_count_under_its_tags(tagged: World) -> None:
    world, rows = without_a_tenant(tagged)
    replies = all_replies(tagged, questions=TAGS, ranges=NEAR)
    result = check(world, replies, rows=rows)
    assert result.differs == 0
    unseen = [one for one in result.discrepancies if one.cause.code == "unseen"]
    assert {(one.series, one.verdict) for one in unseen} == {(None, CheckVerdict.NOT_COMPARABLE)}
    assert {one.cause.code for one in result.discrepancies} == {"unseen", "restricted"}


def test_under_tags_count_no_more_than_are_unseen(tagged: World) -> None:
    """Two more than the tenant's in one tag are not its own, whatever else is consistent."""
    world, rows = without_a_tenant(tagged)
    replies = all_replies(tagged, questions=TAGS, ranges=NEAR, every=("Monthly",))
    series = {one["Name"]: one for one in replies[1][-1]["Series"]}
    interval = series[UNSEEN_TAG]["Intervals"][0]
    rate = interval["DeploymentFailureRate"]
    for counts, name in ((interval, "NumberOfSuccessfulDeployments"), (rate, "Successful")):
        counts[name] += 1
    rate["Total"] += 1
    rate["Rate"] = round(rate["Failed"] / rate["Total"], 5)
    assert {one.series for one in found(check(world, replies, rows=rows), "differs")} == {
        UNSEEN_TAG
    }


def test_with_a_key_that_sees_all_names_a_tenant_without_tags_differs(tagged: World) -> None:
    world, _ = without_a_tenant(tagged)
    replies = all_replies(tagged, questions=TAGS, ranges=NEAR)
    assert check(world, replies, rows=listed(tagged)).differs > 0


# Lead time that accumulates


def test_accumulating_lead_time_is_explained_where_it_accounts_for_every_statistic(
    busy: World,
) -> None:
    replies = all_replies(busy, Options(accumulates=True), SPLITS, NEAR)
    result = check(busy, replies)
    assert (result.differs, result.not_comparable) == (0, 0)
    assert result.explained > 100
    assert {one.cause.code for one in result.discrepancies} == {"accumulates"}
    assert {one.metric for one in result.discrepancies} == {"LeadTime"}


@pytest.mark.parametrize("statistic", ["Count", "Mean", "Max", "NinetyFifth"])
def test_accumulation_excuses_no_planted_error(busy: World, statistic: str) -> None:
    options = Options(accumulates=True)
    replies = all_replies(busy, options, SPLITS[:1], ("LastMonth",), ("Weekly",))

    def change(value: Any) -> Any:
        return value + 1 if statistic == "Count" else value.replace(":", "1:", 1)

    result = check(busy, plant(replies, ("LeadTime", statistic), change))
    assert named(result, "LeadTime", statistic)


def test_one_lead_time_more_is_no_accumulation(busy: World) -> None:
    replies = all_replies(busy, questions=SPLITS[:1], ranges=("LastMonth",), every=("Daily",))
    for pick in range(8):
        wrong = plant(replies, ("LeadTime", "Count"), lambda count: count + 1, pick=pick)
        result = check(busy, wrong)
        assert (result.differs, result.explained) == (1, 0)


# Releases marked "Do not promote"


def test_releases_not_to_be_promoted(busy: World) -> None:
    releases = {(row.project_id, row.release_version) for row in busy.rows if row.successful}
    bad = frozenset(sorted(releases)[::5])
    options = Options(promoted=lambda row: (row.project_id, row.release_version) not in bad)
    replies = all_replies(busy, options, SPLITS, NEAR)
    assert check(busy, replies).differs > 0
    result = check(busy, replies, hints=Hints(do_not_promote=bad))
    assert result.differs == 0 < result.explained
    assert {one.cause.code for one in result.discrepancies} == {"promote"}
    wrong = plant(replies, ("DeploymentFailureRate", "Failed"), lambda value: value + 1)
    assert named(
        check(busy, wrong, hints=Hints(do_not_promote=bad)), "DeploymentFailureRate", "Failed"
    )


# Intervals from before the data


@pytest.fixture(scope="module")
def year() -> Year:
    """A world, the first day that its server lists, and the weeks it states: the first of them
    whole, with days before that."""
    world = build(seed=4, per_day=4, days=440, hide_names=False)
    first = world.today.replace(day=1, year=world.today.year - 1)
    options = Options(start=lambda today, name: first, clipped=False, before_listed=True)
    replies = all_replies(world, options, SPLITS[:1], ("LastYear",), ("Weekly",))
    rows = [row for row in listed(world) if local_date(row.completed, world.zone) >= first]
    week = replies[0][-1]["Series"][0]["Intervals"][0]
    assert week["StartOfInterval"] < first.isoformat()
    return world, rows, replies, week["StartOfInterval"]


def test_an_interval_that_begins_before_the_data_is_not_comparable(year: Year) -> None:
    world, rows, replies, week = year
    result = check(world, replies, rows=rows)
    assert result.differs == 0 < result.not_comparable
    assert {one.cause.code for one in result.discrepancies} == {"before_data"}
    assert {str(one.start_of_interval) for one in result.discrepancies} == {week}


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (
            0,
            lambda outcomes: outcomes | {"Total": 1, "Successful": 1, "Rate": 0},
        ),  # fewer than ours
        (0, lambda outcomes: outcomes | {"Total": outcomes["Total"] + 1}),  # no sum of the others
        (5, lambda outcomes: outcomes | {"Total": outcomes["Total"] + 1}),  # long after the first
    ],
)
def test_what_lies_before_the_data_excuses_no_planted_error(
    year: Year, place: int, change: Change
) -> None:
    world, rows, replies, _ = year
    wrong = copy.deepcopy(replies)
    interval = wrong[0][-1]["Series"][0]["Intervals"][place]
    interval["DeploymentFailureRate"] = change(interval["DeploymentFailureRate"])
    result = check(world, wrong, rows=rows)
    assert named(result, "DeploymentFailureRate", "Total")


# Series that Octopus leaves out, and values without a definition


def test_untenanted_deployments_that_no_table_has_are_left_out(small: World) -> None:
    options = Options(untenanted=None)
    questions = (("None", None), ("Tenant", None))
    result = check(small, all_replies(small, options, questions, ("LastYear",)))
    assert result.differs == 0 < result.explained
    assert {one.cause.code for one in result.discrepancies} == {"left_out"}


def test_a_series_that_one_table_lacks_differs(small: World) -> None:
    replies = all_replies(small, questions=(("Tenant", None),), ranges=("LastYear",))
    replies[1][-1]["Series"] = [
        one for one in replies[1][-1]["Series"] if one["Name"] != "Untenanted"
    ]
    result = check(small, replies)
    assert result.differs > 0 == result.explained
    assert {one.series for one in result.discrepancies} == {"Untenanted"}


def test_a_series_that_is_not_ours_differs(small: World) -> None:
    replies = all_replies(small, questions=SPLITS[1::-1], ranges=("LastYear",))
    series = replies[0][-1]["Series"]
    series.append({**series[0], "Name": "Somebody else's"})
    result = check(small, replies)
    assert result.differs > 0
    assert {one.series for one in result.discrepancies} == {"Somebody else's"}


def test_an_interval_stated_twice_differs(small: World) -> None:
    replies = all_replies(small, questions=SPLITS[1::-1], ranges=("LastYear",))
    intervals = replies[2][-1]["Series"][0]["Intervals"]
    intervals.append(copy.deepcopy(intervals[5]))
    result = check(small, replies)
    assert result.differs > 0
    assert len({one.start_of_interval for one in result.discrepancies}) == 1


def test_a_value_without_a_definition_is_counted_as_not_comparable(small: World) -> None:
    replies = all_replies(small, questions=(("None", None),), ranges=("LastYear",))
    before = check(small, replies).figures
    replies[0][-1]["Series"][0]["Intervals"][0]["LeadTime"]["NinetyNinth"] = "1:00:00.0"
    result = check(small, replies)
    assert (result.figures, result.not_comparable) == (before + 1, 1)
    assert [one.cause.code for one in result.discrepancies] == ["undefined"]


# Words


def test_names_are_told_apart_that_are_the_same(small: World) -> None:
    replies = all_replies(small, questions=(("Project", None),))
    for *_, reply in replies:
        reply["Series"].reverse()
    assert check(small, replies).discrepancies == ()


def test_the_report_shows_both_values_the_deployments_and_the_likeliest_cause(small: World) -> None:
    replies = all_replies(small, questions=(("Project", None),), ranges=("LastYear",))
    wrong = plant(replies, ("LeadTime", "Max"), lambda text: "0:00:01.0", pick=3)
    result = check(small, wrong)
    (one,) = result.discrepancies
    assert one.verdict is CheckVerdict.DIFFERS
    assert one.stated == TICKS
    assert one.difference == number(one.stated) - number(one.recomputed)
    assert 0 < len(one.deployment_ids) == one.deployments
    lines = "\n".join(report_lines(result))
    assert "Differs (1)" in lines
    assert "LeadTime.Max: stated 0:00:01.0, recomputed " in lines
    assert one.deployment_ids[0] in lines
    assert str(one.cause) in lines


def test_a_name_cannot_command_the_terminal(small: World) -> None:
    replies = all_replies(small, questions=(("Project", None),), ranges=("LastYear",))
    replies[0][-1]["Series"][0]["Name"] = "\x1b[2Jgone\n\u202e"
    lines = report_lines(check(small, replies))
    assert all(line.isprintable() for line in lines)


def test_a_thousand_figures_that_differ_are_all_listed(small: World) -> None:
    replies = all_replies(small, questions=SPLITS[:2], ranges=("LastYear",))
    for *_, reply in replies:
        for series in reply["Series"]:
            for interval in series["Intervals"]:
                interval["LeadTime"]["Mean"] = "0:00:01.0"
    result = check(small, replies)
    assert len(found(result, "differs")) == result.differs > 1000
