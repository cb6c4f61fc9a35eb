"""From an approval to the rest that is to come: orders made once, sent as the same bytes, followed line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import psycopg
import pytest

from ingest.errors import SettingsError
from ingest.orders import building, following, sending
from ingest.planning.queue import act
from ingest.profiles.folder import Profiles
from tests.support import network
from tests.support.orders import ago, quantities
from tests.support.planning import Planner

NOW = datetime.now(UTC)


@pytest.fixture
def planner(stores, orders):
    made = Planner(stores.owner)
    yield made
    made.connection.close()


@pytest.fixture
def pipeline(stores):
    with psycopg.connect(stores.pipeline, autocommit=True) as connection:
        yield connection


def approve(planner, orders, number=1, quantity=10, **more):
    numbers = {"part_number": "P1", "pack_quantity": 1, "supplier_part_number": "AC-1", **more.pop("numbers", {})}
    decided_at = more.pop("decided_at", None)
    planner.propose(number, quantity, part_id=more.pop("part_id", orders.p1), numbers=numbers, **more)
    assert planner.decide("APPROVE", number, decided_at=decided_at).outcome_code == "DONE"


def attempt(pipeline, folder, settings=None, at=NOW, **more):
    if settings:
        (folder / "profiles").mkdir(exist_ok=True)
        (folder / "profiles" / "s1.yaml").write_text(settings)
    return sending.send(pipeline, Profiles(folder / "profiles"), folder / "outbox", "ann", at, **more)


def send(pipeline, folder, settings=None, at=NOW):
    sent = attempt(pipeline, folder, settings, at)
    assert not sent.unsent
    return sent.files


def test_an_approved_line_is_ordered_once_however_often_it_is_made(planner, orders, pipeline):
    approve(planner, orders)
    approve(planner, orders, 2, 4, part_id=orders.part("P2"))
    first, second = building.build(pipeline, "w1"), building.build(pipeline, "w2")
    assert (first.done, first.failed, second.done) == (2, 0, 0)
    lines = following.lines_of(pipeline, NOW + timedelta(hours=1))
    assert [(line["purchase_order_number"], line["line_number"], line["ordered_quantity"]) for line in lines] == [
        ("PO00000001", 1, Decimal(10)),
        ("PO00000001", 2, Decimal(4)),
    ]


def test_what_is_ordered_again_before_it_is_sent_is_in_an_order_of_its_own(planner, orders, pipeline, tmp_path):
    """An answer or a receipt that names order and part, and no line of ours, is of that order alone."""
    approve(planner, orders, decided_at=ago(10))
    approve(planner, orders, 2, 4, decided_at=ago(10))
    building.build(pipeline, "w1")
    (file,) = send(pipeline, tmp_path, at=ago(9))
    assert file.numbers == ["PO00000001", "PO00000002"]
    orders.answer("PO00000001", "10", "IF", 8, days=8)
    orders.answer("PO00000002", "20", "IA", 4, days=8)
    orders.arrives(4, 2, "PO00000002")
    assert [quantities(line) for line in orders.lines()] == [
        (10, 8, 2, 0, 0, 8, "ACKNOWLEDGED"), (4, 4, 0, 0, 4, 0, "RECEIVED")
    ]  # fmt: skip
    # What was given up does not stand in its way.
    approve(planner, orders, 3)
    building.build(pipeline, "w1")
    following.end(pipeline, "CANCELLED", "PO00000003", 1, "too few", "ann", NOW)
    approve(planner, orders, 4, 6)
    building.build(pipeline, "w1")
    third = "select array_agg(line_number order by line_number) from replenishment.order_lines"
    assert orders.value(f"{third} where purchase_order_number = 'PO00000003'") == [1, 2]


def test_a_line_is_expected_its_lead_time_after_the_approval(planner, orders, pipeline):
    decided_at = datetime(2026, 3, 2, 23, tzinfo=UTC)
    approve(planner, orders, numbers={"lead_time_days": 4.5}, decided_at=decided_at)
    approve(planner, orders, 2, numbers={"lead_time_days": 4.5, "expected_on": "2026-03-20"}, decided_at=decided_at)
    approve(planner, orders, 3, decided_at=decided_at)
    building.build(pipeline, "w1")
    expected = [line["expected_on"] for line in following.lines_of(pipeline, NOW)]
    assert expected == [date(2026, 3, 7), date(2026, 3, 20), None]


def test_a_part_that_nobody_knows_comes_back_as_a_failed_message(planner, orders, pipeline):
    planner.propose(1, 10)
    planner.decide("APPROVE", 1)
    assert building.build(pipeline, "w1").failed == 1
    assert orders.value("select count(*) from replenishment.purchase_orders") == 0
    assert "not in the catalogue" in orders.value("select last_error from replenishment.messages")


def test_an_approved_transfer_is_asked_for_of_the_other_garage(planner, orders, pipeline):
    orders.receive(20, "G2")
    more = {"line_type_code": "TRANSFER", "supplier_code": None, "numbers": {"from_garage_code": "G2"}}
    approve(planner, orders, quantity=6, **more)
    assert building.build(pipeline, "w1").done == 1
    (asked,) = orders.rows("select from_garage_code, to_garage_code, quantity from garage_inventory.transfer_events")
    assert tuple(asked.values()) == ("G2", "G1", Decimal(6))


def test_a_transfer_that_was_discarded_is_promised_no_more(planner, orders, pipeline):
    more = {"line_type_code": "TRANSFER", "supplier_code": None, "numbers": {"from_garage_code": "G2"}}
    approve(planner, orders, quantity=6, **more)
    promised = "select quantity from replenishment.transfers_approved_as_of(clock_timestamp())"
    assert orders.value(promised) == 6
    act(pipeline, "DISCARD", [orders.value("select message_id from replenishment.messages")], "not needed", "ann")
    assert orders.rows(promised) == []


def test_need_to_rest_the_loop_closes(planner, orders, pipeline, tmp_path):
    approve(planner, orders, decided_at=ago(10))
    building.build(pipeline, "w1")
    (file,) = send(pipeline, tmp_path, at=ago(9))
    text = (tmp_path / "outbox" / file.file_name).read_text()
    assert file.file_name == "S1/orders_000001.csv" and "PO00000001,1," in text and "AC-1" in text
    number = file.numbers[0]
    sent = following.lines_of(pipeline, ago(8))[0]
    assert (sent["status_code"], sent["open_quantity"], sent["is_confirmed"]) == ("SENT", 10, False)
    orders.answer(number, "1", "IF", 8, days=7)
    orders.arrives(5, 2, number)
    line = orders.line()
    assert quantities(line) == (10, 8, 2, 0, 5, 3, "PART_RECEIVED")


def test_killed_between_filing_and_sending_the_same_bytes_go_out_once(planner, orders, pipeline, tmp_path, monkeypatch):
    approve(planner, orders)
    building.build(pipeline, "w1")

    def dies(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sending, "put", dies)
        with pytest.raises(KeyboardInterrupt):
            send(pipeline, tmp_path)
    (filed,) = sending.files_of(pipeline)
    assert not filed.is_sent
    (sent,) = send(pipeline, tmp_path, at=NOW + timedelta(hours=1))
    assert (sent.control_number, sent.sha256) == (filed.control_number, filed.sha256)
    assert (tmp_path / "outbox" / sent.file_name).read_bytes() == filed.content
    assert send(pipeline, tmp_path) == []


def test_a_supplier_whose_file_cannot_be_written_keeps_no_other_from_its_orders(planner, orders, pipeline, tmp_path):
    network.supplier(orders.connection, supplier_code="S2", supplier_name="Supplier Two")
    approve(planner, orders)
    approve(planner, orders, 2, supplier_code="S2")
    building.build(pipeline, "w1")
    sent = attempt(pipeline, tmp_path, "source_code: S1\nkind: order_ack\norders: {format: pigeon}\n")
    assert [one.supplier_code for one in sent.unsent] == ["S1"] and "format" in sent.unsent[0].message
    assert [one.supplier_code for one in sent.files] == ["S2"]
    (late,) = send(pipeline, tmp_path, "source_code: S1\nkind: order_ack\norders: {format: csv}\n")
    assert late.supplier_code == "S1"


def test_a_file_that_finds_no_place_goes_out_with_the_next_call(planner, orders, pipeline, tmp_path):
    approve(planner, orders)
    building.build(pipeline, "w1")
    (tmp_path / "outbox").write_text("a file where the folder should be")
    sent = attempt(pipeline, tmp_path)
    assert not sent.files and [one.supplier_code for one in sent.unsent] == ["S1"]
    assert "cannot be written" in sent.unsent[0].message
    (tmp_path / "outbox").unlink()
    (file,) = send(pipeline, tmp_path)
    assert (tmp_path / "outbox" / file.file_name).read_bytes() == file.content


def test_an_order_waits_for_the_hour_before_its_cut_off_unless_it_is_rushed(planner, orders, pipeline, tmp_path):
    """Orders are taken on Mondays until 16:00 in Berlin; a vehicle waits for what is rushed."""
    orders.connection.execute(
        "insert into replenishment.supplier_terms (supplier_code, valid_from_at, currency_code, order_weekdays,"
        " cut_off_at, source_code, batch_id, line_number, payload_hash)"
        " values ('S1', '2020-01-01', 'EUR', '{1}', '16:00', 'TEST', gen_random_uuid(), 1, '')"
    )
    approve(planner, orders)
    building.build(pipeline, "w1")
    monday = datetime(2030, 6, 3, 14, tzinfo=UTC)
    early, late = monday - timedelta(hours=2), monday - timedelta(minutes=45)
    assert attempt(pipeline, tmp_path, at=early, only_due=True) == sending.Sent()
    assert not sending.is_anything_due(pipeline, early) and sending.is_anything_due(pipeline, late)
    approve(planner, orders, 2, numbers={"review_reason_code": "VOR_WAITING"})
    assert sending.is_anything_due(pipeline, early)
    building.build(pipeline, "w1")
    (rushed,) = attempt(pipeline, tmp_path, at=early, only_due=True).files
    (waited,) = attempt(pipeline, tmp_path, at=late, only_due=True).files
    assert (rushed.numbers, waited.numbers) == (["PO00000002"], ["PO00000001"])
    assert not sending.is_anything_due(pipeline, late)


@pytest.mark.parametrize(
    ("said", "found"),
    [("", [0, 1]), ("answer_hours: 24", [1, 1]), ("answer_hours:", [0, 0]), ("format: pigeon", [0, 1])],
)
def test_an_order_that_nobody_answers_is_found_after_two_days_or_as_the_profile_says(
    planner, orders, pipeline, tmp_path, said, found
):
    approve(planner, orders, decided_at=ago(10))
    building.build(pipeline, "w1")
    send(pipeline, tmp_path, at=ago(3))
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "s1.yaml").write_text(f"source_code: S1\nkind: order_ack\norders: {{{said}}}\n")
    hours = following.answer_hours(pipeline, Profiles(tmp_path / "profiles"))
    assert [len(following.lines_of(pipeline, ago(days), answer_hours=hours)) for days in (1.5, 0.5)] == found
    orders.answer("PO00000001", "1", "IA", 10, days=0.25)
    assert following.lines_of(pipeline, NOW, answer_hours=hours) == []


def test_a_file_is_sent_again_byte_for_byte(planner, orders, pipeline, tmp_path):
    approve(planner, orders)
    building.build(pipeline, "w1")
    (file,) = send(pipeline, tmp_path)
    path = tmp_path / "outbox" / file.file_name
    path.unlink()
    sending.resend(pipeline, tmp_path / "outbox", "S1", 1, "their server was down", "ann", NOW)
    assert path.read_bytes() == file.content
    assert orders.value("select count(*) from replenishment.order_events where event_type_code = 'RESENT'") == 1
    with pytest.raises(SettingsError, match="no file 7"):
        sending.resend(pipeline, tmp_path / "outbox", "S1", 7, "x", "ann", NOW)


def test_the_profile_of_the_answers_says_how_orders_are_written(planner, orders, pipeline, tmp_path):
    approve(planner, orders)
    building.build(pipeline, "w1")
    (file,) = send(
        pipeline,
        tmp_path,
        "source_code: S1\nkind: order_ack\norders:\n  format: x12\n"
        "  sender: {code: US, qualifier: ZZ}\n  receiver: {code: S1, qualifier: ZZ}\n",
    )
    assert (file.format_code, file.content[:3]) == ("X12", b"ISA")
    assert b"BEG*00*SA*PO00000001**" in file.content


def test_numbers_of_files_count_on_for_each_supplier(planner, orders, pipeline, tmp_path):
    for number in (1, 2):
        approve(planner, orders, number)
        building.build(pipeline, "w1")
        (file,) = send(pipeline, tmp_path)
        assert (file.control_number, file.numbers) == (number, [f"PO{number:08d}"])


def test_an_order_that_is_cancelled_is_not_sent(planner, orders, pipeline, tmp_path):
    approve(planner, orders)
    building.build(pipeline, "w1")
    following.end(pipeline, "CANCELLED", "PO00000001", None, "wrong garage", "ann", NOW)
    assert send(pipeline, tmp_path) == []
    assert following.lines_of(pipeline, NOW + timedelta(hours=1)) == []
    with pytest.raises(SettingsError, match="there is no order PO9"):
        following.end(pipeline, "CLOSED", "PO9", None, "gone", "ann", NOW)
    with pytest.raises(SettingsError, match="without a reason"):
        following.end(pipeline, "CLOSED", "PO00000001", None, " ", "ann", NOW)
