"""How often a verdict is wrong, and how soon a change is found, where the truth is known.

    python benchmarks/judgement.py [--quick]

Every row judges at least 10,000 periods of simulated series with fixed seeds (``--quick``: a
tenth), through the same functions as an edition, and says whether its targets are met. A row that
lies within two standard errors of a target is drawn again, four times as large and with other
seeds, and what is found then stands. Beside the
expected range stand the rules that it replaced (XmR limits of the last twelve periods with the
judged one inside; against the month before Newcombe's interval of rates, and the intervals of
medians by order statistics) and the named sets ``western`` and
``mdc`` on limits that stay. "fa" is the share of periods called although nothing changed, "any12"
that of series called at least once in twelve, "2s" a lasting step of two standard deviations of one
period's value, called at least once within so many periods. A baseline of 24 ends just before the
first judged period, as the targets were measured, and once more with eight periods kept out between
them, as it is once an edition has locked it.
"""

import argparse
import platform
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import judgement_more
from judgement_series import Process, Series, draw

from insights_reports.judgement import (
    Baseline,
    Case,
    MeasureKind,
    Observed,
    Rule,
    grown,
    judge_all,
    judge_on_chart,
)
from insights_reports.judgement.baseline import first_periods
from insights_reports.metrics import judge_rates, xmr

JUDGED = 12
SERIES = 900
Placed = tuple[int, int]  # periods of a baseline; periods between it and the first judged one
PLACES: tuple[Placed, ...] = ((11, 0), (24, 0), (24, 8))
DAY = date(2026, 1, 1)

RATE, COUNT, MEDIAN = MeasureKind.SHARE, MeasureKind.COUNT, MeasureKind.MEDIAN
# Process; the most fa, and the least found within 12, for baselines of 11 and of 24.
ROWS: list[tuple[str, Process, float, float, float]] = [
    ("rate n 5, p .05, rho .01", Process(RATE, 5, 0.05, 0.01), 0.025, 0.58, 0.0),
    ("rate n 20, p .05, rho .01", Process(RATE, 20, 0.05, 0.01), 0.025, 0.78, 0.90),
    ("rate n 50, p .15, rho .01", Process(RATE, 50, 0.15, 0.01), 0.025, 0.85, 0.95),
    ("rate n 200, p .05, rho .01", Process(RATE, 200, 0.05, 0.01), 0.025, 0.85, 0.95),
    ("the same, phi .2", Process(RATE, 200, 0.05, 0.01, 0.2), 0.04, 0.0, 0.0),
    ("rate n 500, p .05, rho .01", Process(RATE, 500, 0.05, 0.01), 0.025, 0.85, 0.95),
    ("count 5, g 0", Process(COUNT, 5), 0.025, 0.88, 0.95),
    ("count 5, g .05", Process(COUNT, 5, between=0.05), 0.025, 0.88, 0.95),
    ("count 60, g 0", Process(COUNT, 60), 0.025, 0.88, 0.95),
    ("count 60, g .02", Process(COUNT, 60, between=0.02), 0.025, 0.88, 0.95),
    ("count 400, g .02", Process(COUNT, 400, between=0.02), 0.025, 0.88, 0.95),
    ("median n 4, tau .15", Process(MEDIAN, 4, between=0.15), 0.025, 0.88, 0.95),
    ("median n 12, tau .15", Process(MEDIAN, 12, between=0.15), 0.025, 0.88, 0.95),
    ("median n 40, tau .15", Process(MEDIAN, 40, between=0.15), 0.025, 0.88, 0.95),
    ("median n 150, tau .15", Process(MEDIAN, 150, between=0.15), 0.025, 0.88, 0.95),
]
_PHI_24 = 0.032  # the most fa with correlated periods and 24 periods


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the series")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    scale = 0.1 if options.quick else 1.0
    print(f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}")
    started = time.perf_counter()
    jobs = [(at, placed, scale) for placed in PLACES for at in range(len(ROWS))]
    with ProcessPoolExecutor(options.workers) as pool:
        _print_rows(list(pool.map(_row, jobs)))
        for found in pool.map(judgement_more.run, [(name, scale) for name in judgement_more.PARTS]):
            print(f"\n{found}", flush=True)
    print(f"\n{judgement_more.speed()}")
    print(f"\nIn {time.perf_counter() - started:.0f} s.")


