"""The model of what replaces what says of every part what the database walks (F16)."""

from __future__ import annotations

from datetime import date

import psycopg

from ingest.catalogue import reviewing
from tests.support import network
from tests.support.network import AS_OF
from tests.support.refill import rebuild_up_to

WALKED = """
select ordered.part_id, orderable_part_id, conversion_quantity, cardinality(path) - 1,
    (
        select string_agg('BRND ' || parts.part_number, ' → ' order by step.place)
        from unnest(path) with ordinality as step (part_id, place)
        inner join catalogue.parts using (part_id)
        where parts.valid_from_at = %(long_ago)s
    ),
    array_to_string(dispositions, ', '), is_kit, is_orderable, 'USE_UP' = all(dispositions)
from catalogue.orderable_parts(array(select part_id from catalogue.parts), %(as_of)s) as ordered
where cardinality(path) > 1
order by 1, 5
"""
MODELLED = """
select predecessor_part_id, orderable_part_id, conversion_quantity, step_count, path, disposition_codes, is_kit,
    is_orderable, is_used_up
from marts.dim_supersessions
order by 1, 5
"""


def test_the_mart_says_what_the_database_walks(network_stores):
    with psycopg.connect(network_stores.owner) as connection:
        for number in ("P5", "P6", "P7", "P8"):
            network.part(connection, number)
        network.supersession(connection, "P1", "P2", conversion_quantity=2)
        for successor in ("P5", "P6"):
            network.supersession(connection, "P2", successor, kit_group_code="K", conversion_quantity=3)
        network.supersession(connection, "P6", "P5", disposition_code="SCRAP")
        network.supersession(connection, "P3", "P6", effective_from_on=date(2002, 4, 2))
        # As files said it before their successors waited for approval.
        connection.execute("alter table catalogue.parts disable trigger parts_keep_their_successors")
        network.part(connection, "P4", valid_from_at=date(2002, 2, 1), superseded_by_part_number="P8")
        network.part(connection, "P8", valid_from_at=date(2002, 2, 1), superseded_by_part_number="P7")
        connection.execute("alter table catalogue.parts enable trigger parts_keep_their_successors")
        network.part(connection, "P7", valid_from_at=date(2002, 2, 1), lifecycle_code="0")
    rebuild_up_to(network_stores.pipeline, AS_OF, "dim_supersessions")
    with psycopg.connect(network_stores.pipeline) as connection:
        walked = connection.execute(WALKED, {"as_of": AS_OF, "long_ago": network.LONG_AGO}).fetchall()
        assert connection.execute(MODELLED).fetchall() == walked
    # P1 and P2 by both ways of the kit, P6 for P5, P4 for P8; P7 may not be ordered yet, P3 not before tomorrow.
    assert len(walked) == 6


TOLD = """
select handed_in_by, status_code, decided_by, decision_reason, decision_days >= 0 from marts.fct_stated_supersessions
where batch_id = %s
"""


def test_what_a_file_said_is_told_with_who_stated_and_who_decided_it(network_stores):
    def told(known_at=None):
        rebuild_up_to(network_stores.pipeline, AS_OF, "fct_stated_supersessions", known_at)
        with psycopg.connect(network_stores.pipeline) as pipeline:
            return pipeline.execute(TOLD, [batch_id]).fetchall()

    with psycopg.connect(network_stores.owner, autocommit=True) as connection:
        batch_id = network.stated(connection, "P1", "P2", actor="ann")
        assert told() == [("ann", "WAITING", None, None, None)]
        [before] = connection.execute("select clock_timestamp()").fetchone()
        reviewing.decide(connection, batch_id, reviewing.REJECTED, "another thread", "bob")
    assert told() == [("ann", "REJECTED", "bob", "another thread", True)]
    # By what was known before the decision, it waits.
    assert told(before) == [("ann", "WAITING", None, None, None)]
