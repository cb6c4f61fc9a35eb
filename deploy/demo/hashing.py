"""Choices that look like chance and are not: the same text gives the same choice on every machine and in every year."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

SEED = "partsbay demonstration network 1"
_FULL = float(2**64)


def shares(purpose: str, keys: Iterable[str], count: int = 1) -> np.ndarray:
    """One row per key of ``count`` (at most 8) numbers in [0, 1), fixed by the seed, the purpose and the key."""
    prefix = f"{SEED}|{purpose}|"
    digests = b"".join(blake2b((prefix + key).encode(), digest_size=8 * count).digest() for key in keys)
    # Half-open on purpose: the top 53 bits fill a float exactly, so 1.0 never comes out.
    numbers = np.frombuffer(digests, dtype=">u8").reshape(-1, count) >> np.uint64(11)
    return numbers.astype(np.float64) * (2048.0 / _FULL)


def share(purpose: str, keys: Iterable[str]) -> np.ndarray:
    """One number in [0, 1) per key."""
    return shares(purpose, keys)[:, 0]


def pick(purpose: str, keys: Iterable[str], count: int) -> np.ndarray:
    """One whole number from 0 to ``count`` - 1 per key."""
    return (share(purpose, keys) * count).astype(np.int64)


def weighted(numbers: np.ndarray, weights: list[float]) -> np.ndarray:
    """The index of the weight that each number in [0, 1) falls on."""
    bounds = np.cumsum(weights) / sum(weights)
    return np.minimum(np.searchsorted(bounds, numbers, side="right"), len(weights) - 1)
