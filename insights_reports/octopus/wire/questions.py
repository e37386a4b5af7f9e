"""Questions to ``/metrics``: how they are asked, called in a pull, and answered as JSON."""

from typing import Any, get_args

from insights_reports.errors import UsageError
from insights_reports.octopus.resources import Metrics, read
from insights_reports.spelling.stated import Question
from insights_reports.spelling.strict import parse_json
from insights_reports.spelling.terms import Granularity, Split, TimeRange
from insights_reports.spelling.text import clean_text


def reply_name(asked: Question) -> str:
    """What the reply to a question is called in a pull."""
    tag_set = asked.tag_set if asked.split == "TenantTagSet" else None
    parts = (asked.split, tag_set, asked.time_range, asked.granularity)
    return "-".join(["metrics", *filter(None, parts)])


def metrics_params(asked: Question) -> dict[str, str]:
    """The query of ``/metrics`` for a question.

    Raises:
        UsageError: when one of its words is none of the API's.
    """
    for name, value, allowed in (
        ("split", asked.split, get_args(Split)),
        ("time range", asked.time_range, get_args(TimeRange)),
        ("granularity", asked.granularity, get_args(Granularity)),
    ):
        if value not in allowed:
            known = f"There are {', '.join(allowed)}."
            raise UsageError(f"There is no such {name}.", f"{value!a:.80}", known)
    params = {
        "split": asked.split,
        "timeRange": asked.time_range,
        "granularity": asked.granularity,
    }
    if asked.split != "TenantTagSet":
        return params
    if not asked.tag_set:
        raise UsageError("The split TenantTagSet needs a tag set.", "No tag set is given.")
    return {**params, "tenantTagSetId": asked.tag_set}


def metrics_object(body: bytes) -> dict[str, Any]:
    """The reply of ``/metrics`` as the API's JSON object, names cleaned."""
    reply = parse_json(body, clean=False)
    read(Metrics, reply)
    return {
        **reply,
        "Series": [
            {**series, "Name": series["Name"] and clean_text(series["Name"])}
            for series in reply["Series"]
        ],
    }
