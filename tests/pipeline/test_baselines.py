"""Baselines in the state, the decisions beside the configuration, and the editor's note."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from insights_reports.edition.values import Name
from insights_reports.errors import ConfigError, UsageError
from insights_reports.judgement import Baseline
from insights_reports.pipeline.baselines import (
    BaselineDecision,
    add_decision,
    baselines_path,
    read_baselines,
    read_decisions,
    read_state,
)
from insights_reports.pipeline.notes import parse_note
from tests.conftest import Command

OLDER = Path(__file__).parents[1] / "fixtures" / "baselines-snake-case.json"

ENTRY = BaselineDecision(
    subscription="board",
    series="month/Production/Project/Projects-1",
    measure="failure_rate",
    start="2026-10",
    reason="a new pipeline: faster",
    who="Jane",
    when=date(2026, 11, 28),
)


def test_decisions_are_added_one_by_one_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "baselines.yaml"
    assert read_decisions(path) == ()
    path.write_text("# reviewed like code\n", encoding="utf-8")
    add_decision(path, ENTRY)
    add_decision(path, ENTRY.model_copy(update={"start": "2026"}))
    assert read_decisions(path) == (ENTRY, ENTRY.model_copy(update={"start": "2026"}))
    assert path.read_text(encoding="utf-8").startswith("# reviewed like code\n- subscription")


@pytest.mark.parametrize(
    "text",
    ["board", "- board", "- {subscription: board}", "- {from: 2026-10, whom: Jane}", "a: [", "1"],
)
def test_what_is_no_list_of_decisions_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "baselines.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="decisions on baselines"):
        read_decisions(path)
    with pytest.raises(ConfigError):
        add_decision(path, ENTRY)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "text", ["", "[]", '{"baselines": 3}', "{", '{"baselines": {}, "proposals": [3]}']
)
def test_a_state_that_cannot_be_read_is_an_error_and_not_forgotten(
    tmp_path: Path, text: str
) -> None:
    assert read_state(tmp_path, "board") == {"baselines": {}, "proposals": {}}
    path = baselines_path(tmp_path, "board")
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="baselines cannot be read"):
        read_state(tmp_path, "board")


def test_a_state_of_a_version_that_wrote_snake_case_is_read(
    tmp_path: Path, command: Command
) -> None:
    path = baselines_path(tmp_path / "state", "board")
    path.parent.mkdir(parents=True)
    shutil.copy(OLDER, path)
    [(key, kept)] = read_baselines(tmp_path / "state", "board").items()
    assert key == "month/All/None/All/failure_rate"
    assert (kept.accepted_by, kept.formed_on, len(kept.periods)) == (
        "J. Doe",
        date(2026, 10, 1),
        12,
    )
    assert kept.replaced is not None
    assert kept.replaced.periods[0].name == "2024-12"
    written = json.dumps(kept.to_dict())
    assert "_" not in written
    assert Baseline.from_dict(json.loads(written)) == kept
    config = tmp_path / "insights-reports.yaml"
    config.write_text("{state: state, destinations: {a: {type: folder, path: reports}}, "
                      "subscriptions: {board: {report: R, deliver_to: [a]}}}")  # fmt: skip
    listed = json.loads(command("baseline", "list", "--config", config, "--json").out)
    assert (listed[0]["acceptedBy"], listed[0]["periods"]) == ("J. Doe", 12)
    [proposed] = json.loads(command("baseline", "propose", "--config", config, "--json").out)
    assert (proposed["measure"], proposed["old"], proposed["new"]) == ("lead_time", 0.5, 0.9)


def test_a_note_has_an_author_and_texts_by_section() -> None:
    note = parse_note("Author: Jane Doe\n\nLook at Checkout.\n\n## project\n\nIt is one project.\n")
    assert note is not None
    assert note.author == Name("Jane Doe")
    assert note.texts == (
        ("page-one", Name("Look at Checkout.")),
        ("project", Name("It is one project.")),
    )
    assert parse_note("Author: Jane Doe\n\n") is None
    alone = parse_note("Nothing to add.")
    assert alone is not None
    assert (alone.author, alone.texts) == (Name(""), (("page-one", Name("Nothing to add.")),))
