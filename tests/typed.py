"""What a value is: said to the type checker, and checked when the test runs."""

from typing import TypeVar

T = TypeVar("T")


def the(kind: type[T], value: object) -> T:
    """The value, which is of this kind: ``the(Figure, row[2]).value``."""
    assert isinstance(value, kind), f"{value!r} is no {kind.__name__}"
    return value


def number(value: object) -> int | float:
    """The value, which is a number and not None."""
    assert isinstance(value, int | float), f"{value!r} is no number"
    return value
