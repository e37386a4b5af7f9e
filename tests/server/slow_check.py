"""The aggregated metrics computed again, slowly, from the replies of the API alone.

Plain integers and fractions; shares nothing with the server but the words of the API.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

SECOND = 10_000_000
MEASURES = {
    "LeadTime": "LeadTime",
    "TimeSincePreviousDeployment": "TimeSincePreviouslySuccessfulDeployment",
    "MeanTimeToRecovery": "TimeToRecovery",
    "DeploymentsUntilRecovery": "DeploymentsUntilRecovery",
}


def ticks(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = text.lstrip("-").split(":")
    whole, fraction = seconds.split(".")
    return sign * (
        (int(hours) * 3600 + int(minutes) * 60 + int(whole)) * SECOND + int(fraction.ljust(7, "0"))
    )


def duration(number: Fraction) -> str:
    seconds = round(number / SECOND)
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02d}:{rest % 60:02d}.0"


def flat(reply: dict[str, Any], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Every deployment with its stream's ids and its local date."""
    rows = []
    for stream in reply["Streams"]:
        keys = {key: stream[key] for key in stream if key != "Deployments"}
        for deployment in stream["Deployments"]:
            completed = datetime.fromisoformat(deployment["CompletedTime"])
            rows.append(keys | deployment | {"day": completed.astimezone(zone).date()})
    return rows


def interval_of(granularity: str, day: date) -> date:
    if granularity == "Daily":
        return day
    if granularity == "Monthly":
        return day.replace(day=1)
    while day.strftime("%A") != "Sunday":
        day -= timedelta(days=1)
    return day


def range_start(time_range: str, today: date) -> date:
    back = {"LastMonth": 1, "LastQuarter": 3, "LastYear": 12}[time_range]
    year, month = today.year, today.month - back
    while month < 1:
        year, month = year - 1, month + 12
    for day in range(today.day, 0, -1):
        try:
            return date(year, month, day)
        except ValueError:
            continue
    raise AssertionError


def statistics(values: list[int], show: Callable[[Fraction], Any]) -> dict[str, Any]:
    if not values:
        return {"Count": 0, "Mean": None, "Median": None, "Min": None, "Max": None} | {
            "NinetyFifth": None
        }
    values = sorted(values)

    def percentile(p: Fraction) -> Fraction:
        position = p * (len(values) - 1)
        below = int(position)
        above = min(below + 1, len(values) - 1)
        return values[below] + (position - below) * (values[above] - values[below])

    return {
        "Count": len(values),
        "Mean": show(Fraction(sum(values), len(values))),
        "Median": show(percentile(Fraction(1, 2))),
        "Min": show(Fraction(values[0])),
        "Max": show(Fraction(values[-1])),
        "NinetyFifth": show(percentile(Fraction(95, 100))),
    }


def figures(day: date, rows: list[dict[str, Any]]) -> dict[str, Any]:
    failed = sum(row["TaskState"] == "Failed" for row in rows)
    guided = sum(row["TaskState"] == "Success" and row["HadGuidedFailure"] for row in rows)
    good = sum(row["TaskState"] == "Success" and not row["HadGuidedFailure"] for row in rows)
    total = good + failed + guided
    result: dict[str, Any] = {
        "StartOfInterval": str(day),
        "NumberOfSuccessfulDeployments": good,
        "DeploymentFailureRate": {
            "Successful": good,
            "DeploymentFailure": failed,
            "SuccessfulButHadGuidedFailure": guided,
            "Total": total,
            "Failed": failed + guided,
            "Rate": float(round(Fraction(failed + guided, total), 5)) if total else None,
        },
    }
    for name, key in MEASURES.items():
        values = [row[key] for row in rows if row[key] is not None]
        if name == "DeploymentsUntilRecovery":
            result[name] = statistics(values, lambda number: float(round(number, 5)))
        else:
            result[name] = statistics([ticks(value) for value in values], duration)
    return result


def metrics(
    rows: list[dict[str, Any]],
    series_of: Callable[[dict[str, Any]], Iterator[str]],
    time_range: str,
    granularity: str,
    today: date,
) -> dict[str, list[dict[str, Any]]]:
    """{series: intervals}, a series for every name that `series_of` gives within the range."""
    start = range_start(time_range, today)
    days = [start + timedelta(days=n) for n in range((today - start).days + 1)]
    intervals = sorted({interval_of(granularity, day) for day in days})
    cells: dict[str, dict[date, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if start <= row["day"] <= today:
            for name in set(series_of(row)):
                cells[name][interval_of(granularity, row["day"])].append(row)
    return {
        name: [figures(day, found.get(day, [])) for day in intervals]
        for name, found in cells.items()
    }
