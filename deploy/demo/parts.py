"""The catalogue: one file per brand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deploy.demo import hashing, network, source
from deploy.demo.writing import DropFile

# From this month on, a part without demand is not stocked any more.
QUIET_SINCE = "2000-04"
_CRITICALITIES = np.array(["SAFETY", "IMMOBILISING", "COMFORT"])


def part_files(demand: pd.DataFrame, borrowed: pd.DataFrame, retail_parts: pd.DataFrame) -> list[DropFile]:
    """Car parts, accessories and vendors' products."""
    brands = (_car_parts(demand, borrowed), _accessories(retail_parts), _vendor_products())
    return [
        DropFile(
            network.OFFICE,
            "parts",
            f"parts_{frame.brand_code.iloc[0].lower()}.csv.gz",
            frame.assign(valid_from_at=network.OPENED_AT),
        )
        for frame in brands
    ]


def _car_parts(demand: pd.DataFrame, borrowed: pd.DataFrame) -> pd.DataFrame:
    """The source has a number for each part and no words, so the words are derived."""
    total = demand.groupby("part_number").units.sum().sort_index()
    recent = demand[demand.month >= QUIET_SINCE].groupby("part_number").units.sum().reindex(total.index).fillna(0)
    rank = total.rank(method="first", ascending=False) / len(total)
    stocking = np.select([recent.eq(0), rank <= 0.2, rank <= 0.5], ["D", "A", "B"], "C")
    numbers = total.index.tolist()
    critical = hashing.weighted(hashing.share("criticality of a part", numbers), [15, 25, 60])
    cost = borrowed[borrowed["rank"].eq(0)].set_index("part_number").LastReceiptCost.reindex(numbers)
    return pd.DataFrame(
        {
            "brand_code": network.CAR_BRAND,
            "part_number": numbers,
            "description": [f"Car part {number}" for number in numbers],
            "category_code": "CAR_PART",
            "stocking_class_code": stocking,
            "criticality_code": _CRITICALITIES[critical],
            "unit_cost_amount": cost.to_numpy(),
            "currency_code": "USD",
        }
    )


def _accessories(retail_parts: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "brand_code": network.RETAIL_BRAND,
            "part_number": retail_parts.part_number,
            "description": retail_parts.description,
            "category_code": "ACCESSORY",
            "currency_code": "GBP",
        }
    )


def _vendor_products() -> pd.DataFrame:
    products = source.adventureworks("Product")
    return pd.DataFrame(
        {
            "brand_code": network.VENDOR_BRAND,
            "part_number": products.ProductNumber,
            "description": products.Name,
            "category_code": "VENDOR_PRODUCT",
            "unit_cost_amount": products.StandardCost,
            "currency_code": "USD",
        }
    )
