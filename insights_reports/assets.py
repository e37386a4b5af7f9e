"""Where the files lie that are not Python: templates, flows and the example configuration.

In the wheel they stand in ``insights_reports/_shipped``, in a clone at its top.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_SHIPPED = _PACKAGE / "_shipped"
ROOT = _SHIPPED if _SHIPPED.is_dir() else _PACKAGE.parent

TEMPLATES = ROOT / "templates"
FLOWS = ROOT / "flows"
EXAMPLE = ROOT / "config" / "insights-reports.yaml"
