"""Quality holds and reservations that are open on the as-of day. Never more than the shelf has."""

from __future__ import annotations

import numpy as np
import pandas as pd

from deploy.demo import hashing, network, source
from deploy.demo.stock import Stock
from deploy.demo.writing import DropFile

SHARE_OF_REJECTS = 0.25
SHARE_RELEASED = 0.30
RESERVATION_COUNT = 320
_HOLD_REASONS = np.array(["INCOMING_INSPECTION", "DAMAGE_IN_TRANSIT", "PACKAGING", "WRONG_PART"])


def holds(stock: Stock) -> pd.DataFrame:
    """One row per hold: the rejected quantity of a real purchase-order line, put on a hashed cell with stock."""
    lines = source.adventureworks("PurchaseOrderDetail")
    lines = lines.assign(rejected=lines.RejectedQty.astype(float).astype(int))
    lines = lines[lines.rejected > 0]
    numbers = hashing.shares("hold from a rejected line", lines.PurchaseOrderDetailID.tolist(), 6)
    stocked = np.flatnonzero(np.minimum(stock.closing, stock.counted) > 0)
    frame = pd.DataFrame(
        {
            "cell": stocked[(numbers[:, 1] * len(stocked)).astype(int)],
            "hold_number": ("QH-" + lines.PurchaseOrderID + "-" + lines.PurchaseOrderDetailID).to_numpy(),
            "rejected": lines.rejected.to_numpy(),
            "hold_reason_code": _HOLD_REASONS[hashing.weighted(numbers[:, 2], [55, 25, 12, 8])],
            "day": (numbers[:, 3] * 50).astype(int),
            "is_released": numbers[:, 4] < SHARE_RELEASED,
            "severity_code": np.array(["LOW", "MEDIUM", "HIGH"])[hashing.weighted(numbers[:, 5], [30, 55, 15])],
        }
    )
    frame = frame[numbers[:, 0] < SHARE_OF_REJECTS].drop_duplicates("cell")
    frame = frame.assign(quantity=np.minimum(frame.rejected, stock.closing[frame.cell]))
    return frame.sort_values("hold_number", ignore_index=True)


def hold_files(stock: Stock, frame: pd.DataFrame) -> list[DropFile]:
    """One file per garage: a PLACED event for each hold and a RELEASED one for those already decided."""
    placed_at = pd.Timestamp("2002-02-01T09:00:00") + pd.to_timedelta(frame.day, unit="D")
    placed = _hold_events(stock, frame, "PLACED", 1, placed_at)
    decided = _hold_events(stock, frame, "RELEASED", 2, placed_at + pd.Timedelta(days=4))[frame.is_released]
    events = pd.concat([placed, decided]).sort_values(["garage_code", "hold_number", "sequence_number"])
    return [DropFile(garage, "quality_hold", "holds.csv", part) for garage, part in events.groupby("garage_code")]


def _hold_events(stock: Stock, frame: pd.DataFrame, word: str, number: int, at: pd.Series) -> pd.DataFrame:
    cells = stock.cells.iloc[frame.cell]
    return pd.DataFrame(
        {
            "hold_number": frame.hold_number,
            "sequence_number": str(number),
            "event_type_code": word,
            "garage_code": cells.garage_code.to_numpy(),
            "brand_code": network.CAR_BRAND,
            "part_number": cells.part_number.to_numpy(),
            "quantity": frame.quantity.astype(str),
            "hold_reason_code": frame.hold_reason_code,
            "severity_code": frame.severity_code,
            "event_at": at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "actor": "quality",
        }
    )


def reservations(stock: Stock, open_holds: pd.DataFrame) -> pd.DataFrame:
    """One row per reservation of a hashed cell: its quantity, when it was asked for, and how it ended so far."""
    free = np.minimum(stock.closing, stock.counted)
    waiting = open_holds[~open_holds.is_released]
    np.subtract.at(free, waiting.cell.to_numpy(), waiting.quantity.to_numpy())
    keys = (stock.cells.garage_code + "|" + stock.cells.part_number).tolist()
    numbers = hashing.shares("reservation of a cell", keys, 5)
    chosen = np.sort(np.argsort(numbers[:, 0], kind="stable")[:RESERVATION_COUNT])
    numbers = numbers[chosen]
    has_stock = free[chosen] > 0
    endings = np.array(["", "CONSUMED", "RELEASED", "REQUESTED"])[hashing.weighted(numbers[:, 1], [70, 15, 8, 7])]
    wanted = 1 + (numbers[:, 2] * 2).astype(int)
    return pd.DataFrame(
        {
            "cell": chosen,
            "ending": np.where(has_stock, endings, "BACKORDERED"),
            "quantity": np.where(has_stock, np.minimum(wanted, np.maximum(free[chosen], 1)), wanted),
            "minute": (numbers[:, 3] * 60 * 24 * 4).astype(int),
            "priority": 1 + (numbers[:, 4] * 9).astype(int),
        }
    )


def reservation_files(stock: Stock, frame: pd.DataFrame) -> list[DropFile]:
    """One file per garage. All ask first; then stock is reserved, or not there; some of it is used or given back."""
    asked_at = pd.Timestamp("2002-03-26T14:00:00") + pd.to_timedelta(frame.minute, unit="min")
    is_reserved = frame.ending.isin(["", "CONSUMED", "RELEASED"])
    answer = np.where(is_reserved, "RESERVED", "BACKORDERED")
    later = asked_at + pd.Timedelta(hours=26)
    parts = [
        _reservation_events(stock, frame, "REQUESTED", 1, asked_at),
        _reservation_events(stock, frame, answer, 2, asked_at + pd.Timedelta(minutes=2))[frame.ending.ne("REQUESTED")],
        _reservation_events(stock, frame, frame.ending, 3, later)[frame.ending.isin(["CONSUMED", "RELEASED"])],
    ]
    events = pd.concat(parts).sort_values(["garage_code", "reservation_number", "sequence_number"])
    return [DropFile(garage, "reservation", "events.csv", part) for garage, part in events.groupby("garage_code")]


def _reservation_events(stock: Stock, frame: pd.DataFrame, word, number: int, at: pd.Series) -> pd.DataFrame:
    cells = stock.cells.iloc[frame.cell]
    return pd.DataFrame(
        {
            "reservation_number": ("RS-" + cells.garage_code + "-" + cells.part_number).to_numpy(),
            "sequence_number": str(number),
            "event_type_code": word,
            "garage_code": cells.garage_code.to_numpy(),
            "brand_code": network.CAR_BRAND,
            "part_number": cells.part_number.to_numpy(),
            "quantity": frame.quantity.astype(str),
            "work_order_number": ("JOB-" + cells.garage_code + "-" + cells.part_number).to_numpy(),
            "work_order_line": "1",
            "priority": frame.priority.astype(str),
            "need_by_at": "2002-04-08T16:00:00Z",
            "expires_at": "2002-04-15T16:00:00Z",
            "event_at": at.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "actor": "service desk",
        }
    )
