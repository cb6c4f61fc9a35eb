"""The claim on a GTIN, for every kind that has one."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from expectations.building import Claim
from ingest.gtins import is_gtin


def _are_gtins(gtins: pa.Array) -> pa.Array:
    coded = gtins.dictionary_encode()
    said = pa.array([is_gtin(text) for text in coded.dictionary.to_pylist()], pa.bool_())
    return pc.fill_null(said.take(coded.indices), True)


GTIN_CLAIM = Claim(
    name="gtin_has_its_check_digit",
    columns=("gtin",),
    holds=_are_gtins,
    reason="SCHEMA: gtin is '{gtin}', not a GTIN of 8, 12, 13 or 14 digits with its check digit",
)
