"""What the asset checks of the catalogue find: a circle that was let in, a version that no draft published."""

from __future__ import annotations

import psycopg

from ingest.catalogue.proofs import circles, unpublished_drafts
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
