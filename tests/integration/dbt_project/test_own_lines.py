"""A part that no run proposes is ordered all the same: by its name, or by a line added to the workbook."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import openpyxl
import psycopg
import pytest
from psycopg.rows import dict_row
from typer.testing import CliRunner

from assets.report.files import keep_report
from ingest.explained import explained
from ingest.generations import record_generation
from ingest.orders import building, sending
from ingest.planning.acts import DONE, REFUSED, SAME, Decision, decide, decided_and_gone
from ingest.planning.documents import read_document
from ingest.planning.filing import file_decisions
from ingest.planning.own_lines import proposal_id_of
from ingest.profiles.folder import Profiles
from ingest.readers.limits import Limits
from ingest.replenishment import store_proposals
from ingest.reporting import read_report
from orchestration.cli.app import app
from tests.support import network
from tests.support.network import AS_OF, count
from tests.support.refill import compute

DECIDED_AT, NEXT_RUN_AT = (AS_OF + timedelta(hours=hours) for hours in (1, 20))


@pytest.fixture
def connection(network_stores):
    """P1 is plentiful in G1, so that no run proposes it; P2 is proposed."""
    with psycopg.connect(network_stores.pipeline, autocommit=True) as opened:
        count(opened, "P1", 80, AS_OF - timedelta(hours=1))
        compute(network_stores.pipeline, AS_OF)
        store_proposals(opened, "run", AS_OF)
        yield opened


def rows(connection, query: str, *values) -> list[dict]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, values).fetchall()


def part_of(connection, number: str):
    return rows(connection, "select part_id from marts.dim_parts where part_number = %s", number)[0]["part_id"]


def own(connection, act_code="APPROVE", number="P1", quantity=12, operation="op", garage="G1", **said):
    said = {"quantity": Decimal(quantity), "reason": "fills the order", **said}
    one = Decision.own(act_code, garage, part_of(connection, number), operation, **said)
    (answer,) = decide(connection, [one], "ann", decided_at=DECIDED_AT)
    return answer


def stored(connection) -> list[dict]:
    return rows(connection, "select * from replenishment.proposals where explanation ? 'is_planners_own'")


def test_a_part_that_no_run_proposes_is_ordered_explained_and_comes_through_the_next_run(
    network_stores, connection, tmp_path
):
    assert not rows(connection, "select from marts.fct_replenishment_proposals where part_number = 'P1'")
    before = explained(connection, "G1", part_of(connection, "P1"))[0]["need"]["inventory_position_quantity"]
    taken = own(connection)
    assert (taken.outcome_code, taken.quantity, taken.seen_quantity) == (DONE, 12, 0)
    # The id is the one that a run would have given.
    assert (
        taken.proposal_id
        == proposal_id_of("G1", part_of(connection, "P1"))
        == rows(
            connection, "select md5(concat_ws('|', 'G1', %s::text, 'BUY', null))::uuid as id", part_of(connection, "P1")
        )[0]["id"]
    )
    assert own(connection).outcome_code == SAME and len(stored(connection)) == 1
    # No run makes it undone, before it is ordered or after.
    compute(network_stores.pipeline, NEXT_RUN_AT)
    store_proposals(connection, "next run", NEXT_RUN_AT)
    assert own(connection).outcome_code == SAME and len(stored(connection)) == 1

    (told,) = explained(connection, "G1", part_of(connection, "P1"))
    assert told["need"]["inventory_position_quantity"] == before + 12
    assert [(act["act_code"], act["quantity"], act["reason"]) for act in told["acts"]] == [
        ("APPROVE", 12, "fills the order")
    ]
    assert building.build(connection, "worker").done == 1
    sent = sending.send(connection, Profiles(tmp_path / "profiles"), tmp_path / "outbox", "ann", DECIDED_AT)
    assert len(sent.files) == 1
    text = (tmp_path / "outbox" / "S1" / "orders_000001.csv").read_text()
    assert ",P1," in text and ",12," in text
    (line,) = rows(connection, "select * from replenishment.order_lines")
    # Two weeks of lead time, and the price of the break that 12 reaches.
    assert (line["unit_price_amount"], line["pack_quantity"]) == (9, 12)


def test_the_command_counts_whom_the_first_line_of_a_planners_own_goes_to(
    connection, network_stores, server, tmp_path, monkeypatch
):
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(network_stores.name))
    said = ["approve", "BRND:P1", "--garage", "G1", "--quantity", "12", "--reason", "fills the order"]
    for also in (["--dry-run"], []):
        done = CliRunner().invoke(app, [*said, *also])
        assert done.exit_code == 0 and "108.00 EUR, 1 supplier; 0 refused" in done.stdout, done.output


def test_an_approval_of_a_line_that_no_run_proposes_any_more_is_undone(network_stores, connection):
    taken = own(connection)
    compute(network_stores.pipeline, NEXT_RUN_AT)
    store_proposals(connection, "next run", NEXT_RUN_AT)
    (gone,) = decided_and_gone(connection, None, "G1", part_of(connection, "P1"))
    assert gone["proposal_id"] == taken.proposal_id
    undo = Decision("UNDO", taken.proposal_id, None, "undo", reason="not after all")
    (answer,) = decide(connection, [undo], "ann", decided_at=DECIDED_AT)
    assert answer.outcome_code == DONE
    assert not decided_and_gone(connection, None, "G1", part_of(connection, "P1"))
    assert building.build(connection, "worker").done == 0


def test_a_firm_line_of_a_planners_own_is_proposed_by_every_run_until_its_day(network_stores, connection):
    assert own(connection, "FIRM", quantity=24).outcome_code == DONE
    compute(network_stores.pipeline, NEXT_RUN_AT)
    (line,) = rows(connection, "select * from marts.fct_replenishment_proposals where part_number = 'P1'")
    assert (line["status_code"], line["proposed_quantity"]) == ("FIRM", 24)
    assert "ann made it firm at 24" in line["explanation"]
    assert store_proposals(connection, "next run", NEXT_RUN_AT).changed == 1


def test_what_cannot_be_ordered_is_refused_and_leaves_no_proposal(connection):
    def why(**said):
        answer = own(connection, **said)
        assert answer.outcome_code == REFUSED
        return answer.refusal_code, answer.field_code, answer.problem

    assert why(quantity=7)[:2] == ("QUANTITY", "QUANTITY")
    assert why(reason=None)[:2] == ("REASON", "REASON")
    assert why(supplier_code="S9")[:2] == ("SUPPLIER", "SUPPLIER")
    assert why(act_code="SNOOZE")[:2] == ("NO_LINE", "DECISION")
    assert why(garage="G9")[2].startswith("garage G9 has no stock of the part")
    assert why(number="P2")[2].startswith("a line is proposed there already")
    assert not stored(connection) and not rows(connection, "select from replenishment.planner_acts")


def test_who_asks_for_a_replaced_part_is_told_what_is_ordered_in_its_place(network_stores, connection):
    """P5 and P6, a kit, replaced P1; 80 of P1 are still there."""
    with psycopg.connect(network_stores.owner) as store:
        for number in ("P5", "P6"):
            network.part(store, number)
            network.supersession(store, "P1", number, kit_group_code="K")
    compute(network_stores.pipeline, AS_OF)
    answer = own(connection)
    assert (answer.refusal_code, answer.problem) == ("NO_LINE", "the part is replaced; order BRND P5, BRND P6")
    assert not stored(connection)


def test_lines_that_a_planner_adds_to_the_workbook_are_taken_with_the_others(connection, tmp_path):
    record_generation(connection, "0198a3c2-0000-7000-8000-00000000abcd", "made", AS_OF, "run", {})
    paths, _ = keep_report(connection, read_report(connection), tmp_path)
    book = openpyxl.load_workbook(paths.xlsx)
    sheet = book["Lines"]
    heads = {cell.value: cell.column for cell in sheet[1]}

    def add(**cells):
        row = sheet.max_row + 1
        for name, value in {"Garage": "G1", "Brand": "BRND", "Decision": "APPROVE", **cells}.items():
            sheet.cell(row, heads[name.replace("_", " ")]).value = value
        return row

    first = add(Part_number="P1", Final_quantity=24, Reason="to free freight")
    add(Part_number="P1", Final_quantity=12, Reason="twice")
    unknown = add(Part_number="NONE", Final_quantity=1, Reason="x")
    open_already = add(Part_number="P2", Final_quantity=1, Reason="x")
    book.save(tmp_path / "added.xlsx")
    document = read_document(tmp_path / "added.xlsx", Limits())
    preview = file_decisions(connection, document, "ann", decided_at=DECIDED_AT, is_preview=True)
    assert preview.counts["DONE"] == 1 and not stored(connection)
    filed = file_decisions(connection, document, "ann", decided_at=DECIDED_AT)
    assert filed.counts == preview.counts == {"DONE": 1, "SAME": 0, "REFUSED": 2, "WRONG": 1}
    words = {one.row: one.words for one in filed.results}
    assert words[first] == "" and "earlier line decides" in words[first + 1]
    assert words[unknown].endswith("the catalogue has no part BRND NONE")
    assert "a line is proposed there already" in words[open_already]
    assert [(one["garage_code"], one["quantity"]) for one in rows(
        connection, "select garage_code, (payload ->> 'quantity')::numeric as quantity from ("
        "select payload ->> 'garage_code' as garage_code, payload from replenishment.messages"
        " where topic_code = 'replenishment.order') as ordered"
    )] == [("G1", 24)]  # fmt: skip
