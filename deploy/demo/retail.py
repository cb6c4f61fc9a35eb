"""The accessories counter: the Online Retail days, moved to the weeks before the as-of day, as dirty as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deploy.demo import network, source
from deploy.demo.writing import DropFile

SHIFT_WEEKS = 466  # Monday 2011-02-28 becomes Monday 2002-03-25.
PRODUCT = r"\d{5}[A-Za-z]*"
_SCRAPPED = r"thrown|mould|rust|scrap|destroy"
_DAMAGED = r"damage|faulty|broken|smash|crush|wet|incorrectly made"


def lines() -> pd.DataFrame:
    """One row per line of the source, with what it means here: role, quantity, moment, is the part known."""
    rows = source.retail()
    quantity = rows.Quantity.astype(int)
    is_free = rows.UnitPrice.astype(float).eq(0)
    is_internal = is_free & rows.CustomerID.eq("")
    moment = pd.to_datetime(rows.InvoiceDate) - pd.Timedelta(weeks=SHIFT_WEEKS)
    role = np.select(
        [(quantity > 0) & is_internal, quantity > 0, is_internal],
        ["IN", "SOLD_COUNTER", "OUT"],
        "RETURN_UNUSED",
    )
    return pd.DataFrame(
        {
            "source_day": rows.day,
            "document_number": rows.InvoiceNo,
            "document_line": rows.position.astype(str),
            "part_number": rows.StockCode,
            "part_key": rows.StockCode.str.upper(),
            "description": rows.Description.str.strip(),
            "role": role,
            "units": quantity.abs(),
            "unit_price_amount": rows.UnitPrice,
            "happened_at": moment.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "is_product": rows.StockCode.str.fullmatch(PRODUCT),
        }
    )


def parts(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per stock code that looks like a product: its commonest description, and the median of its prices."""
    products = rows[rows.is_product]
    sold = products.assign(price=products.unit_price_amount.astype(float)).query("price > 0")
    # Sold lines name the product; write-offs say what became of it, so they are asked only where nothing was sold.
    named = pd.concat([sold, products]).query("description != ''")
    counts = named.groupby(["part_key", "description"], sort=True).size().reset_index(name="count")
    is_sold = counts.set_index(["part_key", "description"]).index.isin(
        sold.set_index(["part_key", "description"]).index
    )
    counts = counts.assign(is_sold=is_sold).sort_values(
        ["part_key", "is_sold", "count", "description"], ascending=[True, False, False, True]
    )
    description = counts.drop_duplicates("part_key").set_index("part_key").description
    keys = sorted(products.part_key.unique())
    return pd.DataFrame(
        {
            "part_number": keys,
            "description": description.reindex(keys).fillna("No description in the source").to_numpy(),
            "median_price": sold.groupby("part_key").price.median().reindex(keys).to_numpy(),
        }
    )


def stock_lines(rows: pd.DataFrame) -> pd.DataFrame:
    """What the lines of known parts do to the stock: units that leave are positive, units that come back negative."""
    known = rows[rows.is_product]
    comes_in = known.role.isin(["RETURN_UNUSED", "IN"])
    return pd.DataFrame(
        {
            "garage_code": network.COUNTER.code,
            "part_number": known.part_key,
            "day": known.happened_at.str[:10],
            "units": np.where(comes_in, -known.units, known.units),
        }
    )


def usage_files(rows: pd.DataFrame) -> list[DropFile]:
    """One file per trading day; lines of service codes stay in and will be refused as unknown parts."""
    rows = rows[rows.role.isin(["SOLD_COUNTER", "RETURN_UNUSED"])]
    frame = pd.DataFrame(
        {
            "garage_code": network.COUNTER.code,
            "work_order_number": rows.document_number,
            "work_order_line": rows.document_line,
            "brand_code": network.RETAIL_BRAND,
            "part_number": rows.part_number,
            "usage_type_code": rows.role,
            "quantity": rows.units.astype(str),
            "uom_code": "EA",
            "unit_price_amount": rows.unit_price_amount,
            "consumed_at": rows.happened_at,
            "actor": "counter",
        }
    )
    return [_file("usage", f"counter_{day}.csv.gz", part, rows.loc[part.index]) for day, part in _by_day(frame, rows)]


def adjustment_files(rows: pd.DataFrame) -> list[DropFile]:
    """One file: goods written off or found, which the source books as sales at no price to nobody."""
    rows = rows[rows.role.isin(["IN", "OUT"])]
    words = rows.description.str.lower()
    reason = np.select(
        [rows.role.eq("IN"), words.str.contains(_SCRAPPED), words.str.contains(_DAMAGED)],
        ["FOUND", "SCRAPPED", "DAMAGED"],
        "MISSING",
    )
    frame = pd.DataFrame(
        {
            "adjustment_number": rows.document_number,
            "adjustment_line": rows.document_line,
            "garage_code": network.COUNTER.code,
            "brand_code": network.RETAIL_BRAND,
            "part_number": rows.part_number,
            "direction_code": rows.role,
            "quantity": rows.units.astype(str),
            "uom_code": "EA",
            "adjustment_reason_code": reason,
            "reason_note": rows.description,
            "actor": "counter",
            "adjusted_at": rows.happened_at,
        }
    )
    return [_file("adjustment", "counter_write_offs.csv.gz", frame, rows)]


def _by_day(frame: pd.DataFrame, rows: pd.DataFrame):
    return frame.groupby(rows.happened_at.str[:10])


def _file(kind: str, name: str, frame: pd.DataFrame, rows: pd.DataFrame) -> DropFile:
    unknown = int((~rows.is_product).sum())
    return DropFile(network.COUNTER.code, kind, name, frame, {"UNKNOWN_PART": unknown} if unknown else {})
