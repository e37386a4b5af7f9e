"""The mistakes that people make, and what they are told: golden texts in ``golden/mistakes.yaml``.

``UPDATE=1 pytest tests/test_mistakes.py`` writes the texts anew; read the difference.
"""

import os
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from insights_reports.server import RunningServer
from tests.conftest import AS_OF, Command

GOLDEN = Path(__file__).parent / "golden" / "mistakes.yaml"
UPDATE = "UPDATE" in os.environ
_YAML = YAML()
_YAML.width = 100
MISTAKES: list[dict[str, Any]] = _YAML.load(GOLDEN.read_text(encoding="utf-8"))


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each["mistake"] for each in MISTAKES])
def test_a_mistake_is_told(
    mistake: dict[str, Any],
    command: Command,
    server: RunningServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead = f"127.0.0.1:{closed_port()}"
    values = {"SERVER": server.url, "DEAD": dead, "PORT": dead.partition(":")[2]}
    values["PLAIN"] = server.url.removeprefix("http://")
    values["AS_OF"] = AS_OF.isoformat()
    monkeypatch.chdir(tmp_path)
    for name, value in mistake.get("environment", {}).items():
        monkeypatch.setenv(name, _filled(value, values))
    for name in mistake.get("without", ()):
        monkeypatch.delenv(name)
    for name, text in mistake.get("files", {}).items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(_filled(text, values), encoding="utf-8")
    done = command(*(_filled(word, values) for word in mistake["command"].split(" ")))
    fails = re.findall(r"^FAIL .*(?:\n {6}.*)*", done.out, re.MULTILINE)
    says = (done.err.strip() or "\n".join(fails)).replace(str(tmp_path), "HERE")
    for name, value in values.items():
        says = says.replace(value, name)
    if UPDATE:
        mistake["status"], mistake["says"] = done.status, LiteralScalarString(says + "\n")
        _YAML.dump(MISTAKES, GOLDEN)
        return
    assert (done.status, says) == (mistake["status"], mistake["says"].strip())


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each["mistake"] for each in MISTAKES])
def test_no_message_is_longer_than_three_lines(mistake: dict[str, Any]) -> None:
    """What, which (each of a configuration's problems on a line of its own), what to do."""
    lines = mistake["says"].splitlines()
    assert 2 <= len(lines) <= 2 + max(1, mistake.get("problems", 1))
    assert mistake["status"] in (1, 2, 3, 4, 5)


def test_there_are_sixty_of_them() -> None:
    assert len({each["mistake"] for each in MISTAKES}) == len(MISTAKES) >= 60


def _filled(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(f"<{name}>", value)
    return text
