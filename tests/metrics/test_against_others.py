"""Statistics against other people's programs: intervals of rates, percentiles, in random cases."""

import os

import duckdb
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from insights_reports.metrics import Conventions, rate_difference, statistics_by_group, wilson

CASES = 2_000 if os.environ.get("THOROUGH") else 200


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261)


def test_wilsons_interval_equals_that_of_statsmodels(rng: np.random.Generator) -> None:
    for total in rng.integers(1, 5_000, CASES).tolist():
        failed = int(rng.integers(0, total + 1))
        theirs = proportion_confint(failed, total, method="wilson")
        assert wilson(failed, total) == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_newcombes_interval_of_a_difference_equals_that_of_statsmodels(
    rng: np.random.Generator,
) -> None:
    for _ in range(CASES):
        before, after = (int(n) for n in rng.integers(1, 3_000, 2))
        failed = int(rng.integers(0, before + 1)), int(rng.integers(0, after + 1))
        theirs = confint_proportions_2indep(
            failed[1], after, failed[0], before, method="newcomb", compare="diff"
        )
        ours = rate_difference((failed[0], before), (failed[1], after))
        assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-12)


def test_statistics_by_group_equal_those_of_duckdb(rng: np.random.Generator) -> None:
    """In doubles, which hold these values exactly; rounded half to even, as ours are."""
    size = CASES
    group = rng.integers(0, size, 40 * size)
    values = rng.integers(-(10**9), 10**12, len(group))
    frame = pd.DataFrame({"g": group, "v": values})
    theirs = (
        duckdb.from_df(frame)
        .query(
            "frame",
            "SELECT g, count(v) AS count, min(v) AS min, max(v) AS max, avg(v) AS mean, "
            "quantile_cont(v::DOUBLE, 0.5) AS median, quantile_cont(v::DOUBLE, 0.9) AS p90, "
            "quantile_cont(v::DOUBLE, 0.95) AS p95, quantile_disc(v, 0.9) AS rank90, "
            "quantile_disc(v, 0.95) AS rank95 FROM frame GROUP BY g ORDER BY g",
        )
        .df()
    )
    assert len(theirs) == size
    ours = statistics_by_group(values, group, size)
    for name in ("count", "min", "max"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    for name in ("mean", "median", "p90", "p95"):
        np.testing.assert_allclose(ours[name], theirs[name], rtol=1e-12, atol=0.51)
    ranked = statistics_by_group(values, group, size, Conventions(percentile="nearest_rank"))
    np.testing.assert_array_equal(ranked["p90"], theirs["rank90"])
    np.testing.assert_array_equal(ranked["p95"], theirs["rank95"])


NUMPY = {"linear": "linear", "lower": "lower", "higher": "higher", "exclusive": "weibull"}


@pytest.mark.parametrize("method", NUMPY)
def test_percentiles_equal_those_of_numpy(rng: np.random.Generator, method: str) -> None:
    chosen = Conventions(percentile=method)  # type: ignore[arg-type]
    for size in rng.integers(1, 60, CASES).tolist():
        values = rng.integers(-(10**6), 10**9, size)
        found = statistics_by_group(values, np.zeros(size, int), 1, chosen)
        for name, share in (("p90", 0.9), ("p95", 0.95)):
            theirs = np.percentile(values, 100 * share, method=NUMPY[method])  # type: ignore[call-overload]
            assert found[name][0] == pytest.approx(theirs, abs=0.51)
