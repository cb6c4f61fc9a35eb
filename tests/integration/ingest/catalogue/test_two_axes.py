"""As it was at a moment, and as we knew it at another: answerable for everything in the catalogue."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import sql

from deploy.database.migrate import _upgrade, migrate
from ingest.catalogue.showing import Moment, show_part
from ingest.errors import PartsbayError
from tests.support.catalogue_files import PACK, POLICY, REFERENCE, SUPERSESSION, published
from tests.support.ingest_files import PART, Ingest, lines

# Entity, table, what is corrected, from what to what.
CORRECTED = [
    ("part", "parts", {"brand_code": "BOSC", "part_number": "007"}, "description", "Filter", "Oil filter"),
    ("garage", "garages", {"garage_code": "G1"}, "garage_name", "North", "South"),
    ("supplier", "suppliers", {"supplier_code": "S1"}, "supplier_name", "Parts Ltd", "Parts plc"),
    ("pack", "packs", PACK, "factor_quantity", "12.000000", "10.000000"),
    ("reference", "part_references", REFERENCE, "quality_grade_code", None, "A"),
    ("supersession", "supersessions", SUPERSESSION, "conversion_quantity", "1.000", "2.000"),
    ("policy", "stocking_policies", POLICY, "service_level_pct", "99.00", "95.00"),
    ("part_type", "part_types", {"part_type_code": "1", "part_type_name": "Pads"}, "part_type_name", "Pads", "Discs"),
]


@pytest.mark.parametrize(("entity", "table", "values", "column", "before", "after"), CORRECTED)
def test_a_correction_changes_what_was_and_not_what_was_known(ingest, entity, table, values, column, before, after):
    ingest.catalogue()
    key = {**values, "valid_from_at": "2024-01-01"}
    if entity not in ("part", "garage", "supplier"):
        published(ingest, entity, **key)
    known_at = ingest.value("select clock_timestamp()")
    published(ingest, entity, **{**key, column: after})
    which = "where part_number = '007'" if entity == "part" else ""

    def said(valid_at, known_at="infinity"):
        query = f"select {column}::text from catalogue.{table}_at(%s, %s) {which}"
        return [row[0] for row in ingest.connection.execute(query, (valid_at, known_at)).fetchall()]

    assert said("2024-03-01") == [after]
    assert said("2024-03-01", known_at) == [before]
    assert said("2023-12-31") == []
    assert ingest.value(f"select max(revision_number) from catalogue.{table} {which}") == 2


def test_a_late_version_between_two_holds_until_the_later_one(ingest):
    ingest.catalogue()
    key = {"brand_code": "BOSC", "part_number": "007"}
    published(ingest, "part", **key, valid_from_at="2024-09-01", description="Third")
    published(ingest, "part", **key, valid_from_at="2024-05-01", description="Second")
    query = "select description from catalogue.parts_at(%s) where part_number = '007'"
    said = [ingest.connection.execute(query, (f"2024-{month}-15",)).fetchone()[0] for month in ("04", "05", "08", "09")]
    assert said == ["Filter", "Second", "Second", "Third"]


def test_a_part_is_shown_with_everything_that_is_said_of_it(ingest):
    ingest.catalogue()
    for entity, values in (
        ("pack", PACK),
        ("reference", REFERENCE),
        ("supersession", SUPERSESSION),
        ("policy", POLICY),
    ):
        published(ingest, entity, **values)
    key = {"brand_code": "BOSC", "part_number": "007"}
    published(ingest, "part", **key, valid_from_at="2024-05-01", lifecycle_code="7")
    part_id = ingest.value("select catalogue.part_id('BOSC', '007')")
    found = show_part(ingest.connection, part_id, garage_code="G1")
    assert found["part"]["lifecycle_code"] == "7"
    assert [(one["valid_from_at"].month, one["lifecycle_code"]) for one in found["history"]] == [(1, "2"), (5, "7")]
    assert [(one["uom_code"], one["factor_quantity"]) for one in found["packs"]] == [("CA", 12)]
    assert [one["other_part_number"] for one in found["references"]] == ["W 712"]
    [instead] = found["ordered_instead"]
    assert (instead["orderable_part"], instead["path"]) == ("BOSC 0 986-AB", "BOSC 007 → BOSC 0 986-AB")
    policy = {one["value_name"]: (one["value"], one["level_code"]) for one in found["policy"]}
    assert policy["service_level_pct"] == ("99", "GARAGE")
    assert policy["cover_days"] == ("28", "CLASS_DEFAULT")

    successor = show_part(ingest.connection, ingest.value("select catalogue.part_id('BOSC', '0986AB')"))
    assert [one["part"] for one in successor["stands_for"]] == ["BOSC 007"]

    before = show_part(ingest.connection, part_id, Moment(ingest.value("select '2024-03-01'::timestamptz")))
    assert before["part"]["lifecycle_code"] == "2"
    with pytest.raises(PartsbayError) as caught:
        show_part(ingest.connection, part_id, Moment(ingest.value("select '2023-03-01'::timestamptz")))
    assert caught.value.code == "NOT_THERE"


def test_a_file_from_before_the_new_columns_is_still_the_same_statement(ingest):
    """Its hash is that of the twelve values that parts always said, so nothing conflicts after an upgrade."""
    ingest.catalogue()
    said = (
        "jsonb_build_array(part_number, description, category_code, base_uom_code, lifecycle_code,"
        " stocking_class_code, criticality_code, unit_cost_amount, currency_code, gtin, superseded_by_part_number,"
        " shelf_life_days)"
    )
    query = f"select bool_and(payload_hash = sha256(convert_to({said}::text, 'UTF8'))) from catalogue.parts"
    assert ingest.value(query) is True
    published(ingest, "part", brand_code="BOSC", part_number="007", valid_from_at="2024-02-01", weight_kg="1.5")
    assert ingest.value(query) is False


def test_a_database_of_before_keeps_its_versions_and_knows_their_lines_again(make_database, server, tmp_path):
    old = make_database("stores")
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {}").format(sql.Identifier(old.name)))
        admin.execute(sql.SQL("create database {} owner partsbay_owner").format(sql.Identifier(old.name)))
    _upgrade(old.owner, "stores", "0004")
    with psycopg.connect(old.owner) as connection:
        connection.execute(_PART_OF_BEFORE)
    migrate(old.owner, "stores")
    ingest = Ingest(old.pipeline, tmp_path)
    outcome = ingest(lines(PART, {}, {"part_number": "008"}))
    assert (outcome.rows_duplicate, outcome.rows_accepted, outcome.rows_quarantined) == (1, 1, 0)
    versions = "select part_number, revision_number, is_retired, actor from catalogue.parts order by 1"
    assert ingest.rows(versions) == [("007", 1, False, "pipeline"), ("008", 1, False, "pipeline")]
    ingest.connection.close()


# As a file of one part was stored before there were revisions.
_PART_OF_BEFORE = """
insert into catalogue.parts (
    part_id, valid_from_at, brand_code, part_number, part_key, description, category_code, base_uom_code,
    lifecycle_code, stocking_class_code, criticality_code, unit_cost_amount, currency_code, source_code, batch_id,
    line_number, payload_hash
)
values (
    catalogue.part_id('BOSC', '007'), '2024-01-01', 'BOSC', '007', '007', 'Filter', 'FILTER', 'EA', '2', 'B',
    'COMFORT', 1.5, 'EUR', 'test', uuidv7(), 2, sha256(convert_to(jsonb_build_array(
        '007', 'Filter', 'FILTER', 'EA', '2', 'B', 'COMFORT', 1.5000, 'EUR', null, null, null
    )::text, 'UTF8'))
)
"""
