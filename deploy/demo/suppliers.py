"""Suppliers and what they offer: vendors with their own price lines, and car-part offers borrowed from those."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from deploy.demo import hashing, network, source
from deploy.demo.writing import DropFile

PURCHASING = "PURCHASING"
WHOLESALER = "UCIRWHOL"
SURPLUS = "DLA-KS"
SHARE_WITHOUT_OFFER = 0.05
SURPLUS_SHIFT_WEEKS = 629  # Thursday 2014-04-17 becomes Thursday 2002-03-28.
WHOLESALE_FACTOR = 0.6
_NEIGHBOURS = 12
# No public source says on what terms a vendor takes orders: each has one of each of these.
_MINIMUMS = ("", "50", "100", "150")
_FREE_FROM = ("", "200", "300", "500")
_FREIGHTS = ("0", "0.90", "1.50", "2.50")
_RETURNS = ("", "30", "60", "90")
_CALENDARS = (("", ""), ("1 2 3 4 5", "16:00"), ("1 3 5", "14:00"), ("2 4", "11:00"))
# Unit of the vendor's line → our unit, and how many of our units the vendor's price is for.
_UNITS = {
    "EA": ("EA", 1),
    "CAN": ("EA", 1),
    "CTN": ("BX", 1),
    "CS": ("CA", 1),
    "PAK": ("PK", 1),
    "DZ": ("EA", 12),
    "GAL": ("L", 3.785411784),
}
_SURPLUS_UNITS = {"Each": "EA", "EA": "EA", "Assembly": "EA", "Kit": "KT"}


def vendor_lines() -> pd.DataFrame:
    """One row per product of a vendor, with the vendor's code, whether it is active, and the lead time as a number."""
    vendors = source.adventureworks("Vendor")[["BusinessEntityID", "AccountNumber", "Name", "ActiveFlag"]]
    products = source.adventureworks("Product")[["ProductID", "ProductNumber"]]
    lines = source.adventureworks("ProductVendor").merge(vendors, on="BusinessEntityID").merge(products, on="ProductID")
    return lines.assign(lead_time=lines.AverageLeadTime.astype(int), price=lines.StandardPrice.astype(float))


def _clock(keys: list[str]) -> list[str]:
    """A moment of March 2002 for each key."""
    day = hashing.pick("day of a statement", keys, 28) + 1
    return [f"2002-03-{number:02d}T05:00:00Z" for number in day]


def supplier_files(lines: pd.DataFrame) -> list[DropFile]:
    """One row per vendor of the source, and one each for the wholesaler and the surplus list; with terms of those that
    take orders.
    """
    vendors = source.adventureworks("Vendor")
    times = lines.groupby("BusinessEntityID").lead_time.agg(["mean", "std"]).reindex(vendors.BusinessEntityID)
    mean = times["mean"].fillna(lines.lead_time.median()).to_numpy()
    # The lists say one lead time per product and most vendors say the same for all, which is no spread at all.
    spread = np.maximum(times["std"].fillna(0).to_numpy(), 0.1 * mean)
    frame = pd.DataFrame(
        {
            "supplier_code": vendors.AccountNumber,
            "supplier_name": vendors.Name,
            "currency_code": "USD",
            "lead_time_days": [f"{value:.1f}" for value in mean],
            "lead_time_sd_days": [f"{value:.2f}" for value in spread],
            "is_active": vendors.ActiveFlag.map({"1": "true", "0": "false"}),
        }
    )
    others = pd.DataFrame(
        [
            (WHOLESALER, "Online Retail wholesale", "GBP", "14.0", "2.00", "true"),
            (SURPLUS, "Surplus property list, Kansas", "USD", "30.0", "10.00", "false"),
        ],
        columns=frame.columns,
    )
    frame = pd.concat([frame, others], ignore_index=True).assign(valid_from_at=network.OPENED_AT)
    return [
        DropFile(network.OFFICE, "suppliers", "suppliers.csv", frame),
        DropFile(network.OFFICE, "supplier_terms", "supplier_terms.csv", _terms(frame[frame.is_active == "true"])),
    ]


