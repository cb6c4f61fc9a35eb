"""What brings plan and report up to date during the day, and what it says where it does not."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from types import SimpleNamespace
from uuid import uuid4

import dagster as dg
import psycopg
import pytest

from assets.manifest import PROJECT_FOLDER
from assets.resources import Clock, InventoryDatabase
from ingest.generations import models_hash, record_generation
from ingest.replanning import outlook as outlooks
from ingest.replanning.builds import begin_build, move_builds, record_build
from ingest.replanning.outlook import closed_until
from ingest.replanning.steps import MADE_AGAIN
from orchestration.intraday import plan_outdated, report_outdated
from tests.support import network

PLAN = SimpleNamespace()
RESULTS = {
    "results": [
        {"unique_id": f"model.partsbay.{name}", "relation_name": f'"db"."intermediate"."{name}"', "compiled_code": ""}
        for name in MADE_AGAIN
    ]
}


@pytest.fixture(autouse=True)
def planned():
    """The plan is of ten minutes ago, or of midnight where that was less: by the clock, as sensors go by it."""
    now = datetime.now(UTC)
    PLAN.at = max(now - timedelta(minutes=10), now.replace(hour=0, minute=0, second=0, microsecond=0))


@pytest.fixture
def connection(stores, monkeypatch):
    """A database with a plan of ten minutes ago, whose garage never closes."""
    monkeypatch.setattr(outlooks, "OPENS_AT", time.min)
    monkeypatch.setattr(outlooks, "CLOSES_AT", time.max)
    monkeypatch.setattr(outlooks, "_SUNDAY", None)
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        network.garage(owner, "G1")
        network.part(owner, "P1")
    with psycopg.connect(stores.pipeline, autocommit=True) as pipeline:
        begin_build(pipeline, "all")
        record_build(pipeline, "all", "run", PLAN.at, datetime.now(UTC), models_hash(PROJECT_FOLDER), RESULTS)
        yield pipeline


@pytest.fixture
def use(stores):
    """A line of usage that is recorded now."""

    def enter() -> None:
        with psycopg.connect(stores.owner, autocommit=True) as owner:
            network.use(owner, "P1", 2, PLAN.at)

    return enter


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def look(stores, instance):
    """One look of a sensor."""

    def at(sensor: dg.SensorDefinition = plan_outdated, clock: str = "") -> dg.RunRequest | dg.SkipReason:
        context = dg.build_sensor_context(instance, sensor_name=sensor.name)
        return sensor(context, inventory_db=InventoryDatabase(url=stores.pipeline), clock=Clock(fixed=clock))

    return at


def said(answer: dg.RunRequest | dg.SkipReason) -> str:
    assert isinstance(answer, dg.SkipReason), answer
    return answer.skip_message


def test_without_news_the_skip_says_what_was_looked_at_what_is_expected_and_when_the_next_look_is(connection, look):
    words = said(look())
    assert words.startswith("looked at usage, stock, transfers, reservations, holds, decisions, orders; found nothing")
    assert f"since the plan of {PLAN.at:%Y-%m-%d %H:%M} UTC" in words
    assert "refresh_stock_nightly makes all anew at 02:00 UTC" in words and words.endswith("next look in 600 s")


def test_news_are_planned_once_and_again_only_when_they_were_not(connection, look, use, instance):
    use()
    first = look()
    assert first.tags["trigger"] == "plan_outdated"
    assert look().run_key == first.run_key
    use()
    second = look()
    assert second.run_key != first.run_key
    # One that failed is asked for anew; after two the next rests.
    for _ in range(2):
        request = look()
        assert isinstance(request, dg.RunRequest)
        instance.add_run(dg.DagsterRun("intraday_stock", tags=request.tags, status=dg.DagsterRunStatus.FAILURE))
    assert "2 runs ended without it" in said(look())
    # What the plan knows is no news.
    move_builds(connection, datetime.now(UTC), datetime.now(UTC))
    assert "found nothing new" in said(look())


def close_order(owner: psycopg.Connection) -> None:
    owner.execute(
        "insert into replenishment.purchase_orders (purchase_order_number, serial_number, supplier_code, garage_code,"
        " currency_code, created_at, actor) values ('PO1', 1, 'S1', 'G1', 'EUR', now(), 'ann')"
    )
    owner.execute(
        "insert into replenishment.order_events (purchase_order_number, sequence_number, event_type_code, reason,"
        " event_at, actor) values ('PO1', 1, 'CLOSED', 'does not come', now(), 'ann')"
    )


@pytest.mark.parametrize(
    ("enter", "word"),
    [
        (lambda owner: network.reservation(owner, "R1", 1, "BACKORDERED", "P1", 1, PLAN.at), "reservations"),
        (lambda owner: network.hold(owner, "H1", 1, "PLACED", "P1", 1, PLAN.at), "holds"),
        (lambda owner: network.count(owner, "P1", 3, PLAN.at), "stock"),
        (close_order, "orders"),
    ],
)
def test_reservations_holds_counts_and_orders_that_are_ended_are_news(connection, look, stores, enter, word):
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        enter(owner)
    found = outlooks.outlook(connection, datetime.now(UTC), models_hash(PROJECT_FOLDER))
    assert list(found.counts) == [word]
    assert isinstance(look(), dg.RunRequest)


def test_a_reservation_that_lapsed_since_is_news(connection, look, stores):
    move_builds(connection, PLAN.at, datetime.now(UTC) + timedelta(minutes=1))
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        network.insert(
            owner, "reservation.events", reservation_number="R1", sequence_number=1, event_type_code="BACKORDERED",
            garage_code="G1", part_number="P1", quantity=3, work_order_number="W9", work_order_line="1", priority=5,
            event_at=PLAN.at - timedelta(days=1), expires_at=PLAN.at + (datetime.now(UTC) - PLAN.at) / 2,
        )  # fmt: skip
    found = outlooks.outlook(connection, datetime.now(UTC), models_hash(PROJECT_FOLDER))
    assert found.counts == {"lapsed reservations": 1}


@pytest.mark.parametrize("job", ["refresh_stock", "intraday_stock", "intraday_report"])
def test_nothing_is_started_beside_a_run_that_plans(connection, look, use, instance, job):
    use()
    busy = dg.DagsterRun(job, status=dg.DagsterRunStatus.STARTED)
    instance.add_run(busy)
    assert f"{job} is at it since" in said(look()) and f"{job} is at it" in said(look(report_outdated))
    instance.add_run(dg.DagsterRun("place_orders", status=dg.DagsterRunStatus.STARTED))
    instance.report_run_failed(busy)
    assert isinstance(look(), dg.RunRequest)


def test_what_only_a_refresh_can_tell_is_a_hint_and_no_failed_run(connection, look, use, stores):
    use()
    move_builds(connection, PLAN.at - timedelta(days=1), PLAN.at - timedelta(days=1))
    assert "another day" in said(look()) and "partsbay run makes it anew" in said(look())
    assert "another day" in said(look(report_outdated))
    move_builds(connection, PLAN.at, datetime.now(UTC))
    with psycopg.connect(stores.owner, autocommit=True) as owner:
        network.garage(owner, "G9")
    assert "catalogue.garages is new. partsbay run makes it anew." in said(look())
    connection.execute("update intermediate.model_builds set models_hash = 'others'")
    assert "the models are others now" in said(look())
    connection.execute("drop table intermediate.model_builds")
    assert "there is none of a whole refresh" in said(look())


def test_a_fixed_clock_starts_nothing(connection, look, use):
    use()
    assert said(look(clock="2002-04-01T00:00:00Z")).startswith("the clock is fixed")


def test_a_plan_that_is_later_than_what_is_published_is_reported(connection, look):
    assert "nothing was published yet" in said(look(report_outdated))
    record_generation(connection, str(uuid4()), "made from", PLAN.at, "run", {})
    assert f"what is published of {PLAN.at:%Y-%m-%d %H:%M} UTC" in said(look(report_outdated))
    move_builds(connection, datetime.now(UTC), datetime.now(UTC))
    request = look(report_outdated)
    assert request.tags["trigger"] == "report_outdated"
    assert look(report_outdated).run_key == request.run_key


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        # Berlin is an hour before UTC in March; the 2nd is a Monday, the 29th a Sunday on which summer time begins.
        ("2026-03-02T04:59Z", "2026-03-02T05:00Z"),
        ("2026-03-02T05:00Z", None),
        ("2026-03-02T18:59Z", None),
        ("2026-03-02T19:00Z", "2026-03-03T05:00Z"),
        ("2026-03-28T19:00Z", "2026-03-30T04:00Z"),
        ("2026-03-29T10:00Z", "2026-03-30T04:00Z"),
    ],
)
def test_garages_are_open_on_weekdays_by_their_own_clock(stores, moment, opens):
    with psycopg.connect(stores.owner) as owner:
        network.garage(owner, "G1")
        found = closed_until(owner, datetime.fromisoformat(moment))
    assert found == (opens and datetime.fromisoformat(opens))
