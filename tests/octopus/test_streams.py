"""The reply of /deployments becomes the table exactly, in whatever pieces and spelling it comes."""

import csv
import io
import json
import os
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights_reports.errors import BadReply
from insights_reports.octopus import print_duration, print_instant, read_deployments, to_api, to_csv
from insights_reports.octopus.deployments import pieces
from insights_reports.octopus.deployments.streams import COLUMNS

THOROUGH = "THOROUGH" in os.environ

# Names that look like the places where the reply is cut, and other traps.
NASTY = [
    'a]},{"B',
    ']},{"ProjectId":"x',
    '"]}, {\n"X',
    "}]}",
    '\\"]},{\\"X',
    "\\",
    '"Streams":[',
    "{[(",
    "=1+1",
    "Zürich 🚀",
    "\u2028",
    "-2:32:31.0",
    "]},{",
    '\\u0022]},{"Q',
    "'",
    "",
    " ",
]
NAMES = st.sampled_from(NASTY) | st.text(max_size=8)
TICKS = st.none() | st.integers(-(10**14), 10**14)
VERSIONS = st.none() | st.sampled_from(["1.0", "1.10", "2.0.0-beta", *NASTY])


def optional(texts: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | texts


DEPLOYMENTS = st.fixed_dictionaries(
    {
        "ReleaseVersion": VERSIONS,
        "TaskState": st.sampled_from(["Success", "Failed", "Canceled", "Odd]},{"]),
        "CompletedTime": st.integers(15 * 10**15, 18 * 10**15),
        "HadGuidedFailure": st.booleans(),
        "LeadTime": TICKS,
        "LeadTimeCalculatedFromVersion": VERSIONS,
        "TimeSincePreviouslySuccessfulDeployment": TICKS,
        "PreviousSuccessfulDeploymentId": optional(NAMES),
        "TimeToRecovery": TICKS,
        "DeploymentsUntilRecovery": st.none() | st.sampled_from([1.0, 2, 3.5]),
        "RecoveredFromFailedDeploymentId": optional(NAMES),
        "RecoveredFromFailedReleaseVersion": VERSIONS,
    }
)
STREAMS = st.fixed_dictionaries(
    {
        "ProjectId": NAMES,
        "ProjectName": optional(NAMES),
        "ChannelId": NAMES,
        "ChannelName": optional(NAMES),
        "EnvironmentId": NAMES,
        "EnvironmentName": optional(NAMES),
        "TenantId": optional(NAMES),
        "TenantName": optional(NAMES),
        "Deployments": st.lists(DEPLOYMENTS, max_size=4),
    }
)
LAYOUTS = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2]),
        "ensure_ascii": st.booleans(),
        "sort_keys": st.booleans(),
        "separators": st.sampled_from([None, (",", ":")]),
    }
)
DURATIONS = {
    "lead_time": "LeadTime",
    "time_since_previous": "TimeSincePreviouslySuccessfulDeployment",
    "time_to_recovery": "TimeToRecovery",
}
FIELDS = {
    "release_version": "ReleaseVersion",
    "task_state": "TaskState",
    "had_guided_failure": "HadGuidedFailure",
    "lead_time_from_version": "LeadTimeCalculatedFromVersion",
    "previous_successful_id": "PreviousSuccessfulDeploymentId",
    "deployments_until_recovery": "DeploymentsUntilRecovery",
    "recovered_from_id": "RecoveredFromFailedDeploymentId",
    "recovered_from_version": "RecoveredFromFailedReleaseVersion",
}


def document(streams: list[dict[str, Any]], name: str = "Report", **layout: Any) -> bytes:
    """The reply in JSON; durations and instants are given in ticks, ids are counted."""
    count = 0
    spelled = []
    for stream in streams:
        deployments = []
        for values in stream["Deployments"]:
            count += 1
            printed = {field: _printed(values[field]) for field in DURATIONS.values()}
            at = print_instant(values["CompletedTime"])
            deployments.append(
                {"Id": f"Deployments-{count}", **values, **printed, "CompletedTime": at}
            )
        spelled.append({**stream, "Deployments": deployments})
    return json.dumps({"ReportName": name, "Streams": spelled}, **layout).encode()


def _printed(ticks: int | None) -> str | None:
    return None if ticks is None else print_duration(ticks)