def _terms(active: pd.DataFrame) -> pd.DataFrame:
    codes = active.supplier_code.tolist()
    days, until = zip(*(_CALENDARS[place] for place in hashing.pick("order calendar", codes, 4)), strict=True)
    chosen = {
        name: [values[place] for place in hashing.pick(name, codes, len(values))]
        for name, values in (
            ("minimum_order_amount", _MINIMUMS),
            ("free_freight_amount", _FREE_FROM),
            ("freight_amount", _FREIGHTS),
            ("return_days", _RETURNS),
        )
    }
    return pd.DataFrame(
        {"supplier_code": codes, "currency_code": active.currency_code.tolist(), **chosen, "order_weekdays": days,
         "cut_off_at": until, "valid_from_at": network.OPENED_AT}
    )  # fmt: skip


def _vendor_price_file(lines: pd.DataFrame) -> DropFile:
    """The vendors' own lines, as the source has them."""
    unit = lines.UnitMeasureCode.str.strip()
    size = unit.map({code: size for code, (_, size) in _UNITS.items()})
    frame = pd.DataFrame(
        {
            "supplier_code": lines.AccountNumber,
            "brand_code": network.VENDOR_BRAND,
            "part_number": lines.ProductNumber,
            "unit_price_amount": [f"{value:.4f}" for value in lines.price / size],
            "currency_code": "USD",
            "price_uom_code": unit.map({code: ours for code, (ours, _) in _UNITS.items()}),
            "minimum_order_quantity": lines.MinOrderQty,
            "maximum_order_quantity": lines.MaxOrderQty,
            "lead_time_days": lines.AverageLeadTime,
            "stated_at": _clock(lines.AccountNumber.tolist()),
        }
    )
    return DropFile(PURCHASING, "supplier_price", "vendor_products.csv.gz", frame)


def borrowed_lines(part_numbers: list[str], lines: pd.DataFrame) -> pd.DataFrame:
    """One to three real vendor lines per car part: a hashed one, and others of about its price by other vendors."""
    active = lines[lines.ActiveFlag.eq("1")].sort_values(["price", "ProductNumber", "AccountNumber"], ignore_index=True)
    numbers = hashing.shares("vendor lines of a part", part_numbers, 5)
    base = (numbers[:, 0] * len(active)).astype(int)
    wanted = 1 + hashing.weighted(numbers[:, 1], [35, 40, 25])
    shifts = [np.zeros(len(base), int)] + [
        ((numbers[:, column] * 2 - 1) * _NEIGHBOURS).astype(int) for column in (2, 3)
    ]
    drawn = pd.DataFrame(
        {
            "part_number": np.tile(part_numbers, 3),
            "rank": np.repeat([0, 1, 2], len(base)),
            "row": np.concatenate([np.clip(base + shift, 0, len(active) - 1) for shift in shifts]),
            "wanted": np.tile(wanted, 3),
            "has_offer": np.tile(numbers[:, 4] >= SHARE_WITHOUT_OFFER, 3),
        }
    )
    drawn = drawn[drawn["rank"] < drawn.wanted].reset_index(drop=True)
    drawn = drawn.join(active[["AccountNumber", "price", "lead_time", "LastReceiptCost"]], on="row")
    drawn = drawn.sort_values(["part_number", "rank"]).drop_duplicates(["part_number", "AccountNumber"])
    return drawn.reset_index(drop=True)


