"""What a supplier says of successors: one car part for another, as the demand of both suggests."""

from __future__ import annotations

import pandas as pd

from deploy.demo import network
from deploy.demo.writing import DropFile

# Demand that ended so long before the end of the data does not come back.
ENDED_BEFORE = "2001-10"
STATED_AT = "2002-03-29T05:00:00Z"
EFFECTIVE_FROM_ON = "2002-04-15"


def successor_files(demand: pd.DataFrame, borrowed: pd.DataFrame) -> list[DropFile]:
    """The file of one supplier with one line: of the parts that it offers, the one that was asked for most until the
    month before another was asked for first, and to this day.
    """
    months = demand.groupby("part_number").agg(first=("month", "min"), last=("month", "max"), units=("units", "sum"))
    offered = borrowed[borrowed["rank"].eq(0) & borrowed.has_offer][["part_number", "AccountNumber"]]
    parts = offered.merge(months.reset_index(), on="part_number")
    parts["following"] = (pd.PeriodIndex(parts["last"], freq="M") + 1).astype(str)
    ended = parts[parts["last"] < ENDED_BEFORE]
    begun = parts[parts["last"].eq(network.LAST_MONTH)]
    pairs = ended.merge(
        begun, left_on=["AccountNumber", "following"], right_on=["AccountNumber", "first"], suffixes=("", "_successor")
    )
    chosen = pairs.sort_values(["units", "units_successor", "part_number"], ascending=[False, False, True]).iloc[:1]
    frame = pd.DataFrame(
        {
            "brand_code": network.CAR_BRAND,
            "part_number": chosen.part_number,
            "successor_part_number": chosen.part_number_successor,
            "conversion_quantity": "1",
            "direction_code": "ONE_WAY",
            "disposition_code": "USE_UP",
            "effective_from_on": EFFECTIVE_FROM_ON,
            "valid_from_at": STATED_AT,
        }
    )
    supplier = chosen.AccountNumber.iloc[0]
    return [DropFile(supplier, "supersessions", f"supersessions_{STATED_AT[:10]}.csv", frame)]
