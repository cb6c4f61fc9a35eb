"""A plan that is brought up to date says what a plan made anew says, seasons and classes left as they were."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from assets.forecasting import forecast
from ingest.forecasts import read_demand_series, store_forecasts
from ingest.orders import building, following
from ingest.planning.acts import Decision, decide
from ingest.replanning import steps
from ingest.replanning.builds import begin_build, record_build
from ingest.replanning.replan import NotPossible, replan
from ingest.replenishment import store_proposals
from tests.integration.dbt_project.conftest import copied
from tests.support import network
from tests.support.dbt import manifest
from tests.support.network import AS_OF, LONG_AGO
from tests.support.refill import built, compute, remake

HASH = "models"
NUMBERS = [f"P{number}" for number in range(1, 13)]
GARAGES = ("G1", "G2", "G3")
REVISIONS = """
    select distinct on (proposal_id) proposal_id, revision_number, change_code, quantity, status_code, supplier_code,
        explanation
    from replenishment.proposals
    order by proposal_id, revision_number desc
"""


@pytest.fixture(scope="module")
def planned(computed, server):
    """Three garages and twelve parts, of which some replace others, some are held, reserved, moved or ordered."""
    with copied(computed, server) as database:
        with psycopg.connect(database.owner) as connection:
            _furnish(connection, random.Random(1))
        plan(database, AS_OF)
        with psycopg.connect(database.pipeline, autocommit=True) as connection:
            _decide(connection, random.Random(2), 6)
        plan(database, AS_OF)
        yield database


def plan(database, as_of: datetime) -> None:
    """A refresh: models, forecasts, proposals, and what they were made of."""
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        known_from = begin_build(connection, "all")
        compute(database.pipeline, as_of)
        record_build(connection, "all", "run", as_of, known_from, HASH, built(database.pipeline, as_of))
        store_proposals(connection, "run", as_of)


def again(database, as_of: datetime = AS_OF, models: str = HASH):
    """The plan brought up to date, on one connection as a job does it."""
    with psycopg.connect(database.pipeline, autocommit=True) as connection:
        return replan(connection, as_of, "again", models, forecast_missing(as_of))


def forecast_missing(as_of: datetime):
    return lambda connection: store_forecasts(connection, forecast(read_demand_series(connection)), as_of)


def test_there_is_something_of_every_kind_to_plan_again(planned):
    with psycopg.connect(planned.pipeline) as connection:
        kinds = connection.execute("select distinct line_type_code from marts.fct_replenishment_proposals").fetchall()
        factors = connection.execute(
            "select count(distinct uplift_factor) from intermediate.int_demand_factors group by garage_code, part_id"
        ).fetchall()
    assert {kind for (kind,) in kinds} == {"BUY", "TRANSFER", "RETURN_EXCESS"}
    # By whoever delivers.
    assert {1, 2} == {count for (count,) in factors}


@pytest.mark.parametrize("seed", range(5))
def test_what_changed_is_planned_as_a_refresh_would(planned, server, seed):
    with copied(planned, server) as piecewise:
        chance = random.Random(seed)
        for _ in range(2):
            with psycopg.connect(piecewise.owner) as connection:
                for _ in range(chance.randint(1, 12)):
                    _change(connection, chance)
            with psycopg.connect(piecewise.pipeline, autocommit=True) as connection:
                _decide(connection, chance, chance.randint(0, 2))
            with copied(piecewise, server) as whole:
                remake(whole.pipeline, AS_OF, steps.MADE_AGAIN)
                with psycopg.connect(whole.pipeline, autocommit=True) as connection:
                    store_proposals(connection, "again", AS_OF)
                expected = contents(whole)
            assert again(piecewise).cell_count
            assert contents(piecewise) == expected


def test_what_a_planner_had_proposed_and_no_run_proposes_is_gone_as_after_a_run(planned, server):
    with copied(planned, server) as database, psycopg.connect(database.pipeline, autocommit=True) as connection:
        # P5 is plentiful in G1, so that nothing is proposed.
        _count(connection, "G1", "P5", 400, AS_OF - timedelta(hours=1))
        plan(database, AS_OF)
        (part_id,) = connection.execute("select catalogue.part_id('BRND', 'P5')").fetchone()
        own = Decision.own("APPROVE", "G1", part_id, "own", quantity=4, reason="for a fair")
        (answer,) = decide(connection, [own], "ann", decided_at=AS_OF)
        assert answer.outcome_code == "DONE"
        assert again(database).proposals.gone == 1
        latest = "select change_code from replenishment.proposals where proposal_id = %s order by revision_number desc"
        assert connection.execute(latest, [answer.proposal_id]).fetchone() == ("GONE",)


def test_without_news_nothing_is_done_however_often(planned, server):
    with copied(planned, server) as database:
        before = contents(database)
        with psycopg.connect(database.pipeline, autocommit=True) as connection:
            for _ in range(2):
                # What the fixture entered is still within the grace of writers that were at work.
                replan(connection, AS_OF, "again", HASH, forecast_missing(AS_OF))
            assert replan(connection, AS_OF, "again", HASH, forecast_missing(AS_OF)).cell_count == 0
        assert contents(database) == before


def test_a_reservation_that_lapses_meanwhile_frees_its_units(planned, server):
    now = datetime.now(UTC)
    was = max(now - timedelta(minutes=10), now.replace(hour=0, minute=0, second=0, microsecond=0))
    with copied(planned, server) as database:
        with psycopg.connect(database.owner) as connection:
            _count(connection, "G1", "P4", 40, was - timedelta(days=2))
            network.insert(
                connection, "reservation.events", reservation_number="LAPSES", sequence_number=1,
                event_type_code="RESERVED", garage_code="G1", peg_garage_code="G1", part_number="P4", quantity=3,
                peg_quantity=3, work_order_number="W9", work_order_line="1", priority=5,
                event_at=was - timedelta(days=1), expires_at=was + (now - was) / 2,
            )  # fmt: skip
        plan(database, was)
        assert reserved(database, "P4") == 3
        again(database, now)
        assert reserved(database, "P4") == 0


@pytest.mark.parametrize(
    ("enter", "reason"),
    [
        (lambda connection: network.offer(connection, "P4", unit_price_amount=7), None),
        (lambda connection: network.part(connection, "P99"), "catalogue.parts is new"),
        (lambda connection: network.garage(connection, "G9"), "catalogue.garages is new"),
        (lambda connection: network.supplier(connection, supplier_code="S9"), "catalogue.suppliers is new"),
    ],
)
def test_news_of_the_network_want_a_refresh(planned, server, enter, reason):
    with copied(planned, server) as database:
        with psycopg.connect(database.owner) as connection:
            enter(connection)
            if reason is None:
                connection.execute(
                    "update ingest.batches set state = 'ACCEPTED', rows_read = 1, rows_accepted = 1,"
                    " finished_at = now()"
                )
                reason = "a file of kind supplier_price is new"
        before = contents(database)
        with pytest.raises(NotPossible, match=reason):
            again(database)
        assert contents(database) == before


def test_another_day_other_models_and_half_a_refresh_want_a_refresh(planned, server):
    with copied(planned, server) as database:
        with pytest.raises(NotPossible, match="another day"):
            again(database, AS_OF + timedelta(days=1))
        with pytest.raises(NotPossible, match="long after the moment"):
            again(database, AS_OF + timedelta(hours=1))
        with pytest.raises(NotPossible, match="the models are others now"):
            again(database, models="others")
        with psycopg.connect(database.pipeline, autocommit=True) as connection:
            begin_build(connection, "all")
        with pytest.raises(NotPossible, match="none of a whole refresh"):
            again(database)


def test_one_that_fails_half_way_leaves_everything_as_it_was(planned, server):
    with copied(planned, server) as database:
        with psycopg.connect(database.owner) as connection:
            network.use(connection, "P1", 2, AS_OF - timedelta(hours=30))
        before = contents(database)

        def fail(connection):
            raise RuntimeError("killed")

        with psycopg.connect(database.pipeline, autocommit=True) as connection, pytest.raises(RuntimeError):
            replan(connection, AS_OF, "again", HASH, fail)
        assert contents(database) == before
        assert again(database).cell_count
        assert contents(database) != before


def test_every_model_that_a_proposal_stands_on_is_made_again_or_kept():
    """A new model has to be put into one of the lists of steps."""
    models = {node.name: node for node in manifest().nodes.values() if node.resource_type == "model"}
    found, left = set(), ["fct_replenishment_proposals"]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [node.rpartition(".")[2] for node in models[name].depends_on.nodes if node.startswith("model.")]
    read_as_they_are = {
        name for name in found if name.startswith("stg_") and models[name].config.materialized == "view"
    }
    listed = [*steps.MADE_AGAIN, *steps.KEPT_MODELS]
    assert sorted(listed) == sorted(found - read_as_they_are)
    for place, name in enumerate(steps.MADE_AGAIN):
        later = {node.rpartition(".")[2] for node in models[name].depends_on.nodes} & set(steps.MADE_AGAIN[place:])
        assert not later, f"{name} is made before {later}"


def contents(database) -> dict[str, list]:
    """The rows of every model that is made again, of which one may say when it was read, and the newest revisions."""
    models = {node.name: node for node in manifest().nodes.values() if node.resource_type == "model"}
    with psycopg.connect(database.pipeline) as connection:
        rows = {
            name: connection.execute(
                f"select to_jsonb(model) - 'read_at' as said from {models[name].schema}.{name} as model order by 1"
            ).fetchall()
            for name in steps.MADE_AGAIN
        }
        return rows | {"replenishment.proposals": connection.execute(REVISIONS).fetchall()}


def reserved(database, number: str) -> int:
    with psycopg.connect(database.pipeline, row_factory=dict_row) as connection:
        row = connection.execute(
            "select reserved_quantity from intermediate.int_stock_positions where garage_code = 'G1'"
            " and part_id = catalogue.part_id('BRND', %s)",
            [number],
        ).fetchone()
        return row["reserved_quantity"]


def _furnish(connection: psycopg.Connection, chance: random.Random) -> None:
    network.garage(connection, "G3")
    network.supplier(connection, supplier_code="S2", lead_time_days=9, lead_time_sd_days=2)
    # What either brought within a year goes back where it is too much.
    for supplier in ("S1", "S2"):
        network.insert(
            connection, "replenishment.supplier_terms", supplier_code=supplier, valid_from_at=LONG_AGO,
            currency_code="EUR", return_days=365, payload_hash=supplier.encode(),
        )  # fmt: skip
    for number in NUMBERS[4:]:
        network.part(
            connection, number, stocking_class_code=chance.choice("ABC"), unit_cost_amount=chance.randint(1, 90)
        )
        network.offer(connection, number, unit_price_amount=chance.randint(1, 90), pack_quantity=chance.choice([1, 4]))
    network.offer(connection, "P5", supplier_code="S2", unit_price_amount=1)
    # Of P5 the slow supplier hears of all campaigns, the other of one.
    for scope, percent, first, days in (({"category_code": "TEST"}, 60, 0, 4), ({"garage_code": "G1"}, 90, 6, 30)):
        from_on, to_on = ((AS_OF + timedelta(days=count)).date() for count in (first, days))
        network.uplift(connection, percent, from_on, to_on, **scope)
    network.supersession(connection, "P6", "P7")
    network.supersession(connection, "P8", "P9", kit_group_code="K", conversion_quantity=2)
    network.supersession(connection, "P8", "P10", kit_group_code="K", conversion_quantity=1)
    # Of replaced parts: what is ordered in their place goes by them, but where it has a rule of its own.
    network.stocking_rule(connection, "P6", None, minimum_quantity=9, service_level_pct=99)
    network.stocking_rule(connection, "P7", "G3", minimum_quantity=2)
    network.stocking_rule(connection, "P8", "G2", is_do_not_stock=True)
    for garage in GARAGES:
        for number in NUMBERS:
            _count(connection, garage, number, chance.choice([0, 5, 300]), LONG_AGO)
            for _ in range(chance.choice([0, 2, 25])):
                moment = AS_OF - timedelta(days=chance.randint(1, 900), hours=-9)
                network.use(connection, number, chance.randint(1, 3), moment, garage=garage)
            _count(connection, garage, number, chance.choice([0, 1, 3, 40]), AS_OF - timedelta(hours=20))
    for garage in GARAGES[1:]:
        network.insert(
            connection, "garage_inventory.receipts", delivery_number="D1", delivery_line="1", garage_code=garage,
            part_number="P12", condition_code="NEW", quantity=400, uom_code="EA", supplier_code="S1",
            event_at=AS_OF - timedelta(days=9),
        )  # fmt: skip
        _count(connection, garage, "P12", 400, AS_OF - timedelta(hours=19))
    for _ in range(40):
        _change(connection, chance)


def _change(connection: psycopg.Connection, chance: random.Random) -> None:
    """Something that a day brings."""
    garage, number = chance.choice(GARAGES), chance.choice(NUMBERS)
    moment = AS_OF - timedelta(minutes=chance.choice([5, 600, 3_000, 90_000, 400_000]))
    chance.choice([_use, _use, _restock, _recount, _reserve, _hold, _move, _undo])(
        connection, chance, garage, number, moment
    )


def _use(connection, chance, garage, number, moment) -> None:
    kind = chance.choice(["FITTED", "FITTED", "LOST_SALE", "EMERGENCY_BUY", "RETURN_UNUSED", "WARRANTY"])
    network.use(connection, number, chance.randint(1, 9), moment, kind, garage)


def _restock(connection, chance, garage, number, moment) -> None:
    name, quantity = str(uuid4()), chance.randint(1, 30)
    network.insert(
        connection, "garage_inventory.receipts", delivery_number=name, delivery_line="1", garage_code=garage,
        part_number=number, condition_code="NEW", quantity=quantity, uom_code="EA",
        supplier_code=["S1", "S2", None][quantity % 3], event_at=moment,
    )  # fmt: skip
    network.insert(
        connection, "garage_inventory.movements", garage_code=garage, part_number=number, condition_code="NEW",
        movement_type_code="RECEIPT", quantity=quantity, reason_code="RECEIPT", document_number=name,
        document_line="1", event_at=moment,
    )  # fmt: skip


def _recount(connection, chance, garage, number, moment) -> None:
    _count(connection, garage, number, chance.randint(0, 20), moment)


def _count(connection, garage, number, quantity, moment) -> None:
    network.insert(
        connection, "garage_inventory.counts", count_number=str(uuid4()), garage_code=garage, part_number=number,
        condition_code="NEW", counted_quantity=quantity, uom_code="EA", event_at=moment,
    )  # fmt: skip


def _reserve(connection, chance, garage, number, moment) -> None:
    name, quantity = str(uuid4()), chance.randint(1, 6)
    from_garage = chance.choice([garage, *GARAGES])
    kind = chance.choice(["RESERVED", "RESERVED", "BACKORDERED"])
    network.insert(
        connection, "reservation.events", reservation_number=name, sequence_number=1, event_type_code=kind,
        garage_code=garage, peg_garage_code=from_garage if kind == "RESERVED" else None, part_number=number,
        quantity=quantity, peg_quantity=quantity if kind == "RESERVED" else 0, work_order_number=name,
        work_order_line="1", priority=5, event_at=moment,
    )  # fmt: skip


def _hold(connection, chance, garage, number, moment) -> None:
    network.insert(
        connection, "quality_hold.events", hold_number=str(uuid4()), sequence_number=1, event_type_code="PLACED",
        scope_code="CELL", garage_code=garage, part_number=number, quantity=chance.randint(1, 5),
        hold_reason_code="PACKAGING", severity_code="LOW", event_at=moment,
    )  # fmt: skip


def _move(connection, chance, garage, number, moment) -> None:
    other = chance.choice([code for code in GARAGES if code != garage])
    name, quantity = str(uuid4()), chance.randint(1, 5)
    for place, kind in enumerate(["REQUESTED", "SHIPPED", "RECEIVED"][: chance.randint(1, 3)], start=1):
        network.insert(
            connection, "garage_inventory.transfer_events", transfer_number=name, sequence_number=place,
            event_type_code=kind, from_garage_code=garage, to_garage_code=other, part_number=number,
            condition_code="NEW", quantity=quantity, event_at=moment,
        )  # fmt: skip


def _undo(connection, chance, garage, number, moment) -> None:
    lines = connection.execute(
        "select usage_line_id, idempotency_key, garage_code, part_id from garage_inventory.usage_lines"
        " where usage_line_id not in (select reverses_id from garage_inventory.reversals)"
        " order by idempotency_key limit 40"
    ).fetchall()
    line_id, key, its_garage, part_id = chance.choice(lines)
    network.insert(
        connection, "garage_inventory.reversals", line_code="USAGE", reverses_id=line_id, reverses_key=key,
        garage_code=its_garage, part_id=part_id, condition_code="NEW", quantity=0, reason="entered twice",
        event_at=AS_OF,
    )  # fmt: skip


def _decide(connection: psycopg.Connection, chance: random.Random, count: int) -> None:
    """Planners approve some proposals, which become orders and transfers, and put off, refuse or set others."""
    with connection.cursor(row_factory=dict_row) as cursor:
        lines = cursor.execute(
            "select proposal_id, revision_number from (select distinct on (proposal_id) * from replenishment.proposals"
            " order by proposal_id, revision_number desc) as latest"
            " where change_code <> 'GONE' and status_code = 'PROPOSED' order by proposal_id"
        ).fetchall()
    made = []
    for line in chance.sample(lines, min(count, len(lines))):
        act = chance.choice(["APPROVE", "SNOOZE", "REJECT", "FIRM"])
        until = None if act == "APPROVE" else date(2002, 4, 20)
        values = {"until_on": until, "reason_code": "OTHER", "reason": "so decided"}
        values["quantity"] = 5 if act == "FIRM" else None
        made.append(Decision(act, line["proposal_id"], line["revision_number"], str(uuid4()), **values))
    # Also what nobody proposes; of most that is asked for it is refused, as a line is there.
    for _ in range(count):
        part_id = connection.execute("select catalogue.part_id('BRND', %s)", [chance.choice(NUMBERS)]).fetchone()[0]
        act = chance.choice(["APPROVE", "FIRM"])
        values = {"until_on": date(2002, 4, 20) if act == "FIRM" else None, "reason": "for a fair"}
        made.append(Decision.own(act, chance.choice(GARAGES), part_id, str(uuid4()), quantity=4, **values))
    if made:
        decide(connection, made, "ann", decided_at=AS_OF)
        building.build(connection, "orders")
    if number := connection.execute("select min(purchase_order_number) from replenishment.purchase_orders").fetchone()[
        0
    ]:
        following.end(connection, "CLOSED", number, None, "does not come", "ann", AS_OF)
