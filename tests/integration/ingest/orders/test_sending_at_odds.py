"""Orders that are sent twice at once, ended while they leave, or whose files would be taken for others."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from ingest.errors import ProtectedError, SettingsError
from ingest.orders import building, following, sending
from ingest.planning.queue import claim
from ingest.profiles.folder import Profiles
from tests.support import network
from tests.support.planning import Planner

X12 = (
    "source_code: {0}\nkind: order_ack\norders:\n  format: x12\n"
    "  sender: {{code: US, qualifier: ZZ}}\n  receiver: {{code: {1}, qualifier: ZZ}}\n"
)


@pytest.fixture
def pipeline(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


@pytest.fixture
def approve(stores, orders, pipeline):
    """Approve a line of P1 for each supplier, the first one for S1 unless told otherwise, and make orders of them."""
    planner = Planner(stores.owner)

    def approve(*suppliers: str, first: int = 1) -> None:
        for number, supplier in enumerate(suppliers or ("S1",), first):
            numbers = {"part_number": "P1", "pack_quantity": 1}
            planner.propose(number, 10, part_id=orders.p1, supplier_code=supplier, numbers=numbers)
            assert planner.decide("APPROVE", number).outcome_code == "DONE"
        building.build(pipeline, "w1")

    yield approve
    planner.connection.close()


def send(connection, folder) -> sending.Sent:
    return sending.send(connection, Profiles(folder / "profiles"), folder / "outbox", "ann", datetime.now(UTC))


def end(connection, code: str, line: int | None = None) -> None:
    following.end(connection, code, "PO00000001", line, "wrong part", "ann", datetime.now(UTC))


def test_two_who_send_at_once_send_a_file_once(approve, orders, pipeline, stores, tmp_path, monkeypatch):
    approve()
    others: list[sending.Sent] = []
    put = sending.put

    def meanwhile(path, content):
        put(path, content)
        if not others:
            others.append(sending.Sent())
            with psycopg.connect(stores.pipeline, autocommit=True) as other:
                others[0] = send(other, tmp_path)

    monkeypatch.setattr(sending, "put", meanwhile)
    mine = send(pipeline, tmp_path)
    assert (len(others[0].files), mine) == (1, sending.Sent())
    assert orders.value("select count(*) from replenishment.order_events where event_type_code = 'SENT'") == 1


def test_an_approval_that_a_worker_took_to_its_grave_is_due_again(orders, pipeline, stores):
    planner = Planner(stores.owner)
    planner.propose(1, 10, part_id=orders.p1, numbers={"part_number": "P1", "pack_quantity": 1})
    planner.decide("APPROVE", 1)
    planner.connection.close()
    assert len(claim(pipeline, [building.TOPIC], "doomed", 10, timedelta(seconds=0.3))) == 1
    assert not sending.is_anything_due(pipeline, datetime.now(UTC))
    time.sleep(0.4)
    assert sending.is_anything_due(pipeline, datetime.now(UTC))
    assert building.build(pipeline, "w2").done == 1


@pytest.mark.parametrize("code", ["CANCELLED", "CLOSED"])
def test_an_order_whose_file_is_on_its_way_out_is_not_ended(approve, orders, pipeline, tmp_path, code):
    approve()
    (tmp_path / "outbox").write_text("a file where the folder should be")
    assert len(send(pipeline, tmp_path).unsent) == 1
    with pytest.raises(ProtectedError, match=r"PO00000001 is in S1/orders_000001.csv, which is on its way out"):
        end(pipeline, code)
    (tmp_path / "outbox").unlink()
    assert len(send(pipeline, tmp_path).files) == 1
    end(pipeline, code)
    assert orders.value("select count(*) from replenishment.order_events where event_type_code = %s", code) == 1


def test_a_line_that_is_not_there_is_not_ended(approve, orders, pipeline):
    approve()
    with pytest.raises(SettingsError, match="order PO00000001 has no line 2"):
        end(pipeline, "CANCELLED", 2)
    assert orders.value("select count(*) from replenishment.order_events where line_number is not null") == 0


@pytest.mark.parametrize("code", ["CANCELLED", "CLOSED"])
def test_a_line_that_was_ended_is_in_no_file_and_an_order_without_another_waits_for_nothing(
    approve, pipeline, tmp_path, code
):
    approve()
    end(pipeline, code, 1)
    assert not sending.is_anything_due(pipeline, datetime.now(UTC))
    assert send(pipeline, tmp_path) == sending.Sent()
    approve(first=2)
    (file,) = send(pipeline, tmp_path).files
    assert [row.split(",")[1] for row in file.content.decode().splitlines()] == ["line_number", "2"]


def test_a_name_that_is_a_file_of_another_supplier_is_refused_and_the_others_get_theirs(
    approve, orders, pipeline, tmp_path
):
    for code in ("S 2", "S_2", "Z9"):
        network.supplier(orders.connection, supplier_code=code)
    approve("S 2", "S_2", "Z9")
    sent = send(pipeline, tmp_path)
    assert [one.supplier_code for one in sent.files] == ["S 2", "Z9"]
    (refused,) = sent.unsent
    assert refused.supplier_code == "S_2"
    assert "S_2/orders_000001.csv is file 1 for S 2 already" in refused.message and "file_name" in refused.mend


def test_suppliers_with_one_receiver_share_one_count_and_others_have_their_own(approve, orders, pipeline, tmp_path):
    (tmp_path / "profiles").mkdir()
    for code in ("S2", "S3"):
        network.supplier(orders.connection, supplier_code=code)
    for code, receiver in (("S1", "HUB"), ("S2", "HUB"), ("S3", "THIRD")):
        (tmp_path / "profiles" / f"{code}.yaml").write_text(X12.format(code, receiver))
    approve("S1", "S2", "S3")
    assert [(one.supplier_code, one.control_number) for one in send(pipeline, tmp_path).files] == [
        ("S1", 1), ("S2", 2), ("S3", 1)
    ]  # fmt: skip
    (tmp_path / "profiles" / "S1.yaml").write_text("source_code: S1\nkind: order_ack\norders: {format: pigeon}\n")
    approve("S2", first=4)
    assert [one.control_number for one in send(pipeline, tmp_path).files] == [3]


def test_a_file_that_cannot_be_written_again_says_where(approve, pipeline, tmp_path):
    approve()
    send(pipeline, tmp_path)
    (tmp_path / "full").write_text("a file where the folder should be")
    with pytest.raises(Exception, match=r"orders_000001.csv cannot be written") as refused:
        sending.resend(pipeline, tmp_path / "full", "S1", 1, "lost", "ann", datetime.now(UTC))
    assert refused.value.code == "outbox_not_writable"
