"""The libraries of the system that WeasyPrint needs, and how to get them where they are missing.

https://doc.courtbouillon.org/weasyprint/stable/first_steps.html#installation
"""

import ctypes
from collections.abc import Mapping

from insights_reports.errors import RenderError

LIBRARIES = {
    "GObject": ("libgobject-2.0.so.0", "libgobject-2.0.0.dylib", "libgobject-2.0-0.dll"),
    "Pango": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"),
    "PangoFT2": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0.dll"),
    "HarfBuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll"),
    "Fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll"),
}
"""What each is called on Linux, macOS and Windows."""
_REMEDY = (
    "Debian, Ubuntu: apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; "
    "Fedora: dnf install pango; Alpine: apk add pango; macOS: brew install pango."
)
_WORDS = ("cannot load library", "did not manage to locate a library")
"""cffi's, when WeasyPrint is imported."""


def missing_libraries(libraries: Mapping[str, tuple[str, ...]] = LIBRARIES) -> RenderError | None:
    """What to say when some cannot be loaded; None when all can."""
    lacking = [name for name, files in libraries.items() if not any(map(_loads, files))]
    return _error(f"missing: {', '.join(lacking)}") if lacking else None


def explained(problem: str) -> RenderError | None:
    """The error for ``problem``, a renderer's last words, when a library was missing."""
    return _error(problem[:160]) if any(words in problem for words in _WORDS) else None


def _error(which: str) -> RenderError:
    return RenderError("Libraries that PDF needs are not installed here.", which, _REMEDY)


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True
