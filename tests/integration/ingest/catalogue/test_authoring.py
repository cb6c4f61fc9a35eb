"""Drafts: written, reviewed, published, retired; who may, in which order, and what they may say."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from ingest.catalogue import drafts
from ingest.errors import PartsbayError
from ingest.thresholds import Thresholds
from tests.support.catalogue_files import PACK, POLICY, REFERENCE, SUPERSESSION, approved, edges, parts, published
from tests.support.ingest_files import GARAGE, PART, SUPPLIER, accept_all, lines
from tests.support.persons import forms_of

ENTITIES = {
    "part": {**PART, "part_number": "NEW"},
    "garage": {**GARAGE, "garage_code": "G2"},
    "supplier": {**SUPPLIER, "supplier_code": "S2"},
    "part_type": {"part_type_code": "1", "part_type_name": "Pads", "valid_from_at": "2024-01-01"},
    "pack": PACK,
    "reference": REFERENCE,
    "supersession": SUPERSESSION,
    "policy": POLICY,
}
TABLES = ("garages", "suppliers", "parts", "part_types", "packs", "part_references", "supersessions",
          "stocking_policies", "draft_events")  # fmt: skip


@pytest.fixture
def catalogue(ingest):
    ingest.catalogue()
    return ingest


def refused(step, *arguments) -> PartsbayError:
    with pytest.raises(PartsbayError) as caught:
        step(*arguments)
    return caught.value


@pytest.mark.parametrize("entity", ENTITIES)
def test_everything_in_the_catalogue_goes_from_draft_to_published_to_retired(catalogue, entity):
    connection = catalogue.connection
    draft = drafts.write(connection, entity, ENTITIES[entity], "ann", "new")
    assert draft.state_code == "DRAFT"
    assert drafts.submit(connection, draft.draft_id, "ann", accept_all).state_code == "REVIEW"
    assert drafts.approve(connection, draft.draft_id, "checked", "bob").is_approved
    done, revision = drafts.publish(connection, draft.draft_id, "bob", accept_all)
    assert (done.state_code, done.author, done.reviewer, revision) == ("PUBLISHED", "ann", "bob", 1)
    retired, _ = drafts.retire(connection, draft.draft_id, "2024-06-01", "over", "bob")
    assert retired.state_code == "RETIRED"
    events = [one["event_type_code"] for one in drafts.events_of(connection, draft.draft_id)]
    assert events == ["DRAFTED", "SUBMITTED", "APPROVED", "PUBLISHED", "RETIRED"]
    relation = {"policy": "stocking_policies", "reference": "part_references"}.get(entity, f"{entity}s")
    versions = catalogue.rows(
        f"select valid_from_at::date::text, is_retired, actor, source_code from catalogue.{relation}"
        f" where draft_id = '{draft.draft_id}' order by 1"
    )
    assert versions == [("2024-01-01", False, "ann", "authoring"), ("2024-06-01", True, "bob", "authoring")]
    at = f"select count(*) from catalogue.{relation}_at(%s) where draft_id = %s"
    counts = [connection.execute(at, (moment, draft.draft_id)).fetchone()[0] for moment in ("2024-05-31", "2024-06-01")]
    assert counts == [1, 0]


def test_a_step_out_of_order_is_refused_and_says_what_comes_first(catalogue):
    connection = catalogue.connection
    draft = drafts.write(connection, "pack", PACK, "ann").draft_id
    assert refused(drafts.publish, connection, draft, "bob", accept_all).mend.startswith("Submit it first")
    assert refused(drafts.approve, connection, draft, "ok", "bob").code == "WRONG_STATE"
    drafts.submit(connection, draft, "ann", accept_all)
    assert refused(drafts.publish, connection, draft, "bob", accept_all).mend.startswith("Let somebody approve")
    assert refused(drafts.rewrite, connection, draft, {"factor_quantity": "6"}, "ann").code == "WRONG_STATE"
    drafts.reject(connection, draft, "wrong factor", "bob")
    again = drafts.rewrite(connection, draft, {"factor_quantity": "6"}, "ann")
    assert (again.state_code, again.content["factor_quantity"]) == ("DRAFT", "6")
    assert catalogue.value("select count(*) from catalogue.packs") == 0
    assert refused(drafts.approve, connection, uuid4(), "ok", "bob").code == "NO_SUCH_DRAFT"


def test_who_wrote_a_supersession_neither_approves_nor_retires_it(catalogue):
    connection = catalogue.connection
    draft = drafts.write(connection, "supersession", SUPERSESSION, "ann").draft_id
    drafts.rewrite(connection, draft, {"conversion_quantity": "2"}, "cyd")
    drafts.submit(connection, draft, "ann", accept_all)
    for author in ("cyd", *forms_of("ann")):
        assert refused(drafts.approve, connection, draft, "ok", author).code == "TWO_PERSONS"
    drafts.approve(connection, draft, "ok", "bob")
    drafts.publish(connection, draft, "ann", accept_all)
    assert refused(drafts.retire, connection, draft, "2024-06-01", "over", "ann").code == "TWO_PERSONS"


SUCCEEDED = {"brand_code": "BOSC", "part_number": "007", "valid_from_at": "2024-02-01",
             "superseded_by_part_number": "0986-AB"}  # fmt: skip


def test_who_writes_a_part_with_another_successor_neither_approves_nor_retires_it(catalogue):
    connection = catalogue.connection
    draft = drafts.write(connection, "part", SUCCEEDED, "ann").draft_id
    drafts.submit(connection, draft, "ann", accept_all)
    for author in forms_of("ann"):
        assert refused(drafts.approve, connection, draft, "ok", author).code == "TWO_PERSONS"
    drafts.approve(connection, draft, "ok", "bob")
    drafts.publish(connection, draft, "ann", accept_all)
    assert refused(drafts.retire, connection, draft, "2024-06-01", "over", "ann").code == "TWO_PERSONS"


@pytest.mark.parametrize(
    ("changes", "is_alone"),
    [
        ({"description": "Oil filter"}, True),
        ({"description": "Oil filter", "superseded_by_part_number": "0986 ab"}, True),
        ({"superseded_by_part_number": "55"}, False),
        ({"superseded_by_part_number": ""}, False),
        ({"is_retired": "true"}, False),
        ({"superseded_by_part_number": "", "valid_from_at": "2024-01-15"}, True),
    ],
)
def test_one_person_may_change_a_replaced_part_as_long_as_its_successor_stays(catalogue, changes, is_alone):
    published(catalogue, "part", **SUCCEEDED)
    connection = catalogue.connection
    given = {**SUCCEEDED, "valid_from_at": "2024-03-01", **changes}
    draft = drafts.write(connection, "part", given, "ann").draft_id
    drafts.submit(connection, draft, "ann", accept_all)
    if is_alone:
        assert drafts.approve(connection, draft, "ok", "ann").is_approved
    else:
        assert refused(drafts.approve, connection, draft, "ok", "ann").code == "TWO_PERSONS"


def test_the_database_itself_keeps_two_persons_and_unapproved_versions_out(catalogue):
    connection = catalogue.connection
    event = (
        "insert into catalogue.draft_events (draft_id, event_type_code, entity_code, content, reason, actor)"
        " values (%s, %s, 'supersession', %s, 'because', 'ann')"
    )
    draft_id = uuid4()
    connection.execute(event, (draft_id, "DRAFTED", "{}"))
    connection.execute(event, (draft_id, "SUBMITTED", None))
    with pytest.raises(psycopg.errors.CheckViolation, match="ann wrote draft"):
        connection.execute(event, (draft_id, "APPROVED", None))
    with pytest.raises(psycopg.errors.CheckViolation, match="nobody approved"):
        connection.execute(
            "insert into catalogue.packs (part_id, uom_code, valid_from_at, factor_quantity, source_code, draft_id,"
            " payload_hash) values (catalogue.part_id('BOSC', '007'), 'CA', now(), 12, 'authoring', %s, 'x')",
            (draft_id,),
        )


def test_an_approval_that_was_taken_back_lets_no_version_in(catalogue):
    connection = catalogue.connection
    draft = drafts.write(connection, "pack", PACK, "ann").draft_id
    drafts.submit(connection, draft, "ann", accept_all)
    drafts.approve(connection, draft, "ok", "bob")
    drafts.reject(connection, draft, "not after all", "bob")
    with pytest.raises(psycopg.errors.CheckViolation, match="nobody approved"):
        connection.execute(
            "insert into catalogue.packs (part_id, uom_code, valid_from_at, factor_quantity, source_code, draft_id,"
            " payload_hash) values (catalogue.part_id('BOSC', '007'), 'CA', now(), 12, 'authoring', %s, 'x')",
            (draft,),
        )


@pytest.mark.parametrize("table", TABLES)
def test_what_is_published_is_never_changed(catalogue, table):
    for statement in (f"update catalogue.{table} set actor = 'x'", f"delete from catalogue.{table}"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            catalogue.connection.execute(statement)


def test_of_two_publishers_of_one_draft_one_is_refused_and_there_is_one_version(catalogue, stores):
    draft_id = approved(catalogue, "pack", **PACK)

    def publish(actor):
        with psycopg.connect(stores.pipeline, autocommit=True) as connection:
            try:
                return drafts.publish(connection, draft_id, actor, accept_all)[0].state_code
            except PartsbayError as error:
                return error.code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(publish, ("bob", "cyd"))) == ["PUBLISHED", "WRONG_STATE"]
    assert catalogue.value("select count(*) from catalogue.packs") == 1


def test_who_published_and_why_it_was_approved_stand_in_the_audit(catalogue):
    published(catalogue, "pack", **PACK)
    records = catalogue.rows(
        "select actor, relation_name from audit.records where relation_name like 'catalogue.%' and batch_id is null"
        " order by recorded_at"
    )
    events = [("ann", "catalogue.draft_events")] * 2 + [("bob", "catalogue.draft_events")] * 2
    assert records == [*events, ("bob", "catalogue.packs")]
    reasons = catalogue.rows("select reason from catalogue.draft_events where event_type_code = 'APPROVED'")
    assert reasons == [("checked",)]


def test_a_draft_says_what_is_in_force_but_for_what_is_given(catalogue):
    given = {"brand_code": "BOSC", "part_number": "007", "valid_from_at": "2024-05-01", "lifecycle_code": "7",
             "currency_code": "", "unit_cost_amount": ""}  # fmt: skip
    content = drafts.write(catalogue.connection, "part", given, "ann").content
    assert (content["description"], content["lifecycle_code"]) == ("Filter", "7")
    assert "currency_code" not in content and "unit_cost_amount" not in content


def test_a_draft_of_the_same_moment_corrects_and_a_file_never_does(catalogue):
    key = {"brand_code": "BOSC", "part_number": "007", "valid_from_at": "2024-01-01"}
    published(catalogue, "part", **key, description="Oil filter")
    versions = "select revision_number, description from catalogue.parts where part_number = '007' order by 1"
    assert catalogue.rows(versions) == [(1, "Filter"), (2, "Oil filter")]
    # What the file said is known already; what it never said is a conflict, even where an author said it.
    assert catalogue(lines(PART)).rows_duplicate == 1
    rows = [{"description": "Air filter"}, {"part_number": "0 986-AB"}]
    outcome = catalogue(lines(PART, *rows), thresholds=Thresholds(default_share=1))
    assert (outcome.rows_duplicate, outcome.rows_quarantined) == (1, 1)
    assert len(catalogue.rows(versions)) == 2


def test_nothing_is_retired_that_is_not_there(catalogue):
    given = {**PACK, "is_retired": "true"}
    assert refused(drafts.write, catalogue.connection, "pack", given, "ann").code == "NOTHING_TO_RETIRE"


def test_what_a_file_brought_is_ended_by_a_draft(catalogue):
    key = {"brand_code": "BOSC", "part_number": "007", "valid_from_at": "2024-05-01"}
    published(catalogue, "part", **key, is_retired="true")
    [(lifecycle, is_retired)] = catalogue.rows(
        "select lifecycle_code, is_retired from catalogue.parts where draft_id is not null"
    )
    assert (lifecycle, is_retired) == ("9", True)


def test_an_unknown_name_and_an_unknown_entity_are_told(catalogue):
    error = refused(drafts.write, catalogue.connection, "pack", {**PACK, "colour": "red"}, "ann")
    assert (error.code, error.message) == ("UNKNOWN_COLUMN", "a pack has no colour")
    assert refused(drafts.write, catalogue.connection, "colour", {}, "ann").code == "UNKNOWN_ENTITY"


INVALID = [
    ("part", {"gtin": "4006381333930"},
     "SCHEMA: gtin is '4006381333930', not a GTIN of 8, 12, 13 or 14 digits with its check digit"),
    ("part", {"gtin": "40170725"}, "DUPLICATE_GTIN: gtin 40170725 is already that of BOSC 55"),
    ("part", {"part_type_code": "9"},
     "UNKNOWN_PART_TYPE: part_type_code is '9', which is none of the part types of the catalogue"),
    ("part", {"base_uom_code": "DOZEN"}, "UNIT: base_uom_code is 'DOZEN', must be one of EA"),
    ("part", {"unit_cost_amount": "cheap"}, "PARSE: unit_cost_amount is 'cheap', not a decimal number"),
    ("pack", {"factor_quantity": "0"}, "RANGE: factor_quantity is 0.000, must be above 0"),
    ("pack", {"uom_code": "DOZEN"}, "UNIT: uom_code is 'DOZEN', must be one of EA"),
    ("pack", {"part_number": "nobody"}, "UNKNOWN_PART: BOSC nobody is not in the catalogue"),
    ("reference", {"other_brand_code": "BOSC", "other_part_number": "0-07"}, "SCHEMA: BOSC 0-07 is the part itself"),
    ("supersession", {"successor_part_number": "nobody"}, "UNKNOWN_PART: BOSC nobody is not in the catalogue"),
    ("supersession", {"part_number": "0986AB", "successor_part_number": "55"},
     "CYCLE: BOSC 0986AB cannot be replaced by BOSC 55, which leads back to it"),
    ("policy", {"garage_code": "G9"}, "UNKNOWN_GARAGE: garage_code is 'G9', which the catalogue does not know"),
    ("policy", {"service_level_pct": "93"}, "RANGE: service_level_pct is 93.00, must be one of 80, 85"),
    ("policy", {"service_level_pct": ""}, "SCHEMA: the rule sets nothing; give at least one value"),
    ("policy", {"minimum_quantity": "5", "maximum_quantity": "4"}, "RANGE: maximum_quantity is 4.000, below"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "change", "words"), INVALID)
def test_a_draft_that_cannot_be_is_refused_with_the_words_for_a_file(catalogue, entity, change, words):
    from expectations.judge import judge

    parts(catalogue, "55", gtin="40170725")
    catalogue(lines({"part_type_code": "1", "part_type_name": "Pads", "valid_from_at": "2024-01-01"}))
    edges(catalogue, ("55", "0 986-AB"))
    draft = drafts.write(catalogue.connection, entity, {**ENTITIES[entity], **change}, "ann")
    error = refused(drafts.submit, catalogue.connection, draft.draft_id, "ann", judge)
    assert error.code == "INVALID_DRAFT" and error.message.startswith(words)
    assert drafts.draft_of(catalogue.connection, draft.draft_id).state_code == "DRAFT"


def test_every_good_draft_passes_the_suites(catalogue):
    from expectations.judge import judge

    for entity, content in ENTITIES.items():
        draft = drafts.write(catalogue.connection, entity, content, "ann")
        assert drafts.submit(catalogue.connection, draft.draft_id, "ann", judge).state_code == "REVIEW"


def test_what_was_approved_is_judged_again_when_it_is_published(catalogue):
    draft_id = approved(catalogue, "part", **{**PART, "part_number": "NEW", "gtin": "40170725"})
    parts(catalogue, "55", gtin="40170725")
    error = refused(drafts.publish, catalogue.connection, draft_id, "bob", accept_all)
    assert error.message == "DUPLICATE_GTIN: gtin 40170725 is already that of BOSC 55"
    assert drafts.draft_of(catalogue.connection, draft_id).state_code == "REVIEW"
