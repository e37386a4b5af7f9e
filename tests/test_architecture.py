"""The directions of import that docs/architecture.md draws, held against the code."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "insights_reports"

BASE = {"errors", "assets"}
GROUND = BASE | {"spelling"}
CORE = {"judgement", "metrics", "crosscheck", "edition"}
EDGES = {"octopus", "history", "formats", "delivery", "config"}
ALLOWED = {
    "errors": set(),
    "assets": set(),
    "locks": {"errors"},
    "scratch": {"errors", "locks"},
    "whole": set(),
    "deadline": set(),
    "spelling": {"errors"},
    "judgement": {"errors"},
    "metrics": GROUND | {"judgement"},
    "crosscheck": GROUND | {"metrics"},
    "edition": GROUND | {"judgement", "metrics", "crosscheck"},
    "octopus": GROUND | CORE | {"deadline", "whole"},
    "history": GROUND | CORE | {"locks", "whole"},
    "formats": GROUND | CORE | {"locks", "scratch", "whole"},
    "delivery": GROUND | CORE | {"deadline", "locks", "whole"},
    "config": GROUND,
    "server": BASE | {"scratch"},
    "owed": GROUND | CORE | {"config", "delivery"},
    "pipeline": GROUND | CORE | EDGES | {"owed", "scratch", "whole"},
    "scheduling": GROUND | CORE | {"config", "delivery", "locks", "owed", "whole"},
    "commands": GROUND
    | CORE
    | EDGES
    | {"owed", "pipeline", "scheduling", "scratch", "server", "whole"},
    "arguments": GROUND,
    "cli_setup": GROUND | {"arguments"},
    "cli_kept": GROUND | {"arguments"},
    "cli": GROUND | {"arguments", "cli_kept", "cli_setup", "commands"},
}
# Within a room, what stands higher imports what stands lower, never the reverse.
FLOORS: dict[str, tuple[str, ...]] = {
    "config": (
        *("strict", "schedule", "slices", "runners", "judging", "delivery", "model"),
        *("calendar", "problems", "file"),
    ),
    "crosscheck": (
        *("causes.cause", "result", "tables", "conventions", "pairing", "compare"),
        *("causes", "findings", "totals", "streams", "check"),
    ),
    "formats": ("words", "charts", "html", "excel", "mail", "pdf"),
    "octopus": (
        *("resources", "connection", "wire", "source", "deployments", "reports", "client"),
        *("definitions", "sources"),
    ),
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = path.relative_to(ROOT).with_suffix("").parts
            base = (
                ".".join((*here[: -node.level], node.module or "")) if node.level else node.module
            )
            yield from (f"{base}.{alias.name}".replace("..", ".") for alias in node.names)


def rooms_of(path: Path) -> set[str]:
    """The rooms of the package that a module imports from."""
    names = (name.split(".") for name in imports(path))
    parts = {name[1] for name in names if name[0] == PACKAGE.name and len(name) > 1}
    return {part for part in parts if any(PACKAGE.glob(f"{part}*"))}


MODULES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_its_place_allows(path: Path) -> None:
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return
    assert rooms_of(path) - {room} <= ALLOWED[room]


def floor_of(room: str, module: str) -> int:
    """The floor of a module of a room, by the longest name that leads to it."""
    within = module.removeprefix(f"{PACKAGE.name}.{room}.")
    named = [floor for floor in FLOORS[room] if f"{within}.".startswith(f"{floor}.")]
    assert named, f"{module} stands on no floor of {room}"
    return FLOORS[room].index(max(named, key=len))


@pytest.mark.parametrize("room", FLOORS)
def test_no_arrow_points_upwards_within_a_room(room: str) -> None:
    upwards = []
    for path in (PACKAGE / room).rglob("*.py"):
        here = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if path.name == "__init__.py":
            continue
        for name in imports(path):
            if name.startswith(f"{PACKAGE.name}.{room}.") and floor_of(room, name) > floor_of(
                room, here
            ):
                upwards.append(f"{here} imports {name}")
    assert upwards == []


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("prefect", {"commands", "scheduling"}),
        ("weasyprint", {"formats"}),
        ("openpyxl", {"formats", "octopus", "commands"}),
        ("requests", {"octopus", "delivery", "server", "deadline"}),
        ("smtplib", {"delivery"}),
        ("holidays", {"config"}),
        ("scipy", set()),
        ("psycopg", {"delivery"}),
        ("prometheus_client", {"owed"}),
        ("apprise", {"delivery"}),
        ("msal", {"delivery"}),
        ("google", {"delivery"}),
        ("obstore", {"delivery", "history"}),
        ("pypdf", {"delivery"}),
        ("asyncssh", {"delivery"}),
        ("fastapi", {"server"}),
        ("pickle", set()),
    ],
)
def test_a_library_is_known_in_its_room_alone(library: str, rooms: set[str]) -> None:
    users = {
        room_of(path)
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports(path))
    }
    assert users <= rooms


def test_importing_the_package_and_its_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys, insights_reports, insights_reports.cli;"
        "heavy = {'pandas', 'prefect', 'weasyprint', 'pyarrow', 'numpy', 'requests', 'pydantic'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["crosscheck", "formats", "octopus"])
def test_a_room_has_at_most_ten_entries(room: str) -> None:
    names = {path.name for path in (PACKAGE / room).iterdir()} - {"__init__.py", "__pycache__"}
    assert len(names) <= 10, sorted(names)


def test_no_two_classes_have_one_name() -> None:
    """The embedded server is a program of its own: it spells the API's names once more."""
    places = defaultdict(list)
    for path in PACKAGE.rglob("*.py"):
        if room_of(path) != "server":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places[node.name].append(str(path.relative_to(PACKAGE)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert twice == {}


def test_no_module_is_long() -> None:
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 130
