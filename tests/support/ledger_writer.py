"""A client that reserves, consumes and receives until its time is over, whatever dies meanwhile.

``python -m tests.support.ledger_writer NAME URL JOURNAL DEADLINE``: what it is about to do, and what it was answered,
is in the journal on disk before it goes on. Started again it first repeats, under the same numbers, what it had not
heard of.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from ingest.errors import ProtectedError
from ingest.reservation.acts import Request, consume, reserve
from tests.support.ledger_facts import Cell, Movement
from tests.support.ledger_store import LedgerStore

PARTS = tuple(str(UUID(int=number)) for number in (1, 2, 3))
GARAGES = ("G1", "G2")


def main(name: str, url: str, journal: Path, deadline: float) -> None:
    """Act after act until the deadline; the act that is under way then is brought to its end."""
    told = read(journal)
    done = {line["act"]["number"] for line in told if "answer" in line}
    left = [line["act"] for line in told if "answer" not in line and line["act"]["number"] not in done]
    mine = [line["act"]["number"] for line in told if line["act"]["kind"] == "reserve" and "answer" in line]
    serial = len({line["act"]["number"] for line in told})
    with journal.open("a") as file:
        while left or time.time() < deadline:
            act = left.pop() if left else new_act(f"{name}-{serial}", mine)
            serial += 1
            write(file, {"act": act})
            answer = insisted(url, act)
            write(file, {"act": act, "answer": answer})
            if act["kind"] == "reserve":
                mine.append(act["number"])


def read(journal: Path) -> list[dict[str, Any]]:
    """Every line of a journal; one that was cut short was never acted on."""
    lines = journal.read_text().split("\n")[:-1] if journal.exists() else []
    return [json.loads(line) for line in lines]


def new_act(number: str, mine: list[str]) -> dict[str, Any]:
    """Two requests and a receipt for each use, of the same few parts as everybody's.

    As much of the last part comes as is asked for, and nobody asks for it anywhere: some wait, and some are reserved
    at once.
    """
    kind = random.choice(("reserve", "reserve", "receive", "consume")) if mine else "reserve"
    part = random.choice(PARTS)
    is_plenty = part == PARTS[-1]
    return {
        "number": number, "kind": kind, "garage": random.choice(GARAGES), "part": part,
        "quantity": random.randint(1, 3) * (3 if kind == "receive" and is_plenty else 1),
        "of": random.choice(mine) if kind == "consume" else None,
        "anywhere": not is_plenty and random.random() < 0.2,
    }  # fmt: skip


def insisted(url: str, act: dict[str, Any]) -> dict[str, Any]:
    """Do it again, under the same number, until somebody answers."""
    while True:
        try:
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                return done_once(connection, act)
        except psycopg.OperationalError:
            time.sleep(0.1)


def done_once(connection: psycopg.Connection, act: dict[str, Any]) -> dict[str, Any]:
    """One act, one transaction; what it came to."""
    if act["kind"] == "receive":
        cell = Cell(act["garage"], act["part"])
        at = connection.execute("select now()").fetchone()[0]
        LedgerStore(connection).move(Movement(act["number"], cell, Decimal(act["quantity"]), at))
        return {"received": act["quantity"]}
    try:
        if act["kind"] == "consume":
            answer = consume(connection, act["of"], Decimal(1), "ann", operation_number=act["number"])
            return {"consumed": 1, "of": answer.reservation_number}
        answer = reserve(connection, request_of(act))
    except ProtectedError as refused:
        return {"refused": refused.code}
    return {"requested": str(answer.requested_quantity)}


def request_of(act: dict[str, Any]) -> Request:
    """The request that an act makes, the same whenever it is made."""
    number, units = act["number"], Decimal(act["quantity"])
    return Request(
        number, act["garage"], UUID(act["part"]), units, number, "1", "ann", allows_other_garages=act["anywhere"]
    )


def write(file, line: dict[str, Any]) -> None:
    file.write(json.dumps(line) + "\n")
    file.flush()
    os.fsync(file.fileno())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4]))
