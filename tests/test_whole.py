"""A file is written whole, or the one before stays."""

import stat
from pathlib import Path

import pytest

from insights_reports.whole import whole


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("private", [False, True])
def test_a_file_takes_its_place_when_it_is_whole(
    tmp_path: Path, durable: bool, private: bool
) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    with whole(path, durable=durable, private=private) as part:
        part.write_text("after")
        assert path.read_text() == "before"
        assert part.parent == path.parent  # of one file system, or no rename could do it
        if private:
            assert stat.S_IMODE(part.stat().st_mode) == 0o600
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_what_breaks_leaves_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), whole(path) as part:
        part.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_there_is_not_is_the_system_s_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole(tmp_path / "no" / "a", private=True):
        raise AssertionError("never reached")