Called = np.ndarray  # (series, judged periods) of bool
Way = Callable[[MeasureKind, Series, int, int], Called]


def ours(
    kind: MeasureKind, series: Series, start: int, formed: int, *, hold: bool = True
) -> Called:
    """The expected range on a baseline that grows, held from a lasting call on."""
    rows = [
        [Observed(*pair) for pair in zip(counts, exposures, strict=True)]
        for counts, exposures in zip(series.counts.tolist(), series.exposures.tolist(), strict=True)
    ]
    baselines = [Baseline(kind, tuple(row[:formed]), DAY) for row in rows]
    held = [False] * len(rows)
    called = np.zeros((len(rows), series.counts.shape[1] - start), dtype=bool)
    for month in range(called.shape[1]):
        now = start + month
        cases = []
        for at, row in enumerate(rows):
            known = len(baselines[at].periods)
            baselines[at] = grown(baselines[at], row[known:now], held=held[at] and hold)
            recent = tuple(row[now - 7 : now + 1])
            cases.append(Case(kind, baselines[at].periods, recent, False))
        for at, judgement in enumerate(judge_all(cases)):
            called[at, month] = judgement.called
            held[at] = held[at] or Rule.LASTING in judgement.rules
    return called


def rolling(kind: MeasureKind, series: Series, start: int, formed: int) -> Called:
    """Limits of the last twelve periods with the judged one inside."""
    return _each(series, start, lambda row, now: _signal_at_end(row, now))


def _signal_at_end(row: Sequence[tuple[float, float, float]], now: int) -> bool:
    limits = xmr([value for _, _, value in row[now - 11 : now + 1]])
    return limits is not None and any(signal.at == 11 for signal in limits.signals)


def newcombe(kind: MeasureKind, series: Series, start: int, formed: int) -> Called:
    """The interval of the difference to the month before; fewer than ten are no verdict."""

    def against(row: Sequence[tuple[float, float, float]], now: int) -> bool:
        pairs = [(int(row[at][0]), int(row[at][1])) for at in (now - 1, now)]
        return judge_rates(pairs[0], pairs[1]).verdict in ("better", "worse")

    return _each(series, start, against)


def order_statistics(kind: MeasureKind, series: Series, start: int, formed: int) -> Called:
    """The 95 % intervals of this month's median and of the one before, which do not touch."""
    assert series.ends is not None
    low, high = series.ends
    return (low[:, start:] > high[:, start - 1 : -1]) | (high[:, start:] < low[:, start - 1 : -1])


def _locked(rules: str) -> Way:
    def way(kind: MeasureKind, series: Series, start: int, formed: int) -> Called:
        def on_chart(row: Sequence[tuple[float, float, float]], now: int) -> bool:
            values = [value for _, _, value in row[: now + 1]]
            verdict, _ = judge_on_chart(values, slice(0, formed), rules, up_is_good=False)
            return verdict in ("better", "worse")

        return _each(series, start, on_chart)

    return way


def _each(
    series: Series,
    start: int,
    question: Callable[[Sequence[tuple[float, float, float]], int], bool],
) -> Called:
    columns = (series.counts.tolist(), series.exposures.tolist(), series.values.tolist())
    rows = [list(zip(*row, strict=True)) for row in zip(*columns, strict=True)]
    months = range(start, series.counts.shape[1])
    return np.array([[question(row, now) for now in months] for row in rows])


OTHERS: dict[str, Way] = {
    "XmR of 12": rolling,
    "Newcombe": newcombe,
    "order statistics": order_statistics,
    "western": _locked("western"),
    "mdc": _locked("mdc"),
}


OF_ONE_KIND = {"Newcombe": RATE, "order statistics": MEDIAN}


Found = tuple[int, Placed, dict[str, tuple[Called, Called]]]


