"""The tests fill models anew by a shorter way than dbt; both leave the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from tests.support import network
from tests.support.dbt import manifest
from tests.support.network import AS_OF
from tests.support.refill import compute, compute_by_dbt

LATER = AS_OF + timedelta(days=40)


def test_what_is_filled_anew_is_what_dbt_made(computed, network_stores):
    compute(network_stores.pipeline, LATER)
    assert unaudited(network_stores) != unaudited(computed)
    compute(network_stores.pipeline, AS_OF)
    assert unaudited(network_stores) == unaudited(computed)


def test_what_was_known_is_filled_as_dbt_makes_it(network_stores):
    known_at = datetime.now(UTC)
    with psycopg.connect(network_stores.owner) as connection:
        network.hold(connection, "H2", 1, "PLACED", "P1", 4, AS_OF)
        network.count(connection, "P3", 5, AS_OF + timedelta(days=1))
    compute(network_stores.pipeline, LATER)
    everything = contents(network_stores)
    compute(network_stores.pipeline, LATER, known_at)
    known = contents(network_stores)
    assert known != everything
    compute_by_dbt(network_stores.pipeline, LATER, known_at)
    assert contents(network_stores) == known


def unaudited(database) -> dict[str, tuple]:
    """Every model but those of the audit, which has one more record of each forecast that is stored."""
    return {name: said for name, said in contents(database).items() if "audit" not in name}


def contents(database) -> dict[str, tuple]:
    """Every model with its rows, of which one may say when it was made, and the definition of each view."""
    models = [node for node in manifest().nodes.values() if node.resource_type == "model"]
    with psycopg.connect(database.pipeline) as connection:
        return {
            model.name: connection.execute(
                f"""
                select count(*), md5(string_agg(said::text, '' order by said)),
                    pg_get_viewdef(to_regclass('{model.schema}.{model.name}'))
                from (select to_jsonb(rows) - 'read_at' as said from {model.schema}.{model.name} as rows) as told
                """
            ).fetchone()
            for model in models
        }
