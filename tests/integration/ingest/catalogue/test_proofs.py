"""What the checks of the catalogue find: a circle or GTIN that was let in, a version that no draft published."""

from __future__ import annotations

import psycopg

from ingest.catalogue.proofs import circles, shared_gtins, unpublished_drafts
from tests.support.catalogue_files import PACK, edges, parts, published


def test_a_circle_that_an_older_version_let_in_is_found(ingest, stores):
    parts(ingest, "A", "B", "C")
    edges(ingest, ("A", "B"), ("B", "C"))
    assert circles(ingest.connection) == []
    with psycopg.connect(stores.owner) as owner:
        owner.execute("alter table catalogue.parts disable trigger supersessions_are_sound")
        owner.execute("update catalogue.parts set superseded_by_part_number = 'A' where part_number = 'C'")
    assert len(circles(ingest.connection)) == 3


def test_a_version_that_is_gone_is_missed_by_its_draft(ingest, stores):
    ingest.catalogue()
    draft_id = published(ingest, "pack", **PACK)
    assert unpublished_drafts(ingest.connection) == []
    with psycopg.connect(stores.owner) as owner:
        owner.execute("delete from catalogue.packs")
    assert unpublished_drafts(ingest.connection) == [str(draft_id)]


def test_a_gtin_that_two_came_to_have_at_the_same_moment_is_found(ingest, stores):
    ingest.catalogue()
    parts(ingest, "A", gtin="4006381333931", valid_from_at="2024-02-01")
    published(ingest, "pack", **PACK, gtin="4006381333948")
    assert shared_gtins(ingest.connection) == []
    with psycopg.connect(stores.owner) as owner:
        owner.execute("update catalogue.packs set gtin = '04006381333931'")
    assert shared_gtins(ingest.connection) == ["04006381333931: BOSC A, CA of BOSC 007"]
