"""Deployments of every kind for Hypothesis: many streams, ties, nulls, negatives, DST days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.metrics.reference import TICKS, Row, Rules

ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Africa/Cairo",
    "America/Asuncion",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kolkata",
)
# Days on which a clock of one of these zones changes, and the ends of months and years.
DAYS = (
    date(2011, 12, 29),  # Apia skips the 30th
    date(2015, 1, 1),
    date(2023, 4, 27),  # Cairo's midnight does not exist on the 28th
    date(2024, 2, 28),
    date(2024, 10, 5),  # Asuncion, Lord Howe
    date(2025, 3, 30),  # London
    date(2025, 11, 1),  # New York
    date(2026, 8, 30),
    date(2035, 12, 31),
)
STATES = ("Success", "Success", "Success", "Failed", "Canceled", "TimedOut", "Odd state")
TAGS = ("Region/Europe", "region/EUROPE", "Region/Asia", "Ring/One", "Ring/Two")

RULES = st.builds(
    Rules,
    week_start=st.sampled_from(("Sunday", "Monday")),
    percentile=st.sampled_from(
        ("linear", "nearest_rank", "floor_rank", "lower", "higher", "exclusive")
    ),
    median=st.sampled_from(("linear", "nearest_rank", "floor_rank")),
    count_as_failed=st.sampled_from(
        (frozenset(), frozenset({"Canceled"}), frozenset({"TimedOut", "Odd state"}))
    ),
    edge=st.sampled_from(("clipped", "whole")),
    project_groups=st.just({"Projects-1": "ProjectGroups-1", "Projects-2": "ProjectGroups-2"}),
    project_group_names=st.just({"ProjectGroups-1": "Web"}),
    environment_groups=st.sampled_from(
        (
            (("Test", ("Environments-1",)), ("Production", ("Environments-2",))),
            (
                ("All of them", ("Environments-1", "Environments-2", "Environments-3")),
                ("Production", ("Environments-2",)),
            ),
            (("Elsewhere", ("Environments-9",)),),
        )
    ),
    tenant_tags=st.dictionaries(
        st.sampled_from(("Tenants-1", "Tenants-2", "Tenants-3")),
        st.lists(st.sampled_from(TAGS), max_size=4).map(tuple),
        max_size=3,
    ),
    tag_sets=st.just({"TagSets-1": "Region", "TagSets-2": "Ring"}),
)

_OFFSETS = st.one_of(
    st.integers(-90 * 60, 90 * 60).map(lambda minutes: minutes * 60 * TICKS),
    st.sampled_from((0, 1, -1, TICKS)),
)
_DURATIONS = st.one_of(
    st.none(),
    st.integers(-(10**13), 10**15),
    st.sampled_from((0, 1, 2, 3, 10**16, -(10**16), 9 * 10**16, -9 * 10**16)),
)

Case = tuple[str, list[Row], date, date]


@st.composite
def deployments(draw: st.DrawFn, least: int = 0, most: int = 24) -> Case:
    """A zone, a list of `Row`, and a range of dates that holds some of them."""
    zone = draw(st.sampled_from(ZONES))
    day = draw(st.sampled_from(DAYS))
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    around = int((midnight - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * TICKS
    size = draw(st.integers(least, most))
    rows = [draw(row(number, around)) for number in range(size)]
    start = day - timedelta(days=draw(st.sampled_from((0, 1, 13, 70))))
    end = day + timedelta(days=draw(st.sampled_from((1, 2, 17, 66))))
    return zone, rows, start, end


@st.composite
def row(draw: st.DrawFn, number: int, around: int) -> Row:
    streams = st.sampled_from(("1", "2", "3"))
    project, environment = draw(streams), draw(streams)
    tenant = draw(st.sampled_from((None, "Tenants-1", "Tenants-2", "Tenants-3")))
    guided = draw(st.integers(0, 9)) == 0
    return Row(
        deployment_id=f"Deployments-{number}",
        completed=draw(st.one_of(*[_OFFSETS.map(lambda offset: around + offset)] * 9, st.none())),
        project_id=f"Projects-{project}",
        project_name={"1": "Shop", "2": "Shop", "3": None}[project],
        environment_id=f"Environments-{environment}",
        environment_name={"1": "Test", "2": "Production", "3": None}[environment],
        tenant_id=tenant,
        tenant_name=tenant and f"Tenant {tenant[-1]}",
        stream=int(project) * 100 + int(environment) * 10 + int(tenant[-1] if tenant else 0),
        release_version=draw(st.sampled_from(("1.0", "1.1", "1.10", "3f2a9c1"))),
        task_state=draw(st.sampled_from(STATES)),
        had_guided_failure=guided,
        lead_time=draw(_DURATIONS),
        time_since_previous=draw(_DURATIONS),
        time_to_recovery=draw(_DURATIONS),
        deployments_until_recovery=draw(st.one_of(st.none(), st.integers(1, 9))),
    )