def _row(job: tuple[int, Placed, float]) -> Found:
    """Of one process and baseline: what each way calls, without and with a step; of a baseline that
    no edition forms, the expected range alone."""
    at, placed, scale = job
    process, (length, gap) = ROWS[at][1], placed
    rng = np.random.default_rng([2026, at, length])
    before = length + gap
    drawn = [
        draw(process, int(SERIES * scale), before, JUDGED, step, length, rng) for step in (0.0, 2.0)
    ]
    ways: dict[str, Way] = {"ours": ours, **(OTHERS if _is_formed(placed) else {})}
    for name, kind in OF_ONE_KIND.items():
        if process.kind is not kind:
            ways.pop(name, None)
    found = {
        name: tuple(way(process.kind, series, before, length) for series in drawn)
        for name, way in ways.items()
    }
    if any(abs(beyond) <= 2 * error for beyond, error in _beyond(at, length, *found["ours"])):
        found["ours"] = tuple(_again(process, placed, step, scale, rng) for step in (0.0, 2.0))
    return at, placed, found  # type: ignore[return-value]


def _is_formed(placed: Placed) -> bool:
    length, gap = placed
    return first_periods(length + gap) == slice(0, length)


def _again(
    process: Process, placed: Placed, step: float, scale: float, rng: np.random.Generator
) -> Called:
    (length, gap), count = placed, int(SERIES * scale)
    before = length + gap
    drawn = (draw(process, count, before, JUDGED, step, length, rng) for _ in range(4))
    return np.concatenate([ours(process.kind, series, before, length) for series in drawn])


def _goals(at: int, length: int) -> tuple[float, float]:
    """The most fa, and the least found within 12."""
    _, process, most, short, full = ROWS[at]
    return _PHI_24 if process.phi and length == 24 else most, {11: short, 24: full}[length]


def _beyond(
    at: int, length: int, still: Called, moved: Called
) -> tuple[tuple[float, float], tuple[float, float]]:
    """How far fa and what is found miss their targets, each with its standard error."""
    most, least = _goals(at, length)
    error = float(still.mean(axis=1).std() / np.sqrt(len(still)))
    share = float(moved.any(axis=1).mean())
    found = (least - share, float(np.sqrt(share * (1 - share) / len(moved))))
    return (float(still.mean()) - most, error), found


def _print_rows(results: Sequence[Found]) -> None:
    names = list(OTHERS)
    print(
        "\n| measure | baseline | fa | any12 | 2s within 1, 3, 6, 12 | target: fa, 2s in 12 | met |"
    )
    print("|---|---|---|---|---|---|---|")
    for at, placed, found in results:
        length = placed[0]
        most, least = _goals(at, length)
        still, moved = found["ours"]
        within = [moved[:, :months].any(axis=1).mean() for months in (1, 3, 6, 12)]
        misses = _beyond(at, length, still, moved)
        (_, error), met = misses[0], [_met(*miss) for miss in misses]
        aim = f"<= {most:.3f}" + (f", >= {least:.2f}" if least else "")
        print(
            f"| {ROWS[at][0]} | {_label(placed)} | {still.mean():.3f} (se {error:.3f}) | "
            f"{still.any(axis=1).mean():.2f} | "
            f"{' '.join(f'{share:.2f}' for share in within)} | {aim} | {max(met)} |"
        )
    print("\nThe same series by other rules: fa; 2s found within 12.\n")
    print("| measure | baseline | expected range | " + " | ".join(names) + " |")
    print("|---|---|---|" + "---|" * len(names))
    for at, placed, found in results:
        if _is_formed(placed):
            cells = [_cell(found.get(name)) for name in ("ours", *names)]
            print(f"| {ROWS[at][0]} | {_label(placed)} | " + " | ".join(cells) + " |")


def _label(placed: Placed) -> str:
    length, gap = placed
    return f"{length}, {gap} kept out" if gap else f"{length}"


def _met(beyond: float, error: float) -> str:
    """Sorted so that the worst word is the greatest."""
    if beyond <= 0:
        return "met"
    return "missed by less than 2 se" if beyond <= 2 * error else "not met"


def _cell(found: tuple[Called, Called] | None) -> str:
    if found is None:
        return "-"
    return f"{found[0].mean():.3f}; {found[1].any(axis=1).mean():.2f}"


if __name__ == "__main__":
    main()
