"""The verdicts on the figures of one table while the causes of differences are looked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from insights_reports.crosscheck.causes.cause import Cause
from insights_reports.crosscheck.compare import Compared
from insights_reports.crosscheck.conventions.rounding import Rounding
from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.spelling.figures import Column, Integers, Mask

MARGIN = 2
"""How many figures more a cause must explain than ours do: no figure alone brings about a cause."""

AGREES, DIFFERS, EXPLAINED, NOT_COMPARABLE = range(4)
UNKNOWN = Cause("unknown")
VERDICTS = (
    CheckVerdict.AGREES,
    CheckVerdict.DIFFERS,
    CheckVerdict.EXPLAINED,
    CheckVerdict.NOT_COMPARABLE,
)


class JudgedCells:
    """A verdict and a cause for each figure (rows) of each cell (columns).

    ``verdict`` holds the numbers above, ``cause`` positions in ``causes``; position 0 is not known.
    """

    def __init__(self, compared: Compared, rounding: Rounding) -> None:
        self.compared, self.rounding = compared, rounding
        self.verdict: npt.NDArray[np.int8] = (~compared.agrees).astype(np.int8)
        self.cause: npt.NDArray[np.int32] = np.zeros(self.verdict.shape, dtype=np.int32)
        self.causes = [UNKNOWN]

    @property
    def differs(self) -> Mask:
        differs: Mask = self.verdict == DIFFERS
        return differs

    def cells_that_differ(self) -> Integers:
        """The positions of the cells with a figure that differs and has no cause yet."""
        cells: Integers = np.flatnonzero(self.differs.any(axis=0))
        return cells

    def mark(self, figures: Mask, verdict: int, cause: Cause) -> None:
        """Give the figures under a mask of all of them a verdict and a cause."""
        self.verdict[figures] = verdict
        self.cause[figures] = self._number(cause)

    def mark_cells(self, cells: Integers, figures: Mask, verdict: int, cause: Cause) -> None:
        """The same for a mask of the figures of some cells alone."""
        mask = np.zeros(self.verdict.shape, dtype=bool)
        mask[:, cells] = figures
        self.mark(mask, verdict, cause)

    def adopt(
        self,
        cells: Integers,
        ours: Sequence[Column],
        cause: Cause,
        at_most: int | None = None,
    ) -> bool:
        """Hold some cells against other figures of ours, if those explain what is stated better.

        The choice is made for all the cells at once, by at least MARGIN figures, and then holds for
        all of their figures: one that agrees with ours of before but not with these differs. It is
        not made if more than ``at_most`` figures would still differ.
        """
        agrees = self.compared.against(ours, self.rounding, cells)
        before = self.verdict[:, cells] == AGREES
        still = int((~agrees).sum())
        if still + MARGIN > (~before).sum() or (at_most is not None and still > at_most):
            return False
        self.mark_cells(cells, agrees & ~before, EXPLAINED, cause)
        self.mark_cells(cells, ~agrees, DIFFERS, UNKNOWN)
        return True

    def accept(
        self, cells: Integers, ours: Sequence[Column], figures: tuple[int, ...], cause: Cause
    ) -> None:
        """Explain those of the cells whose ``figures`` all agree with other figures of ours."""
        agrees = self.compared.against(ours, self.rounding, cells)[list(figures)]
        whole = agrees.all(axis=0)
        mask = np.zeros((len(self.verdict), len(cells)), dtype=bool)
        mask[list(figures)] = whole
        self.mark_cells(cells, mask & (self.verdict[:, cells] == DIFFERS), EXPLAINED, cause)

    def _number(self, cause: Cause) -> int:
        if cause not in self.causes:
            self.causes.append(cause)
        return self.causes.index(cause)
