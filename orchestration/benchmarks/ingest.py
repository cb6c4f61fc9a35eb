"""A million supplier price lines through land, read, judge and store, beside raw COPY of the same lines.

The yardstick is the server's own COPY of a file with the same good lines into an equal
table: the columns of ``supplier_feed.offers`` that the file has, with the same types, and
a key of those columns of its key. COPY into the same table without a key is shown beside
it: the least that any load of these lines can cost. The bad lines, one in a hundred, are
only in the file of the full path; COPY would stop at the first of them. Lines come in the
order of their part numbers, as price lists do.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from deploy.database.migrate import migrate

COLUMNS = (
    "supplier_code", "brand_code", "part_number", "supplier_part_number", "price_type_code", "unit_price_amount",
    "currency_code", "minimum_order_quantity", "pack_quantity", "lead_time_days", "stated_at",
)  # fmt: skip
STAGES = ("land", "read", "judge", "copy", "merge", "audit")
_SEED = 20240531


@dataclass(frozen=True)
class Measured:
    """Seconds per stage, rows and peak memory of the full path, and seconds of the yardstick."""

    row_count: int
    byte_count: int
    accepted_count: int
    quarantined_count: int
    seconds: dict[str, float]
    total_seconds: float
    copy_seconds: float
    keyed_copy_seconds: float
    peak_mib: float

    def as_dict(self) -> dict:
        """The shape that ``partsbay bench`` prints."""
        measures = {
            "rows": self.row_count,
            "bytes": self.byte_count,
            "rows_accepted": self.accepted_count,
            "rows_quarantined": self.quarantined_count,
            **{f"{stage}_seconds": round(self.seconds.get(stage, 0.0), 3) for stage in STAGES},
            "total_seconds": round(self.total_seconds, 3),
            "raw_copy_seconds": round(self.keyed_copy_seconds, 3),
            "raw_copy_without_key_seconds": round(self.copy_seconds, 3),
            "rows_per_second": round(self.row_count / self.total_seconds),
            "peak_mib": round(self.peak_mib, 1),
        }
        ratios = {
            "ingest_to_raw_copy": round(self.total_seconds / self.keyed_copy_seconds, 2),
            "ingest_to_raw_copy_without_key": round(self.total_seconds / self.copy_seconds, 2),
        }
        return {"bench": "ingest", "measures": measures, "ratios": ratios}


def run(admin_url: str, pipeline_url: str, owner_url: str, row_count: int = 1_000_000) -> Measured:
    """Measure in a database that is made for it and dropped after it.

    The three URLs name one server: of a role that may create databases, and of the roles
    that own and fill the stores.
    """
    name = f"bench_ingest_{time.time_ns()}"
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {} owner partsbay_owner").format(sql.Identifier(name)))
        try:
            migrate(_in_database(owner_url, name), "stores")
            with tempfile.TemporaryDirectory(prefix="partsbay-bench-") as folder:
                return _measure(
                    _in_database(owner_url, name), _in_database(pipeline_url, name), Path(folder), row_count
                )
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _in_database(url: str, name: str) -> str:
    return conninfo.make_conninfo(url, dbname=name)


def _measure(owner_url: str, pipeline_url: str, folder: Path, row_count: int) -> Measured:
    file, good_file = folder / "prices.csv", folder / "good.csv"
    write_lines(file, row_count, with_bad=True)
    write_lines(good_file, row_count, with_bad=False)
    copy_seconds = _raw_copy(owner_url, good_file, has_key=False)
    keyed_seconds = _raw_copy(owner_url, good_file, has_key=True)
    # A process of its own, so that its peak memory is that of the full path and of nothing else.
    command = [sys.executable, "-m", "orchestration.benchmarks.ingest", str(folder / "landing"), str(file)]
    done = subprocess.run(command, input=pipeline_url, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return Measured(
        row_count, file.stat().st_size, copy_seconds=copy_seconds, keyed_copy_seconds=keyed_seconds, **found
    )


def write_lines(path: Path, row_count: int, with_bad: bool) -> None:
    """Seeded price lines; every hundredth is bad in one of four ways, or left out."""
    chance = random.Random(_SEED)
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(row_count):
            price, order, pack, days = (
                chance.randint(1, 9_999_999),
                chance.randint(1, 20),
                chance.randint(1, 5),
                number % 30,
            )
            price_text, order_text = f"{price // 100}.{price % 100:02d}", str(order)
            brand, stated = "BOSC", "2024-05-31T08:15:00Z"
            if number % 100 == 99:
                if not with_bad:
                    continue
                kind = number // 100 % 4
                price_text = "1.234,56" if kind == 0 else price_text
                order_text = "-3" if kind == 1 else order_text
                brand = "" if kind == 2 else brand
                stated = "yesterday" if kind == 3 else stated
                if kind == 0:
                    price_text = f'"{price_text}"'
            file.write(
                f"S1,{brand},{number * 7:010d},SP{number:09d},INSTALLER,{price_text},EUR,"
                f"{order_text},{pack},{days},{stated}\n"
            )


def _raw_copy(owner_url: str, file: Path, has_key: bool) -> float:
    """Seconds of COPY into an empty table of the same column types; at best of two."""
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    key = sql.SQL(
        "alter table raw_copy add primary key (supplier_code, brand_code, part_number, price_type_code, stated_at)"
    )
    best = float("inf")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("create schema if not exists bench")
        connection.execute("set search_path = bench")
        for _ in range(2):
            connection.execute("drop table if exists raw_copy")
            connection.execute(
                sql.SQL("create table raw_copy as select {} from supplier_feed.offers with no data").format(names)
            )
            if has_key:
                connection.execute(key)
            started = time.perf_counter()
            statement = sql.SQL("copy raw_copy ({}) from stdin (format csv, header)").format(names)
            with connection.cursor() as cursor, cursor.copy(statement) as copy, file.open("rb") as source:
                while part := source.read(1024 * 1024):
                    copy.write(part)
            best = min(best, time.perf_counter() - started)
        connection.execute("drop table raw_copy")
    return best


def _full_path(pipeline_url: str, landing: Path, file: Path) -> dict:
    """Land, read, judge and store one file; imports and connections are made before the clock starts."""
    from expectations.judge import judge, warm_up
    from ingest.landing import land
    from ingest.pipeline import process
    from ingest.thresholds import Thresholds

    warm_up()
    with psycopg.connect(pipeline_url, autocommit=True) as connection:
        _add_supplier(connection)
        started = time.perf_counter()
        [landed] = land(connection, landing, file, "S1", "supplier_price")
        land_seconds = time.perf_counter() - started
        outcome = process(connection, landing, landed.batch_id, judge, Thresholds())
        total = time.perf_counter() - started
    return {
        "accepted_count": outcome.rows_accepted,
        "quarantined_count": outcome.rows_quarantined,
        "seconds": {"land": land_seconds, **outcome.seconds},
        "total_seconds": total,
        # Linux counts in KiB, macOS in bytes.
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2),
    }


def _add_supplier(connection: psycopg.Connection) -> None:
    connection.execute(
        "insert into catalogue.suppliers (supplier_code, valid_from_at, supplier_name, currency_code, lead_time_days,"
        " is_active, source_code, batch_id, line_number, payload_hash)"
        " values ('S1', '2020-01-01Z', 'Bench', 'EUR', 1, true, 'bench', uuidv7(), 1, '')"
    )


if __name__ == "__main__":
    print(json.dumps(_full_path(sys.stdin.read(), Path(sys.argv[1]), Path(sys.argv[2]))))
