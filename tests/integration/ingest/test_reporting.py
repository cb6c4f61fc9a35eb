from datetime import UTC, date, datetime
from decimal import Decimal

import psycopg
import pytest

from assets.report.files import write_report
from ingest.errors import PartsbayError
from ingest.reporting import read_report
from tests.support.report_data import line

TYPES = {
    "_quantity": "numeric(18, 6)", "_amount": "numeric(14, 4)", "_days": "numeric(10, 2)", "_pct": "numeric(6, 2)",
    "_value": "numeric(10, 4)", "_count": "numeric(14, 3)", "_on": "date", "_at": "timestamptz",
    "_id": "uuid", "_stock_out": "numeric(10, 1)",
}  # fmt: skip


@pytest.fixture
def pipeline(stores):
    with psycopg.connect(stores.pipeline) as connection:
        yield connection


def _build_models(connection, *lines: dict) -> None:
    """Stand-ins of what dbt builds, with the names and kinds of its columns."""
    names = list(line(1))
    kinds = ", ".join(f"{name} {next((t for end, t in TYPES.items() if name.endswith(end)), 'text')}" for name in names)
    connection.execute(f"create table reports.rpt_replenishment_lines ({kinds})")
    connection.execute(
        "create table reports.rpt_replenishment_history (garage_code text, part_id uuid, month_on date,"
        " demand_quantity numeric, closing_stock_quantity numeric)"
    )
    places = ", ".join(f"%({name})s" for name in names)
    for values in lines:
        connection.execute(f"insert into reports.rpt_replenishment_lines values ({places})", values)
    connection.commit()


def _publish(connection, day: int) -> None:
    connection.execute(
        "insert into ingest.generations (fingerprint, as_of_at, run_id, published_at, row_counts)"
        " values (%s, %s, 'run', %s, '{}')",
        (f"f{day}", datetime(2026, 3, day, tzinfo=UTC), datetime(2026, 4, day, tzinfo=UTC)),
    )
    connection.commit()


def _check(connection, name: str, is_success: bool, hour: int, file_number: int | None = None) -> None:
    connection.execute(
        "insert into ingest.check_results (checked_at, batch_id, origin, asset_name, check_name, severity, is_success)"
        " values (%s, (select batch_id from ingest.batches where sha256 = %s), 'gx', 'offers', %s, 'critical', %s)",
        (datetime(2026, 4, 1, hour, tzinfo=UTC), f"{file_number or -1:064x}", name, is_success),
    )


def test_without_models_it_says_what_to_run(pipeline):
    with pytest.raises(PartsbayError) as failure:
        read_report(pipeline)
    assert failure.value.code == "nothing_to_report"
    assert "partsbay run" in failure.value.mend


def test_without_a_published_generation_it_says_what_to_run(pipeline):
    _build_models(pipeline, line(1))
    with pytest.raises(PartsbayError, match="no generation"):
        read_report(pipeline)


def test_lines_history_and_the_newest_generation_are_read(pipeline, tmp_path):
    _build_models(pipeline, line(2), line(1))
    for month, demand, closing in ((2, 3, 4), (1, 5, None)):
        pipeline.execute(
            "insert into reports.rpt_replenishment_history values (%s, %s, %s, %s, %s)",
            (line(1)["garage_code"], line(1)["part_id"], date(2026, month, 1), demand, closing),
        )
    _publish(pipeline, 30)
    _publish(pipeline, 29)

    data = read_report(pipeline)

    assert {made["part_number"] for made in data.lines} == {line(1)["part_number"], line(2)["part_number"]}
    assert data.facts.as_of_at == datetime(2026, 3, 30, tzinfo=UTC)
    (series,) = data.history.values()
    assert series.months == [date(2026, 1, 1), date(2026, 2, 1)]
    assert (series.demand_quantities, series.closing_stock_quantities) == ([5.0, 3.0], [None, 4.0])
    read = next(made for made in data.lines if made["part_number"] == line(1)["part_number"])
    assert read["proposed_quantity"] == line(1)["proposed_quantity"]
    assert isinstance(read["line_amount"], Decimal)
    assert write_report(data, tmp_path).html.name.startswith("replenishment-2026-03-30-")


def test_the_facts_count_batches_and_the_newest_result_of_each_check_of_each_file(pipeline):
    _build_models(pipeline)
    _publish(pipeline, 1)
    for number, (state, quarantined) in enumerate((("ACCEPTED", 0), ("ACCEPTED_WITH_QUARANTINE", 3), ("REJECTED", 0))):
        pipeline.execute(
            "insert into ingest.batches (sha256, kind, source_code, file_name, byte_count, received_at, state,"
            " rows_read, rows_accepted, rows_quarantined) values (%s, 'usage', 'G1', 'f', 1, now(), %s, 10, %s, %s)",
            (f"{number:064x}", state, 10 - quarantined, quarantined),
        )
    _check(pipeline, "mended", is_success=False, hour=1)
    _check(pipeline, "mended", is_success=True, hour=2)
    _check(pipeline, "broken", is_success=True, hour=1)
    _check(pipeline, "broken", is_success=False, hour=2)
    # One file that is right makes no other right.
    _check(pipeline, "of files", is_success=False, hour=1, file_number=1)
    _check(pipeline, "of files", is_success=True, hour=2, file_number=2)
    pipeline.commit()

    facts = read_report(pipeline).facts

    assert (facts.batch_count, facts.batches_with_quarantine, facts.batches_rejected) == (3, 1, 1)
    assert (facts.rows_read, facts.rows_accepted, facts.rows_quarantined) == (30, 27, 3)
    assert (facts.checks_passed, facts.checks_failed) == (2, 2)


def test_reading_leaves_no_transaction_open(pipeline):
    _build_models(pipeline)
    _publish(pipeline, 1)
    read_report(pipeline)
    assert pipeline.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
