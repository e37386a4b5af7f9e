"""Replies as columns, kept beside the seal: the same values, and made anew when they are gone."""

import tarfile
from pathlib import Path

import pandas as pd
import pytest

from insights_reports.history.columns import (
    keep_deployments,
    keep_stated,
    kept_deployments,
    kept_stated,
)
from insights_reports.history.pulls import Pull, PullWriter
from insights_reports.octopus import read_deployments
from insights_reports.spelling.stated import Question, StatedTable
from insights_reports.spelling.stated_decode import decode_metrics

QUESTION = Question("Project", None, "LastYear", "Weekly")


@pytest.fixture(scope="module")
def old_pull(tmp_path_factory: pytest.TempPathFactory) -> Pull:
    """A pull of version 0.1, which kept no columns."""
    folder = tmp_path_factory.mktemp("state")
    with tarfile.open(Path(__file__).parent.parent / "fixtures" / "version-0.1.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return Pull(next((folder / "state" / "pulls").iterdir()))


def decoded(pull: Pull) -> StatedTable:
    return decode_metrics(pull.read("metrics-Project-LastYear-Weekly"), QUESTION)


def same(one: StatedTable, other: StatedTable) -> bool:
    columns = zip(one.columns, other.columns, strict=True)
    return (
        (one.source, one.names, one.unknown) == (other.source, other.names, other.unknown)
        and one.series.tolist() == other.series.tolist()
        and one.start.tolist() == other.start.tolist()
        and all(mine.tobytes() == theirs.tobytes() for mine, theirs in columns)
    )


def test_stated_figures_come_back_to_the_tick(old_pull: Pull, tmp_path: Path) -> None:
    table = decoded(old_pull)
    assert keep_stated(table, tmp_path / "kept.arrow")
    back = kept_stated(tmp_path / "kept.arrow", QUESTION)
    assert back is not None
    assert len(back.series) > 500
    assert same(table, back)


def test_a_reply_with_values_that_have_no_column_is_not_kept(tmp_path: Path) -> None:
    body = b'{"Series": [{"Name": "All", "Intervals": [], "Colour": "blue"}]}'
    assert not keep_stated(decode_metrics(body, QUESTION), tmp_path / "kept.arrow")
    assert not (tmp_path / "kept.arrow").exists()


def test_deployments_come_back_with_their_types(old_pull: Pull, tmp_path: Path) -> None:
    deployments = read_deployments(old_pull.read("deployments"))
    about = {"reportName": deployments.report_name, "dropped": {"duplicate": ["Deployments-1"]}}
    keep_deployments(deployments.table, about, tmp_path / "kept.arrow")
    back = kept_deployments(tmp_path / "kept.arrow")
    assert back is not None
    pd.testing.assert_frame_equal(back[0], deployments.table, check_exact=True)
    assert (back[0].dtypes == deployments.table.dtypes).all()
    assert back[1] == about


def test_columns_that_are_gone_or_altered_are_none(old_pull: Pull, tmp_path: Path) -> None:
    assert old_pull.columns("deployments") is None
    keep_stated(decoded(old_pull), tmp_path / "kept.arrow")
    writer = PullWriter(tmp_path / "pull")
    writer.keep_columns("metrics-Project", tmp_path / "kept.arrow")
    writer.seal({})
    pull = Pull(tmp_path / "pull")
    path = pull.columns("metrics-Project")
    assert path is not None
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert pull.columns("metrics-Project") is None
    path.unlink()
    assert pull.columns("metrics-Project") is None
