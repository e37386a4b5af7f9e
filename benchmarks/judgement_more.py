"""The other rows of judgement.py: hold, December, dating, slices, named sets, speed."""

import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from judgement_series import Process, Series, autoregressive, draw
from scipy import stats

from insights_reports.judgement import (
    Baseline,
    Calendar,
    Case,
    Judgement,
    MeasureKind,
    Observed,
    Rule,
    Side,
    SliceStanding,
    best_split,
    family,
    form,
    grown,
    judge_all,
    judge_on_chart,
    open_days,
    since,
    usable,
)

DAY = date(2026, 1, 1)


def run(job: tuple[str, float]) -> str:
    name, scale = job
    return PARTS[name](scale)


def hold(scale: float) -> str:
    """A step of 2 sigma that nobody accepts, for two years."""
    from judgement import ours

    rng = np.random.default_rng([2026, 100])
    process = Process(MeasureKind.SHARE, 50, 0.1, 0.01)
    lines = [
        "Hold: rate n 50, p .1, baseline 11, a step of 2 sigma that nobody decides on; called in",
        "",
        "| | months 7-12 | 13-18 | 19-24 | fa in the second year |",
        "|---|---|---|---|---|",
    ]
    count = max(100, int(900 * scale))
    moved = draw(process, count, 11, 24, 2.0, 11, rng)
    still = draw(process, count, 11, 24, 0.0, 11, rng)
    for kept in (True, False):
        called = ours(MeasureKind.SHARE, moved, 11, 11, hold=kept)
        quiet = ours(MeasureKind.SHARE, still, 11, 11, hold=kept)
        shares = [called[:, at : at + 6].mean() for at in (6, 12, 18)]
        met = f" (target >= .70: {_met(min(shares[1:]) >= 0.70)})" if kept else ""
        cells = " | ".join(f"{share:.2f}" for share in shares)
        word = "held" if kept else "grows on"
        lines.append(f"| {word}{met} | {cells} | {quiet[:, 12:].mean():.3f} |")
    return "\n".join(lines)


def gap(scale: float) -> str:
    """A locked baseline that ends eight periods before the first judged one, or just before it."""
    from judgement import ours

    lines = [
        "Gap: rate n 200, p .05, rho .01, baseline of 24 locked, nothing changes; fa in months",
        "",
        "| phi | periods kept out before the first judged | 1-8 | 9-12 | 1-12 (se) | target |",
        "|---|---|---|---|---|---|",
    ]
    count = max(100, int(2700 * scale))
    for phi, target in ((0.0, 0.025), (0.2, 0.032)):
        process = Process(MeasureKind.SHARE, 200, 0.05, 0.01, phi)
        for kept_out in (0, 8):
            rng = np.random.default_rng([2026, 700, int(10 * phi), kept_out])
            series = draw(process, count, 24 + kept_out, 12, 0.0, 24, rng)
            called = ours(MeasureKind.SHARE, series, 24 + kept_out, 24)
            parts = [called[:, :8].mean(), called[:, 8:].mean(), called.mean()]
            error = called.mean(axis=1).std() / np.sqrt(count)
            cells = " | ".join(f"{share:.3f}" for share in parts)
            met = _met(bool(parts[2] <= target))
            lines.append(f"| {phi} | {kept_out} | {cells} ({error:.3f}) | <= {target:.3f}: {met} |")
    return "\n".join(lines)


def _met(good: bool) -> str:
    return "met" if good else "NOT MET"


def december(scale: float) -> str:
    """Deployments by day, with weekends, holidays and a freeze from 11 December."""
    lines = [
        "December: baseline 11, 24 judged months, freeze from 11 December; called worse, and fa of "
        "other months",
        "",
        "| a month, daily var/mean, monthly cv | days of the month: December; others | "
        "open days: December; others | target <= .02 |",
        "|---|---|---|---|",
    ]
    for at, (mean, clump, cv) in enumerate([(60, 1, 0.0), (60, 2, 0.1), (400, 1, 0.0), (10, 1, 0)]):
        rng = np.random.default_rng([2026, 200, at])
        found = _decembers(mean, clump, cv, max(60, int(900 * scale)), rng)
        cells = " | ".join(f"{one:.3f}; {other:.3f}" for one, other in found)
        lines.append(f"| {mean}, {clump}, {cv} | {cells} | {_met(found[1][0] <= 0.02)} |")
    return "\n".join(lines)


