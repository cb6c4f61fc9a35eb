"""PostgreSQL's own pgbench as the client of both sides, so that only the server's work differs."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from psycopg import conninfo

from deploy.stack.binaries import find_binaries
from orchestration.benchmarks.yardsticks import YardstickError

_NAMES = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD"}
# A cell at random, as the rows of measurements number them.
CELL = "\\set cell random(0, :cells - 1)\n\\set garage :cell % 20\n\\set part :cell / 20\n\\set number :number + 1\n"
RESERVE = (
    CELL
    + """select * from reservation.reserve('R' || :run || '-' || :client_id || '-' || :number, 'G' || :garage,
    md5('part ' || :part)::uuid, 1, 'W' || :run || '-' || :client_id || '-' || :number, '1', 'bench');
"""
)
ONE_BY_ONE_TABLES = """
    create schema bench;
    create table bench.cells (
        garage_code text, part_id uuid, on_hand_quantity numeric(14, 3) not null,
        reserved_quantity numeric(14, 3) not null,
        primary key (part_id, garage_code)
    ) with (fillfactor = 80);
    create table bench.reservations (
        reservation_number text primary key, garage_code text not null, part_id uuid not null,
        quantity numeric(14, 3) not null, status_code text not null, recorded_at timestamptz not null default now()
    );
    insert into bench.cells
    select garage_code, part_id, sum(on_hand_quantity), 0 from garage_inventory.cells group by garage_code, part_id;

    -- The same tables as ours with the same keys and indexes, but without triggers.
    create table bench.events (like reservation.events including all);
    create table bench.states (like reservation.states including all);
    create table bench.pegs (like reservation.pegs including all);
    create table bench.records (like audit.records including all);
    create table bench.head as select 0::bigint as sequence_number, '\\x00'::bytea as record_hash;
"""
_LOCK = """\\set quantity random(1, 3)
begin;
select (on_hand_quantity - reserved_quantity >= :quantity)::int as enough from bench.cells
where part_id = md5('part ' || :part)::uuid and garage_code = 'G' || :garage for update \\gset
"""
_COUNT = """\\if :enough = 1
update bench.cells set reserved_quantity = reserved_quantity + :quantity
where part_id = md5('part ' || :part)::uuid and garage_code = 'G' || :garage;
\\endif
"""
# What a program does that reserves one request after the other: lock the cell, look, enter, count.
BARE = (
    CELL
    + _LOCK
    + """insert into bench.reservations (reservation_number, garage_code, part_id, quantity, status_code)
values ('R' || :run || '-' || :number, 'G' || :garage, md5('part ' || :part)::uuid, :quantity,
    case when :enough = 1 then 'RESERVED' else 'BACKORDERED' end);
"""
    + _COUNT
    + "commit;\n"
)
# The same, and it keeps what we keep: what was asked and answered, where each reservation stands and which cell it has
# units of, and a record of the change that is chained to the one before.
KEEPING = (
    CELL
    + _LOCK
    + """insert into bench.events (reservation_number, sequence_number, event_type_code, garage_code, part_id,
    peg_garage_code, quantity, peg_quantity, work_order_number, work_order_line, priority, caused_by_code,
    caused_by_number, event_at, source_code, idempotency_key, payload_hash, actor)
select 'R' || :run || '-' || :number, step, case when step = 1 then 'REQUESTED' when :enough = 1 then 'RESERVED'
    else 'BACKORDERED' end, 'G' || :garage, md5('part ' || :part)::uuid,
    case when step = 2 and :enough = 1 then 'G' || :garage end, :quantity,
    case when step = 2 and :enough = 1 then :quantity::numeric else 0 end, 'W' || :run || '-' || :number, '1', 5,
    case when step = 2 then 'REQUEST' end, case when step = 2 then 'R' || :run || '-' || :number end, now(), 'bench',
    key, key, 'bench'
from (values (1, sha256(convert_to('R' || :run || '-' || :number || '|1', 'UTF8'))),
    (2, sha256(convert_to('R' || :run || '-' || :number || '|2', 'UTF8')))) as steps (step, key);
insert into bench.states (reservation_number, garage_code, part_id, condition_code, lot_number, work_order_number,
    work_order_line, priority, requested_at, allows_other_garages, minimum_remaining_days, requested_quantity,
    reserved_quantity, consumed_quantity, ended_quantity, is_ended, is_promised, is_tried, last_sequence_number,
    last_event_type_code, last_event_at, due_quantity, backordered_quantity, surplus_quantity)
values ('R' || :run || '-' || :number, 'G' || :garage, md5('part ' || :part)::uuid, 'NEW', '',
    'W' || :run || '-' || :number, '1', 5, now(), false, 0, :quantity, :enough::integer * :quantity::numeric, 0, 0,
    false, false, :enough::integer = 0, 2, case when :enough = 1 then 'RESERVED' else 'BACKORDERED' end, now(),
    :quantity, (1 - :enough::integer) * :quantity::numeric, 0);