def _car_part_files(borrowed: pd.DataFrame) -> list[DropFile]:
    offers = borrowed[borrowed.has_offer]
    keys = (offers.part_number + "|" + offers.AccountNumber).tolist()
    numbers = hashing.shares("terms of an offer", keys, 4)
    small, weights = np.array(["1", "2", "4", "5", "10"]), [70, 15, 8, 4, 3]
    pack = small[hashing.weighted(numbers[:, 0], weights)]
    stated_at = _clock(offers.AccountNumber.tolist())
    prices = pd.DataFrame(
        {
            "supplier_code": offers.AccountNumber.to_numpy(),
            "brand_code": network.CAR_BRAND,
            "part_number": offers.part_number.to_numpy(),
            "supplier_part_number": (offers.AccountNumber.str[:3] + "-" + offers.part_number).to_numpy(),
            "unit_price_amount": [f"{value:.4f}" for value in offers.price],
            "currency_code": "USD",
            "minimum_order_quantity": small[hashing.weighted(numbers[:, 1], weights)],
            "pack_quantity": pack,
            "order_multiple_quantity": np.where(numbers[:, 2] < 0.95, "1", "2"),
            # One offer in fifty sells no more than one pack at a time.
            "maximum_order_quantity": np.where(numbers[:, 3] < 0.02, pack, ""),
            "lead_time_days": offers.lead_time.astype(str).to_numpy(),
            "stated_at": stated_at,
        }
    )
    states = np.array(["IN_STOCK", "LOW", "NONE"])
    state = hashing.weighted(hashing.share("availability of an offer", keys), [90, 6, 4])
    amount = np.select([state == 0, state == 1], [50 + hashing.pick("stock of an offer", keys, 450), 3], 0)
    availability = pd.DataFrame(
        {
            "supplier_code": prices.supplier_code,
            "brand_code": network.CAR_BRAND,
            "part_number": prices.part_number,
            "available_quantity": amount.astype(str),
            "availability_code": states[state],
            "stated_at": stated_at,
        }
    )
    return [
        DropFile(PURCHASING, "supplier_price", "car_part_offers.csv.gz", prices),
        DropFile(PURCHASING, "supplier_availability", "car_part_availability.csv.gz", availability),
    ]


def _wholesale_file(retail_parts: pd.DataFrame) -> DropFile:
    priced = retail_parts[retail_parts.median_price.notna()]
    frame = pd.DataFrame(
        {
            "supplier_code": WHOLESALER,
            "brand_code": network.RETAIL_BRAND,
            "part_number": priced.part_number,
            "unit_price_amount": [f"{value * WHOLESALE_FACTOR:.4f}" for value in priced.median_price],
            "currency_code": "GBP",
            # Cheap goods come by the dozen.
            "minimum_order_quantity": np.select([priced.median_price < 1, priced.median_price < 3], ["12", "6"], "2"),
            "lead_time_days": "14",
            "stated_at": "2002-03-01T05:00:00Z",
        }
    )
    return DropFile(WHOLESALER, "supplier_price", "wholesale_prices.csv.gz", frame)


def _surplus_file() -> DropFile:
    """The list as it is: a line of another county that says the same of the same item is a line said twice."""
    rows = source.surplus()
    shipped = pd.to_datetime(rows.ship_date, format="%m/%d/%Y %H:%M:%S") - pd.Timedelta(weeks=SURPLUS_SHIFT_WEEKS)
    frame = pd.DataFrame(
        {
            "supplier_code": SURPLUS,
            "brand_code": network.SURPLUS_BRAND,
            "part_number": rows.nsn,
            "unit_price_amount": rows.acquisition_cost,
            "currency_code": "USD",
            "price_uom_code": rows.ui.map(_SURPLUS_UNITS).fillna(rows.ui),
            "stated_at": shipped.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    unknown = ~frame.price_uom_code.isin(_SURPLUS_UNITS.values())
    known = frame[~unknown]
    is_repeat = known.duplicated(["part_number", "stated_at"])
    is_same = known.duplicated()
    quarantined = {"UNIT": int(unknown.sum()), "CONFLICT": int((is_repeat & ~is_same).sum())}
    held_count = _jumps(known[~is_repeat])
    return DropFile(SURPLUS, "supplier_price", "ks_1033.csv.gz", frame, quarantined, int(is_same.sum()), held_count)


def _jumps(lines: pd.DataFrame) -> int:
    """Lines that cost nothing, or lie more than 40 % off the last of their item that does not: other lots of it."""
    count, last = 0, {}
    for line in lines.sort_values("stated_at", kind="stable").itertuples():
        item, cost = (line.part_number, line.price_uom_code), Decimal(line.unit_price_amount)
        if not cost or (item in last and abs(cost - last[item]) > last[item] * Decimal("0.4")):
            count += 1
        else:
            last[item] = cost
    return count


def offer_files(borrowed: pd.DataFrame, lines: pd.DataFrame, retail_parts: pd.DataFrame) -> list[DropFile]:
    """Every price and availability file."""
    return [
        _vendor_price_file(lines),
        *_car_part_files(borrowed),
        _wholesale_file(retail_parts),
        _surplus_file(),
    ]
