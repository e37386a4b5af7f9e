"""What works where POSIX's modules or Pango are missing, and what is said of the rest: in
subprocesses that cannot load them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from insights_reports.server import RunningServer
from tests.conftest import AS_OF
from tests.pipeline.conftest import Configure

NOW = f"--as-of={AS_OF.isoformat()}"
WITHOUT_POSIX = """
import sys

MISSING = {"fcntl", "resource", "pwd", "grp", "termios", "pty"}

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
for name in MISSING:
    sys.modules.pop(name, None)
"""
IMPORT_ALL = """
from importlib import import_module
from pkgutil import iter_modules
import insights_reports.commands as commands
for module in iter_modules(commands.__path__):
    import_module(f"insights_reports.commands.{module.name}")
"""
RUN = "from insights_reports.cli import main; sys.exit(main())"


def python(
    code: str, *arguments: str, server: RunningServer | None = None, **more: str
) -> "subprocess.CompletedProcess[str]":
    own = {"OCTOPUS_URL": server.url, "OCTOPUS_API_KEY": server.api_key} if server else {}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=os.environ | own | more,
        capture_output=True,
        text=True,
    )


def test_every_command_can_be_imported_without_posix() -> None:
    done = python(WITHOUT_POSIX + IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert python(WITHOUT_POSIX + "import fcntl").returncode == 1


@pytest.mark.slow
def test_figures_need_no_posix_and_a_run_says_what_it_needs(
    server: RunningServer, configure: Configure
) -> None:
    asked = python(WITHOUT_POSIX + RUN, "metrics", "InsightsReports-2", NOW, server=server)
    assert (asked.returncode, asked.stderr) == (0, "")
    assert "SUCCESSFUL" in asked.stdout
    done = python(
        WITHOUT_POSIX + RUN, "run", "monthly", "--config", str(configure()), NOW, server=server
    )
    assert done.returncode == 2
    assert "This needs the file locks of POSIX." in done.stderr
    assert "WSL 2 or a container" in done.stderr
    assert len(done.stderr.splitlines()) == 3


@pytest.mark.slow
def test_without_pango_the_packages_are_named(
    server: RunningServer, configure: Configure, tmp_path: Path
) -> None:
    """Every load of Pango fails here, in the run's child, too, as where it is not installed."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import ctypes, cffi.api\n"
        "def refuse(self, name, flags=0):\n"
        "    raise OSError(f'cannot load library {name!r}')\n"
        "cffi.api.FFI.dlopen = refuse\n"
        "real = ctypes.CDLL.__init__\n"
        "def init(self, name=None, *a, **k):\n"
        "    if name and ('pango' in name or 'gobject' in name): raise OSError('no such library')\n"
        "    real(self, name, *a, **k)\n"
        "ctypes.CDLL.__init__ = init\n",
        encoding="utf-8",
    )
    path = os.pathsep.join([str(tmp_path / "site"), *sys.path])
    config = str(configure(formats=["html", "pdf"]))
    code = f"import sys; {RUN}"
    done = python(code, "run", "monthly", "--config", config, NOW, server=server, PYTHONPATH=path)
    assert done.returncode == 4, done.stderr
    told = python(code, "doctor", PYTHONPATH=path)
    assert told.returncode == 1
    for text in (done.stderr, told.stdout):
        for words in ("apt install libpango", "dnf install pango", "apk add pango", "brew install"):
            assert words in text
    assert "Libraries that PDF needs are not installed here." in done.stderr
    assert "FAIL  PDF: missing: GObject, Pango" in told.stdout


@pytest.mark.slow
def test_a_run_loads_no_prefect(server: RunningServer, configure: Configure) -> None:
    """It takes longer to load than all else of a run."""
    code = "import sys; from insights_reports.cli import main; status = main(); "
    code += "print('prefect' in sys.modules, 'pandas' in sys.modules, file=sys.stderr)"
    config = str(configure(formats=["html"]))
    done = python(code, "run", "monthly", "--config", config, NOW, server=server)
    assert "archive: sent" in done.stdout
    assert done.stderr.splitlines()[-1] == "False True"
