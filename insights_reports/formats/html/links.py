"""What links of a page lead to."""

import re

_ANCHOR = re.compile(r"[^A-Za-z0-9_-]+")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")


def anchor(text: str) -> str:
    """An id of a section or block, safe in an attribute and after ``#``."""
    return _ANCHOR.sub("-", text).strip("-") or "section"


def link(text: str) -> str:
    """``mailto:`` for an address and ``https:`` for what begins so; "" for anything else."""
    if _ADDRESS.fullmatch(text):
        return f"mailto:{text}"
    return text if text.startswith("https://") and " " not in text else ""
