"""Temporary folders outlive nobody: those of the dead are swept, those of the living stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from insights_reports.scratch import scratch_folder, sweep_scratch

_HOLDER = """
import time
from insights_reports.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "pull").mkdir()
    print(folder, flush=True)
    time.sleep(60)
"""


def test_a_killed_process_s_folder_goes_and_others_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    dead, killed = _holder(tmp_path)
    killed.kill()
    killed.wait()
    alive, living = _holder(tmp_path)
    foreign = tmp_path / "insights-else"
    foreign.mkdir()
    with scratch_folder() as own:
        for folder in (dead, alive, own, foreign):
            os.utime(folder, (0, 0))
        young, just_begun = _holder(tmp_path)
        just_begun.kill()
        just_begun.wait()
        sweep_scratch()
        left = {path for path in (dead, alive, own, foreign, young) if path.is_dir()}
        assert left == {alive, own, foreign, young}
    living.kill()
    living.wait()
    assert not own.exists()


def _holder(tmp_path: Path) -> tuple[Path, "subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    return Path(process.stdout.readline().strip()), process
