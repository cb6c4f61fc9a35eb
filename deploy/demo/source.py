"""The real files, read as text and nothing more: no value is changed here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from ingest.errors import PartsbayError

FOLDER = Path(__file__).parent / "source"

# The files have no header; the names are those of the database script they come from.
_COLUMNS = {
    "Vendor": "BusinessEntityID AccountNumber Name CreditRating PreferredVendorStatus ActiveFlag "
    "PurchasingWebServiceURL ModifiedDate",
    "ProductVendor": "ProductID BusinessEntityID AverageLeadTime StandardPrice LastReceiptCost LastReceiptDate "
    "MinOrderQty MaxOrderQty OnOrderQty UnitMeasureCode ModifiedDate",
    "PurchaseOrderHeader": "PurchaseOrderID RevisionNumber Status EmployeeID VendorID ShipMethodID OrderDate ShipDate "
    "SubTotal TaxAmt Freight TotalDue ModifiedDate",
    "PurchaseOrderDetail": "PurchaseOrderID PurchaseOrderDetailID DueDate OrderQty ProductID UnitPrice LineTotal "
    "ReceivedQty RejectedQty StockedQty ModifiedDate",
    "Product": "ProductID Name ProductNumber MakeFlag FinishedGoodsFlag Color SafetyStockLevel ReorderPoint "
    "StandardCost ListPrice Size SizeUnitMeasureCode WeightUnitMeasureCode Weight DaysToManufacture ProductLine Class "
    "Style ProductSubcategoryID ProductModelID SellStartDate SellEndDate DiscontinuedDate rowguid ModifiedDate",
}


def _read(path: Path, **options) -> pd.DataFrame:
    if not path.is_file():
        raise PartsbayError(
            "DEMO_SOURCE_MISSING",
            f"The source file {path} of the demonstration is missing.",
            "Restore the folder deploy/demo/source from the repository.",
        )
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8", **options)


def carparts() -> pd.DataFrame:
    """One row per part and month: part_id, month (YYYY-MM), demand (empty where the month is missing)."""
    return _read(FOLDER / "carparts_long.csv.gz")


def adventureworks(table: str) -> pd.DataFrame:
    """One row per row of the table, columns named as in its database."""
    path = FOLDER / "adventureworks" / f"{table}.csv.gz"
    return _read(path, sep="\t", header=None, names=_COLUMNS[table].split(), quoting=3)


def surplus() -> pd.DataFrame:
    """One row per line of the Kansas list of surplus property, as published."""
    return _read(FOLDER / "ks_1033_data.csv.gz")


def retail() -> pd.DataFrame:
    """One row per line of every trading day, with ``day`` and ``position`` (line of its invoice, from 1)."""
    days = [
        _read(path).assign(day=path.name.removesuffix(".csv.gz"))
        for path in sorted((FOLDER / "online_retail").glob("*.csv.gz"))
    ]
    lines = pd.concat(days, ignore_index=True)
    return lines.assign(position=lines.groupby(["day", "InvoiceNo"], sort=False).cumcount() + 1)


def fingerprint() -> str:
    """One hash of every source file and every module of this folder: what a build depends on."""
    total = hashlib.sha256()
    modules = sorted(Path(__file__).parent.glob("*.py"))
    for path in [*sorted(FOLDER.rglob("*.gz")), *modules]:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