\\if :enough = 1
insert into bench.pegs (part_id, garage_code, condition_code, lot_number, reservation_number, quantity)
values (md5('part ' || :part)::uuid, 'G' || :garage, 'NEW', '', 'R' || :run || '-' || :number, :quantity);
\\endif
"""
    + _COUNT
    + """with before as (
    select sequence_number, record_hash from bench.head for update
),

entered as (
    insert into bench.records (record_id, stream_code, sequence_number, actor, action_code, relation_name, row_count,
        content_hash, details, recorded_at, previous_hash, record_hash, lane_number, hash_version, operation_code,
        service_code)
    select gen_random_uuid(), 'reservation', before.sequence_number + 1, 'bench', 'INSERT', 'reservation.events', 2,
        content.hash, content.details, now(), before.record_hash,
        sha256(before.record_hash || content.hash || convert_to(content.details::text, 'UTF8')), 0, 2, 'INSERT',
        current_user
    from before
    cross join (
        select sha256(convert_to('R' || :run || '-' || :number || :garage || :part || :quantity || :enough, 'UTF8'))
                as hash,
            jsonb_build_object('rows', jsonb_build_array(jsonb_build_object(
                'reservation_number', 'R' || :run || '-' || :number, 'garage_code', 'G' || :garage,
                'part_id', md5('part ' || :part)
            ))) as details
    ) as content
    returning sequence_number, record_hash
)

update bench.head set sequence_number = entered.sequence_number, record_hash = entered.record_hash from entered;
commit;
"""
)


@dataclass(frozen=True)
class Rate:
    """What pgbench counted: transactions, how many a second, and how long one took on average."""

    transaction_count: int
    per_second: float
    latency_ms: float


class Pgbench:
    """pgbench of the server's own programs, against one database."""

    def __init__(self, programs: Path | None, url: str):
        self._program = find_binaries(programs) / "pgbench"
        given = conninfo.conninfo_to_dict(url)
        self._environment = {**os.environ, **{name: str(given[key]) for key, name in _NAMES.items() if key in given}}

    def make_tables(self, scale: int) -> None:
        """pgbench's own four tables, 100,000 accounts per unit of ``scale``."""
        self._call(["--initialize", "--quiet", f"--scale={scale}"], "")

    def simple_update(self, clients: int, seconds: int) -> Rate:
        """Its own transaction: update an account, read it, add to the history."""
        return self._rate(["--skip-some-updates", *_crowd(clients, seconds)], "")

    def reserve(self, clients: int, seconds: int, cell_count: int, run: int) -> Rate:
        """Reserve one unit of a cell at random, each under a number of its own; ``run`` makes numbers unique."""
        variables = [f"--define=cells={cell_count}", f"--define=run={run}", "--define=number=0"]
        return self._rate([*_crowd(clients, seconds), *variables, "--file=-"], RESERVE)

    def one_by_one(self, script: str, request_count: int, cell_count: int) -> Rate:
        """Requests through ``select … for update``, one connection, a transaction each: ``BARE`` or ``KEEPING``."""
        variables = [f"--define=cells={cell_count}", "--define=run=0", "--define=number=0"]
        return self._rate([f"--transactions={request_count}", *variables, "--file=-"], script)

    def _rate(self, arguments: list[str], script: str) -> Rate:
        said = self._call(["--no-vacuum", "--protocol=prepared", *arguments], script)
        found = {
            name: re.search(rf"^{words}[^0-9]*([0-9.]+)", said, re.MULTILINE)
            for name, words in (
                ("transactions", "number of transactions actually processed"),
                ("failed", "number of failed transactions"),
                ("latency", "latency average"),
                ("rate", "tps"),
            )
        }
        if not all(found.values()) or int(found["failed"][1]):
            raise YardstickError("PGBENCH_FAILED", f"pgbench did not measure: {said.strip()[-300:]}", "See above.")
        return Rate(int(found["transactions"][1]), float(found["rate"][1]), float(found["latency"][1]))

    def _call(self, arguments: list[str], script: str) -> str:
        try:
            done = subprocess.run(
                [str(self._program), *arguments], input=script, env=self._environment, capture_output=True, text=True
            )
        except OSError as error:
            raise YardstickError(
                "NO_PGBENCH",
                f"{self._program} cannot be run: {error.strerror}.",
                "Set PARTSBAY_POSTGRES_BIN to programs of PostgreSQL 18 that include pgbench, or unset it.",
            ) from None
        if done.returncode:
            raise YardstickError("PGBENCH_FAILED", f"pgbench failed: {done.stderr.strip()[-300:]}", "See above.")
        return done.stdout


def _crowd(clients: int, seconds: int) -> list[str]:
    return [f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}"]
