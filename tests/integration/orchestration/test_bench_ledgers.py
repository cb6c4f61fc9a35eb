"""``partsbay bench ledgers`` in small: what it measures does its work, and nothing of it is left."""

from __future__ import annotations

import psycopg

from orchestration.benchmarks.ledgers import Sizes, run
from orchestration.benchmarks.ledgers_rows import bare, without_audit
from orchestration.benchmarks.server import Server
from orchestration.cli.bench import show_ledgers

TINY = Sizes(
    request_count=300,
    cell_count=60,
    sample_count=20,
    client_count=2,
    second_count=1,
    movement_count=1000,
    moved_cell_count=60,
    load_count=500,
    waiting_count=40,
    repeat_count=1,
)


def test_every_part_is_measured_on_work_that_was_done_and_its_databases_go(server, capsys):
    def count() -> int:
        with psycopg.connect(server.url()) as connection:
            return connection.execute("select count(*) from pg_database where datname like 'bench%'").fetchone()[0]

    before = count()
    urls = (server.url(), server.url(role="partsbay_pipeline"), server.url(role="partsbay_owner"))
    document = run(Server(*urls), sizes=TINY).as_dict()
    measures, ratios = document["measures"], document["ratios"]
    assert measures["requests_reserved"] + measures["requests_waiting"] == 300
    assert 0 < measures["batch_allocation_seconds"] < measures["batch_seconds"]
    assert measures["movements_added"] == 10 and measures["read_position_ms"] > 0
    assert set(measures["reservation_growth_ms"]) == {"waiting_0", "waiting_40", "lots_1", "lots_2", "consumed_40"}
    assert len(ratios) == 8 and min(ratio for name, ratio in ratios.items() if name != "fold_to_rebuild") > 0
    assert document["where"]["reservation_ms"]["reservation.reserve"] > 0
    assert count() == before
    show_ledgers(document)
    shown = capsys.readouterr().out
    assert "300 requests over 60 cells" in shown and "fsync off" in shown and "of the rate" in shown


def test_what_is_switched_off_for_a_measurement_is_on_again_after_it(stores, server):
    def switches(connection: psycopg.Connection) -> tuple:
        return tuple(
            connection.execute(question).fetchall()
            for question in (
                "select tgrelid::regclass::text, tgname, tgenabled from pg_trigger"
                " where not tgisinternal order by 1, 2",
                "select indexdef from pg_indexes where tablename = 'movements' order by 1",
                "select conname, pg_get_constraintdef(oid) from pg_constraint"
                " where conrelid = 'garage_inventory.movements'::regclass order by 1",
                "select md5(prosrc), proowner::regrole::text from pg_proc where oid = 'reservation.reserve'::regproc",
            )
        )

    with (
        psycopg.connect(stores.owner, autocommit=True) as owner,
        psycopg.connect(server.url(stores.name), autocommit=True) as superuser,
    ):
        before = switches(owner)
        with without_audit(superuser):
            assert [one != other for one, other in zip(switches(owner), before, strict=True)] == [
                True,
                False,
                False,
                True,
            ]
        with bare(owner, "garage_inventory", "movements"):
            assert switches(owner) != before
        assert switches(owner) == before
