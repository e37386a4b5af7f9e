"""LibreOffice, without a screen: a workbook recalculated."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

HAS_OFFICE = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="LibreOffice (soffice) is missing"
)


def convert(sources: Sequence[Path], to: str, folder: Path) -> list[Path]:
    """The files in another format, in ``folder``."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    order = ("--headless", "--convert-to", to, "--outdir", str(folder), *map(str, sources))
    subprocess.run(["soffice", profile, *order], check=True, timeout=120, capture_output=True)
    return [folder / f"{source.stem}.{to.partition(':')[0]}" for source in sources]


def recalculated(contents: Sequence[bytes], folder: Path) -> list[Workbook]:
    """The workbooks with what LibreOffice makes of their formulas."""
    (again := folder / "again").mkdir()
    sources = [folder / f"book-{number}.xlsx" for number in range(len(contents))]
    for source, content in zip(sources, contents, strict=True):
        source.write_bytes(content)
    return [load_workbook(path, data_only=True) for path in convert(sources, "xlsx", again)]
