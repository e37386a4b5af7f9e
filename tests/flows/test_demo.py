"""``demo``: what the README asks for first, on this machine alone."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.test_json import hold

pytestmark = pytest.mark.slow


def test_the_demo_makes_an_edition_and_on_another_day_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    first, second = demo(out, "2026-11-20"), demo(out, "2026-11-21")
    for made in (first, second):
        assert (made["period"], made["revision"], made["status"]) == ("2026-10", 1, "final")
        assert made["agrees"] == made["figures"] > 900_000
        assert len(made["mails"]) == 2
    assert [Path(file).suffix for file in second["files"]].count(".pdf") == 7
    assert all(Path(path).is_file() for path in (*second["files"], *second["mails"]))
    assert len(list((out / "mail").iterdir())) == 2


def demo(out: Path, day: str) -> dict[str, Any]:
    options = [f"--as-of={day}T00:00:00Z", f"--out={out}", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "insights_reports", "demo", *options],
        env={k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "OCTOPUS_"))},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    hold("demo", said)
    return said
