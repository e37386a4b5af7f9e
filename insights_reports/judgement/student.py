"""The normal distribution and Student's t, by arrays.

Normal tails are the complementary error function of the C library, normal quantiles those of
``statistics.NormalDist`` (Wichura 1988, AS 241). Student's tail is the regularised incomplete beta
function by its continued fraction (Lentz's method) up to a thousand degrees of freedom, and Hill's
expansion (1970, algorithm 395 of the ACM) beyond, which is exact to a float's rounding there.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NORMAL = NormalDist()
_MANY = 1000.0  # degrees of freedom from which Hill's expansion is exact
_LGAMMA = np.frompyfunc(math.lgamma, 1, 1)
_TINY = 1e-300


def lgamma(values: Floats) -> Floats:
    """The logarithm of the gamma function of each value."""
    return np.asarray(_LGAMMA(values), dtype=np.float64)


def normal_tail(values: Floats) -> Floats:
    """P(Z >= value) of a standard normal Z."""
    flat = (values / math.sqrt(2)).ravel().tolist()
    return 0.5 * np.fromiter(map(math.erfc, flat), np.float64, len(flat)).reshape(values.shape)


def normal_point(tails: Floats) -> Floats:
    """The value with P(Z >= value) = tail; tails lie strictly between 0 and 1."""
    flat = tails.ravel().tolist()
    points = np.fromiter(map(_NORMAL.inv_cdf, flat), np.float64, len(flat))
    return -points.reshape(tails.shape)


def student_tail(values: Floats, freedom: Floats) -> Floats:
    """P(T >= value) of Student's t with ``freedom`` degrees; infinitely many are the normal."""
    size = np.abs(values)
    tails = np.empty_like(size)
    many = freedom > _MANY
    tails[many] = normal_tail(_normal_like(size[many], freedom[many]))
    degrees, squared = freedom[~many], size[~many] ** 2
    beta = incomplete_beta(degrees / 2, np.full_like(degrees, 0.5), degrees / (degrees + squared))
    tails[~many] = beta / 2
    return np.where(values < 0, 1 - tails, tails)


def _normal_like(values: Floats, freedom: Floats) -> Floats:
    """Hill's normal deviate with the tail that t has; exact for infinitely many degrees."""
    result = values.copy()
    some = np.isfinite(freedom)
    a = freedom[some] - 0.5
    b = 48 * a * a
    z = a * np.log1p(values[some] ** 2 / freedom[some])
    inner = (((-0.4 * z - 3.3) * z - 24) * z - 85.5) / (0.8 * z * z + 100 + b)
    result[some] = ((inner + z + 3) / b + 1) * np.sqrt(z)
    return result


def student_point(tail: float, freedom: Floats) -> Floats:
    """The value with P(T >= value) = tail, for a tail below one half and at least two degrees."""
    z = float(normal_point(np.array([tail]))[0])
    finite = np.minimum(freedom, 1e12)
    values = z + (z**3 + z) / (4 * finite) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * finite**2)
    wanted = math.log(tail)
    constant = lgamma((finite + 1) / 2) - lgamma(finite / 2) - np.log(finite * math.pi) / 2
    constant = np.where(finite > 1e6, -math.log(2 * math.pi) / 2, constant)
    for _ in range(12):
        known = student_tail(values, freedom)
        density = np.exp(constant - (finite + 1) / 2 * np.log1p(values**2 / finite))
        step = (np.log(known) - wanted) * known / density
        values = values + step
        if np.all(np.abs(step) < 1e-12 * np.abs(values)):
            break
    return values


def incomplete_beta(a: Floats, b: Floats, x: Floats) -> Floats:
    """The regularised incomplete beta function I_x(a, b), for positive a and b.

    Abramowitz and Stegun 26.5.8, from the side where the continued fraction converges fast.
    """
    mirrored = x > (a + 1) / (a + b + 2)
    p, q = np.where(mirrored, b, a), np.where(mirrored, a, b)
    near = np.where(mirrored, 1 - x, x)
    with np.errstate(divide="ignore"):
        front = lgamma(p + q) - lgamma(p) - lgamma(q) + p * np.log(near) + q * np.log1p(-near)
    value: Floats = np.exp(front) / p * _continued_fraction(p, q, near)
    return np.where(mirrored, 1 - value, value)


def _continued_fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    c = np.ones_like(x)
    d = _reciprocal(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 400):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = _reciprocal(1 + even * d), 1 + even / c
        result = result * d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = _reciprocal(1 + odd * d), 1 + odd / c
        factor = d * c
        result = result * factor
        if np.all(np.abs(factor - 1) < 1e-15):
            break
    return result


def _reciprocal(values: Floats) -> Floats:
    return 1.0 / np.where(np.abs(values) < _TINY, _TINY, values)
