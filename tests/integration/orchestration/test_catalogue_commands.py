"""``partsbay catalogue`` as a person or a program calls it: from a draft to what holds, and what is shown of it."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ingest.errors import PartsbayError
from orchestration.cli.app import app
from tests.support.catalogue_files import PACK, POLICY, REFERENCE, SUPERSESSION
from tests.support.ingest_files import PART, Ingest, lines

KEY = ("--set", "brand_code=BOSC", "--set", "part_number=0 07")
EDGE = (*KEY, "--set", "successor_part_number=0 986-AB", "--set", "effective_from_on=2024-01-01",
        "--set", "valid_from_at=2024-01-01")  # fmt: skip


@pytest.fixture
def ingest(stores, server, tmp_path, monkeypatch):
    """Files into a fresh store database that the commands see as well."""
    monkeypatch.setenv("PARTSBAY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", server.url(stores.name))
    made = Ingest(stores.pipeline, tmp_path)
    made.catalogue()
    yield made
    made.connection.close()


def call(*arguments, code: int = 0):
    """The command in this process: its JSON document, its text, or the error that it ended with."""
    done = CliRunner().invoke(app, ["catalogue", *map(str, arguments)])
    if isinstance(done.exception, PartsbayError):
        return done.exception
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout) if "--json" in arguments else done.stdout


def test_a_supersession_takes_two_persons_from_draft_to_published_and_is_shown(ingest):
    draft = call("draft", "supersession", *EDGE, "--actor", "ann", "--reason", "bulletin", "--json")["draft"]
    assert (draft["state_code"], draft["author"], draft["content"]["successor_part_number"]) == (
        "DRAFT", "ann", "0 986-AB",
    )  # fmt: skip
    draft_id = draft["draft_id"]
    assert "approve" in call("submit", draft_id, "--actor", "ann")
    refused = call("approve", draft_id, "--reason", "sure", "--actor", "ann")
    assert (refused.code, refused.exit_code) == ("TWO_PERSONS", 1) and refused.message.startswith("ann wrote draft")
    assert "REVIEW" in call("drafts", "--state", "REVIEW", "--entity", "supersession")
    assert "publish" in call("approve", draft_id, "--reason", "checked", "--actor", "bob")
    done = call("publish", draft_id, "--actor", "bob", "--json")
    assert (done["draft"]["state_code"], done["revision_number"]) == ("PUBLISHED", 1)
    assert call("publish", draft_id, "--actor", "bob").code == "WRONG_STATE"

    shown = call("show", "bosc:007")
    assert "order 1 × BOSC 0 986-AB (USE_UP): BOSC 007 → BOSC 0 986-AB" in shown
    assert "stands for 1 part" in call("show", "BOSC:0986AB")
    assert call("show", "BOSC:007", "--at", "2023-12-31").code == "NOT_THERE"
    assert call("show", "BOSC:007", "--known-at", "2024-01-01").code == "NOT_THERE"

    assert "Nothing of it holds from 2024-06-01" in call(
        "retire", draft_id, "--from", "2024-06-01", "--reason", "mistaken", "--actor", "bob"
    )
    [instead] = call("show", "BOSC:007", "--json")["ordered_instead"]
    assert instead["dispositions"] == []


def test_supersessions_of_a_file_wait_until_somebody_else_approves_the_batch(ingest):
    assert "No supersession waits" in call("waiting")
    batch_id = ingest(lines(SUPERSESSION), kind="supersessions", source="UCIRWHOL").batch_id
    assert f"{batch_id}  1 supersession" in call("waiting")
    words = "line 2  BOSC 007 → 1 × BOSC 0 986-AB  ONE_WAY, USE_UP, from 2024-01-01"
    assert words in call("waiting", "--batch", batch_id)
    decision = ("--batch", batch_id, "--reason", "checked")
    assert call("approve", *decision, "--actor", "ucirwhol").code == "TWO_PERSONS"
    assert call("reject", *decision, "--line", "3", "--actor", "bob").code == "NOTHING_WAITS"
    assert "order 1 ×" not in call("show", "BOSC:007")
    done = call("approve", *decision, "--line", "2", "--actor", "bob", "--json")
    assert (done["line_count"], done["entered_count"]) == (1, 1)
    assert "order 1 × BOSC 0 986-AB (USE_UP): BOSC 007 → BOSC 0 986-AB" in call("show", "BOSC:007")
    assert call("waiting", "--json")["batches"] == []
    assert call("approve", *decision, "--actor", "bob").code == "NOTHING_WAITS"


def test_supersessions_of_a_file_may_be_rejected(ingest):
    batch_id = ingest(lines(SUPERSESSION), kind="supersessions").batch_id
    assert "1 supersession rejected." in call("reject", "--batch", batch_id, "--reason", "mistaken", "--actor", "bob")
    assert "order 1 ×" not in call("show", "BOSC:007")


def test_a_draft_comes_from_a_file_and_a_value_of_the_command_goes_before_it(ingest, tmp_path):
    file = tmp_path / "pack.yaml"
    file.write_text("\n".join(f"{name}: {value}" for name, value in PACK.items()))
    draft = call("draft", "pack", "--file", file, "--set", "factor_quantity=6", "--json")["draft"]
    assert (draft["content"]["part_number"], draft["content"]["factor_quantity"]) == ("007", "6")
    document = tmp_path / "pack.json"
    document.write_text(json.dumps({"factor_quantity": "8"}))
    again = call("draft", "--id", draft["draft_id"], "--file", document, "--json")["draft"]
    assert (again["draft_id"], again["content"]["factor_quantity"]) == (draft["draft_id"], "8")


def test_a_draft_that_a_file_could_not_say_is_refused_with_every_reason(ingest):
    draft = call("draft", "pack", *KEY, "--set", "uom_code=DOZEN", "--set", "factor_quantity=0", "--json")["draft"]
    refused = call("submit", draft["draft_id"])
    assert refused.code == "INVALID_DRAFT"
    assert "UNIT: uom_code is 'DOZEN'" in refused.message and "RANGE: factor_quantity is 0.000" in refused.message
    assert call("reject", draft["draft_id"], "--reason", "x").code == "WRONG_STATE"


def test_policies_say_where_each_value_comes_from(ingest):
    ingest(lines(POLICY))
    shown = call("policy", "BOSC:007", "--garage", "G1")
    assert "service_level_pct 99  GARAGE winter: garage G1, category FILTER" in shown
    assert "cover_days 28  CLASS_DEFAULT class B, criticality COMFORT" in shown
    network = {one["value_name"]: one["value"] for one in call("policy", "BOSC:007", "--json")["policy"]}
    assert network["service_level_pct"] == "95"


def test_a_part_is_shown_with_packs_and_references(ingest):
    ingest(lines(PACK))
    ingest(lines(REFERENCE, {"reference_type_code": "OE", "quality_grade_code": "A"}))
    shown = call("show", "BOSC:007")
    assert "1 CA is 12 EA" in shown and "OE  MANN W 712, grade A, not approved" in shown


def test_a_part_is_shown_with_its_life_cycle_and_what_that_allows(ingest):
    ingest(lines(PART, {"lifecycle_code": "7", "valid_from_at": "2024-03-01"}))
    shown = call("show", "BOSC:007")
    assert "since 2024-01-01 00:00  life cycle 2, available to order" in shown
    assert "since 2024-03-01 00:00  life cycle 7, superseded" in shown
    assert "is_orderable False, is_sold_from_stock True" in shown
    assert "is_orderable True" in call("show", "BOSC:007", "--at", "2024-02-01")


def test_part_numbers_that_collide_are_listed(ingest):
    assert "No part number looks like another" in call("collisions")
    ingest(lines(PART, {"part_number": "O07"}))
    assert "LOOK_ALIKE  BOSC:007, BOSC:O07" in call("collisions")
    assert call("collisions", "--json")["collisions"][0]["number_count"] == 2


def test_wrong_usage_ends_with_2_and_says_what_to_write(ingest):
    for arguments, code in (
        (("draft", "pack", "--set", "factor_quantity"), "NO_VALUE"),
        (("draft", "--set", "a=b"), "NO_ENTITY"),
        (("draft", "colour"), "UNKNOWN_ENTITY"),
        (("draft", "pack", "--file", "/nowhere.yaml"), "NO_SUCH_FILE"),
        (("show", "BOSC:007", "--at", "yesterday"), "NO_MOMENT"),
        (("show", "BOSC:nobody"), "UNKNOWN_PART"),
        (("submit", "00000000-0000-0000-0000-000000000000"), "NO_SUCH_DRAFT"),
        (("approve", "--reason", "x"), "NO_SUBJECT"),
        (("reject", "00000000-0000-0000-0000-000000000000", "--line", "2", "--reason", "x"), "NO_SUBJECT"),
    ):
        refused = call(*arguments)
        assert (refused.code, refused.exit_code) == (code, 2)


@pytest.mark.parametrize(
    "command",
    ["show", "draft", "submit", "approve", "reject", "publish", "retire", "drafts", "waiting", "collisions", "policy"],
)
def test_the_help_of_every_command_has_an_example(command):
    assert f"Example: partsbay catalogue {command}" in " ".join(call(command, "--help").split())
