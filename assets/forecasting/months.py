"""Demand of many series as one matrix: a row a series, the last month in the last column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

DAYS_PER_MONTH = 30.4375


@dataclass(frozen=True)
class Months:
    """``quantities`` are nan before the first month of a series; ``counts`` says how many months each has."""

    quantities: np.ndarray
    counts: np.ndarray

    @property
    def width(self) -> int:
        """Columns of the matrix: the months of the longest series."""
        return self.quantities.shape[1]

    @property
    def is_known(self) -> np.ndarray:
        """Where a series has a month."""
        return np.arange(self.width) >= self.width - self.counts[:, None]

    def take(self, rows: np.ndarray) -> Months:
        """The series of the given rows, in their order."""
        return Months(self.quantities[rows], self.counts[rows])

    def without_first(self) -> Months:
        """Every series without its first month."""
        quantities = self.quantities.copy()
        quantities[np.arange(len(quantities)), self.width - self.counts] = np.nan
        return Months(quantities, self.counts - 1)

    def without_last(self, count: int) -> Months:
        """Every series without its last months."""
        return Months(self.quantities[:, : self.width - count], self.counts - count)


def months_of(lists: pa.ChunkedArray) -> Months:
    """The matrix of an Arrow column of lists, the oldest month first in each."""
    counts = pc.list_value_length(lists).to_numpy().astype(np.int64)
    values = pc.list_flatten(lists).to_numpy()
    width = int(counts.max(initial=0))
    quantities = np.full((len(counts), width), np.nan)
    quantities[np.arange(width) >= width - counts[:, None]] = values
    return Months(quantities, counts)
