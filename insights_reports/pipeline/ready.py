"""Editions of slices that are made and not delivered yet: by this process, or by others that are
given paths alone and hold no secret.

One slice is in the memory of a process at a time.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from insights_reports.errors import InsightsReportsError
from insights_reports.pipeline.compute import prepare_again
from insights_reports.pipeline.make import Maker, recorded
from insights_reports.pipeline.progress import Progress
from insights_reports.pipeline.render import Render, renderers
from insights_reports.pipeline.runs import Run, open_run, open_slice

_T = TypeVar("_T")


@dataclass(frozen=True)
class Ready:
    """What is to be delivered: the files, and what the leak test found in them."""

    files: tuple[Path, ...]
    leaks: tuple[str, ...]


@dataclass(frozen=True)
class NotMade:
    """Why there is no edition."""

    exit_status: int
    why: str


Told = Callable[[Run], Progress]
"""To whom the steps of a slice are told."""

MakeReady = Callable[[Run, Maker, Iterator[Run], Told], Iterator[tuple[Run, Ready | NotMade]]]
"""Makes the editions of slices; each is delivered before the next one is asked for."""


def ready_here(
    run: Run, maker: Maker, slices: Iterator[Run], told: Told
) -> Iterator[tuple[Run, Ready | NotMade]]:
    """Make them in this process, one after the other."""
    with renderers(run.config) as render_for:
        for slice in slices:
            yield slice, _ready(slice, maker, render_for(slice), told(slice))


def ready_part(whole: Path, slices: Sequence[Path]) -> list[Ready | NotMade]:
    """Make some of them in another process. ``whole`` is the folder of the subscription's run,
    ``slices`` are those of theirs. What was loaded for one part serves the next."""
    run, maker = _loaded(whole)
    with renderers(run.config, 1) as render_for:
        opened = (open_slice(run, folder) for folder in slices)
        return [_ready(slice, maker, render_for(slice), lambda _: None) for slice in opened]


@lru_cache(maxsize=1)
def _loaded(whole: Path) -> tuple[Run, Maker]:
    run = open_run(whole)
    return run, Maker(run, prepare_again(run))


def _ready(run: Run, maker: Maker, render: Render, progress: Progress) -> Ready | NotMade:
    def make() -> Ready:
        files, leaks = maker.files(run, render, progress)
        return Ready(tuple(files), leaks)

    return attempt(run, make)


def attempt(run: Run, act: Callable[[], _T]) -> _T | NotMade:
    """Do it; the ledger records of the slice's run when it fails, and the others go on."""
    try:
        with recorded(run, tell=False):
            return act()
    except InsightsReportsError as error:
        return NotMade(error.exit_status, " ".join(str(error).split()))
    except Exception as error:
        return NotMade(1, f"{type(error).__name__}: {error} (a fault of the program)")