def expected(streams: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for ordinal, stream in enumerate(streams):
        for values in stream["Deployments"]:
            row = {"deployment_id": f"Deployments-{len(rows) + 1}", "stream": ordinal}
            for what in ("Project", "Channel", "Environment", "Tenant"):
                row[f"{what.lower()}_id"] = _clean(stream[f"{what}Id"])
                row[f"{what.lower()}_name"] = _clean(stream[f"{what}Name"])
            row |= {column: _clean(values[field]) for column, field in FIELDS.items()}
            row |= {
                column: None if values[field] is None else values[field] * 100
                for column, field in DURATIONS.items()
            }
            row["completed"] = values["CompletedTime"] * 100
            rows.append(row)
    return rows


def _clean(value: Any) -> Any:
    # The generated texts hold no other line breaks or controls than these.
    from insights_reports.octopus import clean_text

    return clean_text(value) if isinstance(value, str) else value


def rows_of(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The table's rows as plain values; instants and durations in nanoseconds."""
    plain: dict[str, list[Any]] = {}
    for name in map(str, table):
        column = table[name]
        if column.dtype.kind in "Mm":
            numbers = column.astype("int64")
            plain[name] = numbers.astype(object).where(column.notna(), None).tolist()
        else:
            plain[name] = column.astype(object).where(column.notna(), None).tolist()
    return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]


class Trickle(io.RawIOBase):
    """A body that arrives in pieces of at most so many bytes."""

    def __init__(self, body: bytes, most: int) -> None:
        self._body = io.BytesIO(body)
        self._most = most

    def read(self, size: int = -1) -> bytes:
        return self._body.read(self._most if size < 0 else min(size, self._most))


@settings(
    max_examples=300 if THOROUGH else 30,
)
@given(st.lists(STREAMS, max_size=5), NAMES, LAYOUTS, st.integers(1, 400), st.integers(1, 400))
def test_the_table_is_the_reply(
    streams: list[dict[str, Any]], name: str, layout: dict[str, Any], piece: int, chunk: int
) -> None:
    body = document(streams, name, **layout)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_PIECE_SIZE", piece)
        found = read_deployments(Trickle(body, chunk))  # type: ignore[arg-type]
    assert found.report_name == _clean(name)
    assert rows_of(found.table[sorted(COLUMNS)]) == [
        dict(sorted(row.items())) for row in expected(streams)
    ]


VALUES = {
    "ReleaseVersion": "1.0",
    "TaskState": "Success",
    "CompletedTime": 16 * 10**15 + 1,
    "HadGuidedFailure": False,
    "LeadTime": 12345678901,
    "LeadTimeCalculatedFromVersion": "0.9",
    "TimeSincePreviouslySuccessfulDeployment": None,
    "PreviousSuccessfulDeploymentId": None,
    "TimeToRecovery": -1,
    "DeploymentsUntilRecovery": 1.0,
    "RecoveredFromFailedDeploymentId": "Deployments-0",
    "RecoveredFromFailedReleaseVersion": None,
}
FIXED: list[dict[str, Any]] = [
    {
        "ProjectId": f"Projects-{n}",
        "ProjectName": name,
        "ChannelId": "Channels-1",
        "ChannelName": None,
        "EnvironmentId": "Environments-1",
        "EnvironmentName": "Production",
        "TenantId": None,
        "TenantName": None,
        "Deployments": [VALUES] * (n % 3),
    }
    for n, name in enumerate(NASTY)
]


@pytest.mark.parametrize(
    "layout", [{"separators": (",", ":")}, {"indent": 1}], ids=["dense", "indented"]
)
def test_it_may_be_cut_at_every_size(
    layout: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = document(FIXED, **layout)
    want = expected(FIXED)
    for size in range(1, len(body) + 1, 1 if THOROUGH else 397):
        monkeypatch.setattr(pieces, "_PIECE_SIZE", size)
        monkeypatch.setattr(pieces, "_CHUNK", 1 + size % 977)
        table = read_deployments(body).table
        assert rows_of(table[[*want[0]]]) == want


@pytest.mark.parametrize("piece", [10, 1 << 20])
def test_a_cut_document_is_never_a_short_table(piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_PIECE_SIZE", piece)
    body = document(FIXED, separators=(",", ":"))
    for end in range(0, len(body), 1 if THOROUGH else 97):
        with pytest.raises(BadReply):
            read_deployments(body[:end])


@pytest.mark.slow
def test_one_wrong_character_is_an_error_or_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_PIECE_SIZE", 10)
    body = document(FIXED, separators=(",", ":"))
    for at in range(0, len(body), 1 if THOROUGH else 499):
        for character in b'",}]{[:x\\':
            broken = body[:at] + bytes([character]) + body[at + 1 :]
            try:
                whole = json.loads(broken)["Streams"]
                rows = sum(len(stream["Deployments"]) for stream in whole)
            except (ValueError, KeyError, TypeError):
                with pytest.raises(BadReply):
                    read_deployments(broken)
                continue
            try:
                found = read_deployments(broken)
            except BadReply:
                continue  # JSON, but not what is documented
            assert len(found.table) + sum(map(len, found.dropped.values())) == rows


def with_extra(**extra: Any) -> dict[str, Any]:
    return {**json.loads(document(FIXED)), **extra}


ODD: dict[str, bytes] = {
    "unknown lists of objects in deployments": json.dumps(
        {
            "ReportName": "R",
            "Streams": [
                {
                    **stream,
                    "Deployments": [
                        {**each, "Changes": [{"Commits": [1]}, {"Commits": []}]}
                        for each in stream["Deployments"]
                    ],
                    "Links": {"Self": [{"a": []}, {"b": []}]},
                }
                for stream in with_extra()["Streams"]
            ],
        }
    ).encode(),
    "another list of streams after": json.dumps(
        with_extra(Before=with_extra()["Streams"])
    ).encode(),
    "another list of streams before": json.dumps(
        {"Before": [{"x": []}, {"Streams": [], "y": []}], **with_extra()}
    ).encode(),
    "deployments first": json.dumps(
        {
            "Streams": [dict(reversed(stream.items())) for stream in with_extra()["Streams"]],
            "ReportName": "R",
        }
    ).encode(),
    "byte order mark": b"\xef\xbb\xbf" + document(FIXED),
    "blanks around": b" \r\n\t" + document(FIXED) + b"\n\n",
}


@pytest.mark.parametrize("piece", [1, 10, 1000, 1 << 20])
@pytest.mark.parametrize("odd", ODD)
def test_odd_but_proper_documents(odd: str, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_PIECE_SIZE", piece)
    want = expected(FIXED)
    assert rows_of(read_deployments(ODD[odd]).table[[*want[0]]]) == want


def test_lone_surrogates_and_line_breaks_are_cleaned() -> None:
    streams = json.loads(document(FIXED[1:2]))["Streams"]
    streams[0]["ProjectName"] = "\ud800Web\u2028site"
    streams[0]["Deployments"][0]["ReleaseVersion"] = "1\ud800"
    streams[0]["Deployments"][0]["PreviousSuccessfulDeploymentId"] = "D\n"
    for escaped in (True, False):
        if not escaped:
            streams[0]["ProjectName"] = "\ufffeWeb\u2028site"
            streams[0]["Deployments"][0]["ReleaseVersion"] = "1\x01"
        body = json.dumps({"ReportName": "a\u202eb", "Streams": streams}).encode()
        found = read_deployments(body)
        assert found.report_name == "a\ufffdb"
        assert list(found.table["project_name"]) == ["\ufffdWeb site"]
        assert list(found.table["release_version"]) == ["1\ufffd"]
        assert list(found.table["previous_successful_id"]) == ["D "]


def test_two_names_that_clean_to_one_are_one_category() -> None:
    streams = json.loads(document(FIXED[1:3]))["Streams"]
    streams[0]["ProjectName"], streams[1]["ProjectName"] = "a\tb", "a b"
    body = json.dumps({"ReportName": None, "Streams": streams}).encode()
    found = read_deployments(body)
    assert found.report_name == ""
    assert list(found.table["project_name"].cat.categories) == ["a b"]


def test_what_is_not_in_the_table_is_said() -> None:
    streams = json.loads(document([{**FIXED[2], "Deployments": [VALUES] * 4}]))["Streams"]
    first, second, third, fourth = streams[0]["Deployments"]
    second["Id"] = first["Id"]
    third["CompletedTime"] = None
    streams.append({**streams[0], "Deployments": [fourth]})
    found = read_deployments(json.dumps({"ReportName": "R", "Streams": streams}).encode())
    assert list(found.table["deployment_id"]) == [first["Id"], fourth["Id"]]
    assert list(found.table["stream"]) == [0, 0]
    assert found.dropped == {
        "duplicate": (first["Id"], fourth["Id"]),
        "not_completed": (third["Id"],),
    }


def test_ids_that_end_alike_are_not_one() -> None:
    ids = ["Deployments-1", "1", "A-1234567890", "B-1234567890", "1"]
    streams = json.loads(document([{**FIXED[2], "Deployments": [VALUES] * len(ids)}]))["Streams"]
    for deployment, deployment_id in zip(streams[0]["Deployments"], ids, strict=True):
        deployment["Id"] = deployment_id
    found = read_deployments(json.dumps({"ReportName": "R", "Streams": streams}).encode())
    assert list(found.table["deployment_id"]) == ids[:4]
    assert found.dropped == {"duplicate": ("1",)}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"Id": None}, "without Id"),
    "no state": ({"TaskState": None}, "(?s)without TaskState.*Id: Deployments-"),
    "no guided failure": ({"HadGuidedFailure": None}, "without HadGuidedFailure"),
    "a text for a truth": ({"HadGuidedFailure": "no"}, "form"),
    "a number for a text": ({"ReleaseVersion": 1.1}, "form"),
    "NaN": ({"DeploymentsUntilRecovery": float("nan")}, "DeploymentsUntilRecovery"),
}


IMPOSSIBLE: dict[str, tuple[str, Any]] = {
    "a word for a duration": ("LeadTime", "soon"),
    "400 years": ("TimeToRecovery", "3506328:00:00.0"),
    "61 minutes": ("TimeSincePreviouslySuccessfulDeployment", "1:61:00.0"),
    "a date without a zone": ("CompletedTime", "2022-08-18T14:28:15"),
    "the 31st of February": ("CompletedTime", "2022-02-31T14:28:15Z"),
    "the year 1500": ("CompletedTime", "1500-01-01T00:00:00Z"),
    "a version of 40,000 digits": ("ReleaseVersion", "9" * 40_000),
    "an id of 40,000 digits": ("PreviousSuccessfulDeploymentId", "Deployments-" + "9" * 40_000),
    "fewer than no deployments": ("DeploymentsUntilRecovery", -1),
}


@pytest.mark.parametrize("what", IMPOSSIBLE)
def test_an_impossible_value_costs_its_deployment_alone(what: str) -> None:
    field, value = IMPOSSIBLE[what]
    streams = json.loads(document(FIXED))["Streams"]
    wrong = streams[1]["Deployments"][0]
    everything = read_deployments(json.dumps({"Streams": streams}).encode()).table
    wrong[field] = value
    found = read_deployments(json.dumps({"Streams": streams}).encode())
    assert found.dropped == {f"impossible.{field}": (wrong["Id"],)}
    rest = everything[everything["deployment_id"] != wrong["Id"]]
    assert rows_of(found.table) == rows_of(rest)


def test_an_id_whose_first_statement_is_impossible_is_counted_by_its_second() -> None:
    streams = json.loads(document([{**FIXED[2], "Deployments": [VALUES] * 2}]))["Streams"]
    first, second = streams[0]["Deployments"]
    first["LeadTime"], second["Id"] = "soon", first["Id"]
    found = read_deployments(json.dumps({"Streams": streams}).encode())
    assert list(found.table["deployment_id"]) == [first["Id"]]
    assert found.dropped == {"impossible.LeadTime": (first["Id"],)}


def test_a_time_that_was_never_set_is_no_completion() -> None:
    streams = json.loads(document([{**FIXED[2], "Deployments": [VALUES] * 2}]))["Streams"]
    unset = streams[0]["Deployments"][0]
    unset["CompletedTime"] = "0001-01-01T00:00:00.000+00:00"
    found = read_deployments(json.dumps({"Streams": streams}).encode())
    assert found.dropped == {"not_completed": (unset["Id"],)}


@pytest.mark.parametrize("body", [b'{"ReportName":"x"', b'{"Streams":null,"x":"'])
def test_a_body_without_streams_is_refused_in_linear_time(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is searched once, but for the little by which a match may cross two chunks."""
    looked_at = 0

    class Counting:
        def search(self, buffer: bytearray, start: int = 0) -> None:
            nonlocal looked_at
            looked_at += len(buffer) - start

    monkeypatch.setattr(pieces, "_HEAD", Counting())
    long = body + b" " * (20 << 20)
    with pytest.raises(BadReply):
        read_deployments(long)
    assert looked_at < 1.01 * len(long)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_deployment_that_cannot_be_counted_is_an_error(wrong: str) -> None:
    change, word = WRONG[wrong]
    streams = json.loads(document(FIXED))["Streams"]
    streams[1]["Deployments"][0] |= change
    with pytest.raises(BadReply, match=word):
        read_deployments(json.dumps({"Streams": streams, "ReportName": "R"}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b'"x"',
        b"<html>",
        b'{"Streams":3}',
        b'{"Streams":null}',
        b'{"Streams":[3]}',
        b'{"Streams":[null]}',
        b'{"Streams":[{}]}',
        b'{"Streams":[],"Streams":[]}',
        b'{"Streams":[]}x',
        b'{"Streams":[]}{}',
        b'{"ReportName":3,"Streams":[]}',
        b'{"Streams":[]',
        b'{"Streams":[],}',
        b'{"ReportName":"\xff","Streams":[]}',
        b'{"ReportName":"a\nb","Streams":[]}',
        b"[" * 200_000,
        b'{"Streams":[' + b"[" * 200_000,
    ],
)
def test_what_is_no_reply_of_streams(body: bytes) -> None:
    with pytest.raises(BadReply):
        read_deployments(body)


def test_the_columns_are_those_of_the_architecture() -> None:
    table = read_deployments(document(FIXED)).table
    dtypes = {name: str(dtype) for name, dtype in table.dtypes.items()}
    categories = {*FIELDS, "project_id", "project_name", "channel_id", "channel_name"}
    categories |= {"environment_id", "environment_name", "tenant_id", "tenant_name"}
    categories -= {"had_guided_failure", "previous_successful_id", "deployments_until_recovery"}
    categories -= {"recovered_from_id"}
    assert dtypes == {
        **dict.fromkeys(categories, "category"),
        **dict.fromkeys(DURATIONS, "timedelta64[ns]"),
        "deployment_id": "string",
        "previous_successful_id": "string",
        "recovered_from_id": "string",
        "stream": "int32",
        "completed": "datetime64[ns, UTC]",
        "had_guided_failure": "bool",
        "deployments_until_recovery": "float64",
    }
    assert tuple(table) == COLUMNS
    empty = read_deployments(b'{"ReportName":"R","Streams":[]}').table
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == dtypes


@settings(
    max_examples=300 if THOROUGH else 20,
)
@given(st.lists(STREAMS, max_size=4))
def test_what_is_written_reads_as_the_same_table(streams: list[dict[str, Any]]) -> None:
    table = read_deployments(document(streams)).table
    written = b"".join(to_api(table, "R"))
    again = read_deployments(written).table
    assert rows_of(again.drop(columns="stream")) == rows_of(table.drop(columns="stream"))
    assert again["stream"].nunique() == table["stream"].nunique()


def test_the_api_json_is_the_same_json() -> None:
    body = document([{**FIXED[1], "ProjectName": name} for name in ("]},{", "\\", "Zürich", None)])
    found = read_deployments(body)
    assert json.loads(b"".join(to_api(found.table, found.report_name))) == json.loads(body)
    shuffled = found.table.sample(frac=1, random_state=1)
    assert json.loads(b"".join(to_api(shuffled, "R")))["Streams"][0]["ProjectId"] == "Projects-1"


def test_csv_has_octopus_columns_and_no_formulas() -> None:
    names = ["=1+1", "\t=1", "＝1", "-1", "@x", "'quoted", 'a"b', "plain"]
    streams = [{**FIXED[1], "ProjectName": name} for name in names]
    streams.append({**FIXED[1], "ProjectName": None, "TenantId": "Tenants-1"})
    table = read_deployments(document(streams)).table
    rows = list(csv.DictReader(io.StringIO(to_csv(table).decode("utf-8-sig"))))
    assert [row["Project"] for row in rows] == [
        "'=1+1",
        "' =1",
        "'＝1",
        "'-1",
        "'@x",
        "'quoted",
        'a"b',
        "plain",
        "Restricted (Projects-1)",
    ]
    assert rows[-1]["Tenant"] == "Restricted (Tenants-1)"
    assert ",".join(rows[0]) == (
        "Deployment,Project,Release,Channel,Completed,Environment,Tenant,State,"
        "Had Guided Failure,Lead Time,Lead Time Calculated From,Since Previous Successful,"
        "Previous Successful,Time to Recovery,Deployments Until Recovery,Recovery From,"
        "Recovery From Version"
    )
    assert rows[0]["Time to Recovery"] == "-0:00:00.0000001"  # a duration, and no formula
    assert rows[0]["Lead Time"] == "0:20:34.5678901"