def _company_calendar() -> Calendar:
    fixed = ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
    years = range(2023, 2027)
    holidays = frozenset(date(year, *day) for year in years for day in fixed)
    freezes = tuple((date(year, 12, 11), date(year + 1, 1, 1)) for year in years)
    return Calendar(holidays=holidays, freezes=freezes)


def _decembers(
    mean: float, clump: float, cv: float, count: int, rng: np.random.Generator
) -> list[tuple[float, float]]:
    """For days of the month and for open days: share of Decembers called worse, others called."""
    calendar = _company_calendar()
    months = [date(2023 + at // 12, at % 12 + 1, 1) for at in range(37)]
    days = np.arange(np.datetime64(months[0]), np.datetime64(months[-1]))
    working, is_open = calendar.working(days), calendar.open(days)
    rates = np.where(is_open, 1.0, np.where(working, 0.12, 0.06)) * mean / 21
    month_of = days.astype("datetime64[M]").astype(int) - 53 * 12
    means = rates * _monthly(cv, count, rng)[:, month_of]
    daily = rng.poisson(means if clump == 1 else rng.gamma(means / (clump - 1)) * (clump - 1))
    plain, on_open = [], []
    for at in range(36):
        there = month_of == at
        found = open_days(months[at], months[at + 1], calendar)
        plain.append((daily[:, there].sum(axis=1), float(there.sum()), False))
        opened = daily[:, there & is_open].sum(axis=1)
        on_open.append((opened, float(found.open), found.special))
    return [_called_by_month(way) for way in (plain, on_open)]


def _monthly(cv: float, count: int, rng: np.random.Generator) -> np.ndarray:
    if not cv:
        return np.ones((count, 36))
    return rng.gamma(1 / cv**2, cv**2, (count, 36))


def _called_by_month(
    months: list[tuple[np.ndarray, float, bool]],
) -> tuple[float, float]:
    rows = [
        [
            Observed(float(count[at]), exposure, special=special)
            for count, exposure, special in months
        ]
        for at in range(len(months[0][0]))
    ]
    baselines = [form(MeasureKind.COUNT, usable(MeasureKind.COUNT, row[:12]), DAY) for row in rows]
    held = [False] * len(rows)
    decembers, others = [], []
    for now in range(12, 36):
        judgements = _month(rows, baselines, held, now)
        if now % 12 == 11:
            decembers += [judgement.verdict == "worse" for judgement in judgements]
        else:
            others += [judgement.called for judgement in judgements]
    return float(np.mean(decembers)), float(np.mean(others))


def _month(
    rows: list[list[Observed]], baselines: list[Baseline], held: list[bool], now: int
) -> list[Judgement]:
    """The verdicts of one month, by baselines that grow until a lasting change is called."""
    cases = []
    for at, row in enumerate(rows):
        before = usable(MeasureKind.COUNT, row[:now])
        since_then = before[len(baselines[at].periods) :]
        baselines[at] = grown(baselines[at], since_then, held=held[at])
        cases.append(Case(MeasureKind.COUNT, baselines[at].periods, (*before[-7:], row[now]), True))
    found = judge_all(cases)
    for at, judgement in enumerate(found):
        held[at] = held[at] or Rule.LASTING in judgement.rules
    return found


def dating(scale: float) -> str:
    """A step of the weeks, 47 weeks before it and 8 after."""
    lines = [
        "Since when: weeks, 8 after the step",
        "",
        "| step | within 0, 1, 2, 4 weeks | window covers, weeks | target: within 2, covers | |",
        "|---|---|---|---|---|",
    ]
    rows = [
        ("2 sigma of 15 deployments a week", Process(MeasureKind.COUNT, 15), 2.0, 0.90, 0.90),
        ("the same, phi .2", Process(MeasureKind.COUNT, 15, phi=0.2), 2.0, 0.0, 0.85),
        ("1 sigma of 15 deployments a week", Process(MeasureKind.COUNT, 15), 1.0, 0.0, 0.0),
        ("failures 5 -> 15 % of 50 a week", Process(MeasureKind.SHARE, 50, 0.05), 3.24, 0.0, 0.0),
        ("failures 5 -> 15 % of 15 a week", Process(MeasureKind.SHARE, 15, 0.05), 1.777, 0.0, 0.0),
    ]
    for at, (name, process, step, two, covers) in enumerate(rows):
        rng = np.random.default_rng([2026, 300, at])
        series = _weeks(process, step, max(200, int(1500 * scale)), rng)
        errors, covered, widths = _dated(process.kind, series)
        within = [(errors <= weeks).mean() for weeks in (0, 1, 2, 4)]
        met = _met(within[2] >= two and covered >= covers) if covers else "-"
        aim = ", ".join(f">= {share:.2f}" for share in (two, covers) if share) or "-"
        cells = " ".join(f"{share:.2f}" for share in within)
        lines.append(f"| {name} | {cells} | {covered:.2f}, {widths:.0f} | {aim} | {met} |")
    return "\n".join(lines)


def _weeks(process: Process, step: float, count: int, rng: np.random.Generator) -> Series:
    if process.kind is MeasureKind.SHARE:
        return draw(process, count, 47, 8, step, 47, rng)
    shape, means = (count, 55), np.full((count, 55), float(process.size))
    means[:, 47:] *= 1 + step * process.sigma
    ranks = stats.norm.cdf(autoregressive(shape, process.phi, rng))
    counts = stats.poisson.ppf(ranks, means)
    return Series(counts, np.full(shape, 5.0), counts)


def _dated(kind: MeasureKind, series: Series) -> tuple[np.ndarray, float, float]:
    starts = [DAY + timedelta(weeks=at) for at in range(55)]
    errors, covered, widths = [], [], []
    for counts, exposures in zip(series.counts.tolist(), series.exposures.tolist(), strict=True):
        months = [
            Observed(sum(counts[at : at + 4]), sum(exposures[at : at + 4]))
            for at in range(3, 47, 4)
        ]
        weeks = list(zip(starts, counts, exposures, strict=True))
        found = since(kind, months, weeks, side=Side.HIGH, first_of_eight=starts[23])
        if found is None:
            errors.append(99.0)
            covered.append(False)
            continue
        errors.append(abs((found.week - starts[47]).days) / 7)
        covered.append(found.earliest <= starts[47] <= found.latest)
        widths.append(found.weeks)
    return np.array(errors), float(np.mean(covered)), float(np.median(widths))


def slices(scale: float) -> str:
    """300 slices of one edition, in the ninth month after 5 % of them changed."""
    lines = [
        "Slices: 300, about 20 deployments each, 6 % fail, ninth month; mean of editions",
        "",
        "| baseline, step | each alone: false, found | the family: false, found | said by chance |",
        "|---|---|---|---|",
    ]
    for length, before in ((11, 11), (24, 32)):
        for step in (0.0, 2.0, 3.0):
            rng = np.random.default_rng([2026, 400, length, int(step)])
            lines.append(_slices_row(length, before, step, max(4, int(40 * scale)), rng))
    return "\n".join(lines)


def _slices_row(
    length: int, before: int, step: float, editions: int, rng: np.random.Generator
) -> str:
    totals = np.zeros(4)
    said = 0.0
    for _ in range(editions):
        cases = _edition(before, step, rng)
        judgements = judge_all(
            [Case(MeasureKind.SHARE, row[:length], row[-8:], False) for row in cases]
        )
        found = family(judgements)
        alone = np.array([judgement.called for judgement in judgements])
        changed = np.array([standing is SliceStanding.CHANGED for standing in found.standings])
        hits = (alone[:15].mean(), changed[:15].mean())
        totals += (alone[15:].sum(), hits[0], changed[15:].sum(), hits[1])
        said += found.by_chance
    false, hit, false_family, hit_family = totals / editions
    return (
        f"| {length}, {step:.0f} sigma | {false:.1f}, {hit:.0%} | {false_family:.2f}, "
        f"{hit_family:.0%} | {said / editions:.1f} |"
    )


def _edition(before: int, step: float, rng: np.random.Generator) -> list[tuple[Observed, ...]]:
    """300 slices, of which the first 15 change by ``step`` nine months ago."""
    sizes = np.maximum(1, np.rint(rng.lognormal(np.log(20), 0.8, 300)))
    rows = []
    for at, size in enumerate(sizes):
        process = Process(MeasureKind.SHARE, size, 0.06, 0.01)
        series = draw(process, 1, before, 9, step if at < 15 else 0.0, before, rng)
        pairs = zip(series.counts[0].tolist(), series.exposures[0].tolist(), strict=True)
        rows.append(tuple(Observed(*pair) for pair in pairs))
    return rows


def named_sets(scale: float) -> str:
    """Normal noise: the shares that control_charts.py prints beside the names, and steadiness."""
    rng = np.random.default_rng([2026, 500])
    lines = [
        "Named sets on limits that stay, normal noise: fa (phi 0; phi .2)",
        "",
        "| set | 11 | 24 |",
        "|---|---|---|",
    ]
    count = max(100, int(1500 * scale))
    for rules in ("western", "mdc"):
        cells = []
        for length in (11, 24):
            found = [_charted(rules, length, phi, count, rng) for phi in (0.0, 0.2)]
            cells.append("; ".join(f"{share:.3f}" for share in found))
        lines.append(f"| {rules} | {' | '.join(cells)} |")
    lines += ["", "Steadiness: share of baselines said to have moved (rate n 200, p .05, rho .01)"]
    lines += ["", "| periods | still | 2 sigma in its middle |", "|---|---|---|"]
    for length in (11, 24):
        cells = [f"{_moved(length, step, count, rng):.3f}" for step in (0.0, 2.0)]
        lines.append(f"| {length} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _charted(rules: str, length: int, phi: float, count: int, rng: np.random.Generator) -> float:
    noise = autoregressive((count, length + 12), phi, rng).tolist()
    called = [
        judge_on_chart(row[: now + 1], slice(0, length), rules, up_is_good=False)[1] is not None
        for row in noise
        for now in range(length, length + 12)
    ]
    return float(np.mean(called))


def _moved(length: int, step: float, count: int, rng: np.random.Generator) -> float:
    process = Process(MeasureKind.SHARE, 200, 0.05, 0.01)
    half = length // 2
    series = draw(process, count, half, length - half, step, length, rng)
    found = []
    for counts, exposures in zip(series.counts.tolist(), series.exposures.tolist(), strict=True):
        periods = tuple(map(Observed, counts, exposures))
        split = best_split(Baseline(MeasureKind.SHARE, periods, DAY))
        found.append(split is not None and split.moved)
    return float(np.mean(found))


def speed() -> str:
    """An edition of 300 slices and five measures, from counts to verdicts."""
    rng = np.random.default_rng([2026, 600])
    cases = []
    for size in rng.lognormal(np.log(20), 1, 300):
        sizes = np.maximum(1, np.rint(size * rng.uniform(0.6, 1.4, 33)))
        for at, kind in enumerate(
            (
                MeasureKind.SHARE,
                MeasureKind.SHARE,
                MeasureKind.COUNT,
                MeasureKind.MEDIAN,
                MeasureKind.MEDIAN,
            )
        ):
            counts = (
                sizes
                if kind is MeasureKind.COUNT
                else rng.binomial(sizes.astype(int), (0.06, 0.5)[at > 2])
            )
            exposures = np.full(33, 21.0) if kind is MeasureKind.COUNT else sizes
            row = tuple(map(Observed, counts.astype(float).tolist(), exposures.tolist()))
            cases.append(Case(kind, row[:24], row[-8:], kind is MeasureKind.COUNT))
    times = []
    for _ in range(5):
        started = time.process_time()
        judge_all(cases)
        times.append(time.process_time() - started)
    best, first = np.median(times), times[0]
    return (
        f"Speed: 300 slices x 5 measures judged in {best:.2f} s of CPU (at first {first:.2f} s; "
        f"target < 0.3 s: {_met(bool(first < 0.3))})."
    )


PARTS: dict[str, Callable[[float], str]] = {
    "hold": hold,
    "gap": gap,
    "december": december,
    "dating": dating,
    "slices": slices,
    "named_sets": named_sets,
}
