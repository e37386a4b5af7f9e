"""One way from a URL to 21 tables of figures, in a process of its own; prints JSON.

    python benchmarks/data_path_ways.py WAY URL

Every way downloads the reply, flattens it and computes, for 7 splits and 3 granularities, the
counts and of three durations and one number the count, mean, median, minimum, maximum, 90th and
95th percentile. ``orjson alone`` only parses. Time begins after the imports and ends when all the
tables are there; the printed check, what all ways must agree on, is added up from them afterwards.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

sys.path.insert(0, str(Path(__file__).parent))
import data_path_body as body

if TYPE_CHECKING:
    from insights_reports.metrics import Granularity, Split

SPLITS: "tuple[Literal['Tags'] | Split, ...]" = (
    "None",
    "Project",
    "ProjectGroup",
    "Environment",
    "EnvironmentGroup",
    "Tenant",
    "Tags",
)
GRANULARITIES: "tuple[Granularity, ...]" = ("Daily", "Weekly", "Monthly")
DURATIONS = ("LeadTime", "TimeSincePreviouslySuccessfulDeployment", "TimeToRecovery")
MEASURES = (*DURATIONS, "DeploymentsUntilRecovery")
Sums = tuple[float, ...]


def ours(url: str) -> list[Any]:
    from zoneinfo import ZoneInfo

    import requests

    from insights_reports.metrics import Lookups, Tabulator
    from insights_reports.octopus import read_deployments

    groups: dict[str, tuple[str, ...]] = {}
    for environment, group in body.ENVIRONMENT_GROUPS.items():
        groups[group] = (*groups.get(group, ()), environment)
    lookups = Lookups(
        body.PROJECT_GROUPS,
        {group: group for group in body.PROJECT_GROUPS.values()},
        tuple(groups.items()),
        body.TENANT_TAGS,
        {"TagSets-1": "Region"},
    )
    with requests.get(url, stream=True, timeout=600) as response:
        raw: Any = response.raw
        table = read_deployments(raw).table
    tabulator = Tabulator(table, ZoneInfo(body.ZONE), lookups)
    end = body.FIRST_DAY + timedelta(days=body.DAYS + 1)
    return [
        tabulator.figures(
            "TenantTagSet" if split == "Tags" else split,
            body.FIRST_DAY,
            end,
            granularity,
            tag_set="TagSets-1",
        )
        for split in SPLITS
        for granularity in GRANULARITIES
    ]


def _our_sums(figures: Any) -> Sums:
    median = figures["lead_time_median"].dt.total_seconds().sum()
    p95 = figures["time_since_previous_p95"].dt.total_seconds().sum()
    return len(figures), figures["total"].sum(), figures["failed"].sum(), median, p95


def plain_pandas(url: str) -> list[Any]:
    import pandas as pd
    import requests

    rows: list[dict[str, Any]] = []
    for stream in requests.get(url, timeout=600).json()["Streams"]:
        shared = {key: value for key, value in stream.items() if key != "Deployments"}
        rows.extend({**shared, **deployment} for deployment in stream["Deployments"])
    frame = pd.DataFrame(rows)
    completed = pd.to_datetime(frame["CompletedTime"], format="ISO8601", utc=True)
    day = completed.dt.tz_convert(body.ZONE).dt.tz_localize(None).dt.normalize()
    for name in DURATIONS:
        frame[name] = pd.to_timedelta(frame[name])
    frame["DeploymentsUntilRecovery"] = frame["DeploymentsUntilRecovery"].astype(float)
    success = frame["TaskState"] == "Success"
    guided = success & frame["HadGuidedFailure"]
    frame["Failed"] = guided | (frame["TaskState"] == "Failed")
    frame["Total"] = success | (frame["TaskState"] == "Failed")
    frame["Daily"] = day
    frame["Weekly"] = day - pd.to_timedelta((day.dt.day_of_week + 1) % 7, unit="D")
    frame["Monthly"] = day - pd.to_timedelta(day.dt.day - 1, unit="D")
    frame["None"] = "All"
    frame["Project"], frame["Environment"] = frame["ProjectId"], frame["EnvironmentId"]
    frame["ProjectGroup"] = frame["ProjectId"].map(body.PROJECT_GROUPS)
    frame["EnvironmentGroup"] = frame["EnvironmentId"].map(body.ENVIRONMENT_GROUPS)
    frame["Tenant"] = frame["TenantId"].fillna("Untenanted")
    tags = frame.merge(pd.DataFrame(_tags(), columns=["Tenant", "Tags"]), on="Tenant")
    tables = []
    for split in SPLITS:
        source = tags if split == "Tags" else frame
        for granularity in GRANULARITIES:
            grouped = source.groupby([split, granularity])
            counts = grouped[["Total", "Failed"]].sum()
            found = {name: grouped[name].agg(["count", "mean", "min", "max"]) for name in MEASURES}
            points = {p: grouped[list(MEASURES)].quantile(p) for p in (0.5, 0.9, 0.95)}
            tables.append((counts, found, points))
    return tables


def _pandas_sums(table: Any) -> Sums:
    counts, _, points = table
    median = points[0.5]["LeadTime"].dt.total_seconds().sum()
    p95 = points[0.95]["TimeSincePreviouslySuccessfulDeployment"].dt.total_seconds().sum()
    return len(counts), counts["Total"].sum(), counts["Failed"].sum(), median, p95


def whole_polars(url: str) -> list[Any]:
    import polars as pl
    import requests

    deployment = {
        "TaskState": pl.String,
        "CompletedTime": pl.String,
        "HadGuidedFailure": pl.Boolean,
        **dict.fromkeys(DURATIONS, pl.String),
        "DeploymentsUntilRecovery": pl.Float64,
    }
    stream = {
        "ProjectId": pl.String,
        "EnvironmentId": pl.String,
        "TenantId": pl.String,
        "Deployments": pl.List(pl.Struct(deployment)),
    }
    content = requests.get(url, timeout=600).content
    document = pl.read_json(content, schema={"Streams": pl.List(pl.Struct(stream))})
    frame = document.explode("Streams").unnest("Streams").explode("Deployments")
    frame = frame.unnest("Deployments")
    local = pl.col("CompletedTime").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ns")
    day = local.dt.replace_time_zone("UTC").dt.convert_time_zone(body.ZONE).dt.date()
    success = pl.col("TaskState") == "Success"
    guided = success & pl.col("HadGuidedFailure")
    frame = frame.with_columns(
        *[_polars_ticks(pl, name) for name in DURATIONS],
        Total=success | (pl.col("TaskState") == "Failed"),
        Failed=guided | (pl.col("TaskState") == "Failed"),
        Daily=day,
        None_=pl.lit("All"),
        Project="ProjectId",
        Environment="EnvironmentId",
        ProjectGroup=pl.col("ProjectId").replace_strict(body.PROJECT_GROUPS),
        EnvironmentGroup=pl.col("EnvironmentId").replace_strict(body.ENVIRONMENT_GROUPS),
        Tenant=pl.col("TenantId").fill_null("Untenanted"),
    ).rename({"None_": "None"})
    frame = frame.with_columns(
        Weekly=pl.col("Daily") - pl.duration(days=pl.col("Daily").dt.weekday() % 7),
        Monthly=pl.col("Daily").dt.truncate("1mo"),
    )
    tags = frame.join(pl.DataFrame(_tags(), schema=["Tenant", "Tags"], orient="row"), on="Tenant")
    statistics = [
        expression.alias(f"{name}_{statistic}")
        for name in MEASURES
        for statistic, expression in _polars_statistics(pl, name).items()
    ]
    return [
        (tags if split == "Tags" else frame)
        .group_by(split, granularity)
        .agg(pl.col("Total").sum(), pl.col("Failed").sum(), *statistics)
        for split in SPLITS
        for granularity in GRANULARITIES
    ]


def _polars_sums(found: Any) -> Sums:
    median = found["LeadTime_median"].sum() / 10_000_000
    p95 = found["TimeSincePreviouslySuccessfulDeployment_p95"].sum() / 10_000_000
    return len(found), found["Total"].sum(), found["Failed"].sum(), median, p95


def _polars_ticks(pl: Any, name: str) -> Any:
    negative = pl.col(name).str.starts_with("-")
    parts = pl.col(name).str.strip_prefix("-").str.split_exact(":", 2)
    hours, minutes = (parts.struct.field(f"field_{n}").cast(pl.Int64) for n in (0, 1))
    seconds = parts.struct.field("field_2")
    whole = seconds.str.head(2).cast(pl.Int64)
    fraction = seconds.str.slice(3).str.pad_end(7, "0").cast(pl.Int64)
    ticks = ((hours * 60 + minutes) * 60 + whole) * 10_000_000 + fraction
    return pl.when(negative).then(-ticks).otherwise(ticks).alias(name)


def _polars_statistics(pl: Any, name: str) -> dict[str, Any]:
    column = pl.col(name)
    return {
        "count": column.count(),
        "mean": column.mean(),
        "median": column.median(),
        "min": column.min(),
        "max": column.max(),
        "p90": column.quantile(0.9, "linear"),
        "p95": column.quantile(0.95, "linear"),
    }


def whole_duckdb(url: str) -> list[Any]:
    import tempfile

    import duckdb
    import requests

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reply.json"
        size = path.write_bytes(requests.get(url, timeout=600).content)
        connection = duckdb.connect()
        connection.execute(_DUCKDB_LOAD, {"path": str(path), "size": size})
    connection.execute("create table tags(Tenant varchar, Tags varchar)")
    connection.executemany("insert into tags values (?, ?)", _tags())
    for name, mapping in (
        ("project_groups", body.PROJECT_GROUPS),
        ("environment_groups", body.ENVIRONMENT_GROUPS),
    ):
        connection.execute(f"create table {name}(Id varchar, Name varchar)")
        connection.executemany(f"insert into {name} values (?, ?)", list(mapping.items()))
    connection.execute(_DUCKDB_FLAT)
    statistics = ",".join(_duckdb_statistics(name) for name in MEASURES)
    tables = []
    for split in SPLITS:
        source = "flat join tags using (Tenant)" if split == "Tags" else "flat"
        for granularity in GRANULARITIES:
            query = (
                f"select count_if(Total) as Total, count_if(Failed) as Failed, {statistics} "
                f'from {source} group by "{split}", {granularity}'
            )
            tables.append(connection.execute(query).to_arrow_table())
    return tables


def _duckdb_sums(table: Any) -> Sums:
    def added(name: str, place: int) -> float:
        lists = table[name].drop_null()
        return float(sum(one[place].as_py() for one in lists)) / 10_000_000

    columns = table.select(["Total", "Failed"]).to_pydict()
    return (
        table.num_rows,
        sum(columns["Total"]),
        sum(columns["Failed"]),
        added("LeadTime_quantiles", 0),
        added("TimeSincePreviouslySuccessfulDeployment_quantiles", 2),
    )


def _duckdb_statistics(name: str) -> str:
    """One list of quantiles: asked for one by one, duckdb would sort the values three times."""
    return (
        f"count({name}) as {name}_count, avg({name}) as {name}_mean, min({name}) as {name}_min, "
        f"max({name}) as {name}_max, quantile_cont({name}, [0.5, 0.9, 0.95]) as {name}_quantiles"
    )


def _duckdb_ticks(measure: str) -> str:
    name = f"d.{measure}"
    clock = f"split_part({name}, ':', 3)"
    return (
        f"(case when {name} like '-%' then -1 else 1 end) * "
        f"((abs(split_part({name}, ':', 1)::bigint) * 60 + split_part({name}, ':', 2)::bigint) * 60"
        f" + left({clock}, 2)::bigint) * 10000000"
        f" + (case when {name} like '-%' then -1 else 1 end) *"
        f" rpad(substr({clock}, 4), 7, '0')::bigint as {measure}"
    )


# Unless told that the document is one record, duckdb parses it several times to find out.
_DUCKDB_LOAD = """
create table streams as select unnest(Streams, recursive := false) as s from read_json($path,
  format = 'unstructured', records = true, maximum_object_size = $size + 1,
  columns = {Streams: 'STRUCT(ProjectId VARCHAR, EnvironmentId VARCHAR, TenantId VARCHAR,
  Deployments STRUCT(TaskState VARCHAR, CompletedTime VARCHAR, HadGuidedFailure BOOLEAN,
  LeadTime VARCHAR, TimeSincePreviouslySuccessfulDeployment VARCHAR,
  TimeToRecovery VARCHAR, DeploymentsUntilRecovery DOUBLE)[])[]'})
"""
_DUCKDB_FLAT = f"""
create table flat as
with one as (
  select s.ProjectId, s.EnvironmentId, s.TenantId, unnest(s.Deployments) as d from streams),
dated as (select *, timezone('{body.ZONE}', d.CompletedTime::timestamptz)::date as Daily from one)
select 'All' as "None", ProjectId as Project, EnvironmentId as Environment,
  project_groups.Name as ProjectGroup, environment_groups.Name as EnvironmentGroup,
  coalesce(TenantId, 'Untenanted') as Tenant, Daily,
  Daily - (dayofweek(Daily))::integer as Weekly, date_trunc('month', Daily) as Monthly,
  d.TaskState in ('Success', 'Failed') as Total,
  d.TaskState = 'Failed' or (d.TaskState = 'Success' and d.HadGuidedFailure) as Failed,
  {", ".join(_duckdb_ticks(name) for name in DURATIONS)},
  d.DeploymentsUntilRecovery as DeploymentsUntilRecovery
from dated join project_groups on ProjectId = project_groups.Id
  join environment_groups on EnvironmentId = environment_groups.Id
"""


def orjson_alone(url: str) -> list[Any]:
    import orjson
    import requests

    return [orjson.loads(requests.get(url, timeout=600).content)]


def _tags() -> list[tuple[str, str]]:
    """Tenant and tag, one line for each series that the tenant counts in."""
    pairs = [(tenant, tag) for tenant, tags in body.TENANT_TAGS.items() for tag in tags]
    untagged = [(tenant, "Untagged") for tenant, tags in body.TENANT_TAGS.items() if not tags]
    return [*pairs, *untagged, ("Untenanted", "Untenanted")]


Way = Callable[[str], list[Any]]
WAYS: dict[str, tuple[Way, Callable[[Any], Sums] | None, tuple[str, ...]]] = {
    "ours": (
        ours,
        _our_sums,
        (
            "requests",
            "pyarrow.pandas_compat",
            "insights_reports.metrics",
            "insights_reports.octopus",
        ),
    ),
    "pandas": (plain_pandas, _pandas_sums, ("requests", "pandas")),
    "duckdb": (whole_duckdb, _duckdb_sums, ("requests", "duckdb", "pyarrow")),
    "polars": (whole_polars, _polars_sums, ("requests", "polars")),
    "orjson alone": (orjson_alone, None, ("requests", "orjson")),
}
"""Each way, what its tables add up to, and what is imported before its time begins."""


def main() -> None:
    name, url = sys.argv[1:]
    way, sums, modules = WAYS[name]
    for module in modules:
        importlib.import_module(module)
    before = _peak()
    cpu, wall = time.process_time(), time.perf_counter()
    tables = way(url)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    result: dict[str, Any] = {"wall": wall, "cpu": cpu, "peak_mb": _peak() - before}
    if sums is not None:
        added = [sum(map(float, column)) for column in zip(*map(sums, tables), strict=True)]
        result["check"] = dict(
            zip(("rows", "total", "failed", "lead_medians", "gap_p95s"), added, strict=True)
        )
    print(json.dumps(result))


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
