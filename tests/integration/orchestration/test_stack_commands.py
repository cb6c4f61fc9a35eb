"""What the commands of the stack print and how they end."""

import json

import pytest
from typer.testing import CliRunner

from deploy.replication.lag import wait_caught_up
from deploy.replication.subscriptions import STORES
from ingest.errors import PartsbayError
from orchestration.cli.app import app

TOTAL = "select count(*) as relations from pg_tables where schemaname = 'serving'"


@pytest.fixture
def partsbay(stack, monkeypatch):
    """Run a command against the shared stack; foreseen failures come back as exceptions."""
    monkeypatch.setenv("PARTSBAY_HOME", str(stack.home))

    def run(*words: str, code: int = 0, says: str | None = None):
        done = CliRunner().invoke(app, list(words), input=says)
        if isinstance(done.exception, PartsbayError):
            raise done.exception
        assert done.exit_code == code, done.output
        return json.loads(done.stdout) if "--json" in words else done.stdout

    return run


def test_up_and_status_tell_programs_what_runs_and_how_far_behind(partsbay):
    assert set(partsbay("up", "--json")["done"].values()) == {"running"}
    status = partsbay("status", "--json")
    assert {one["state"] for one in status["services"].values()} == {"up"}
    assert set(status["services"]) == {"primary", "standby", "warehouse", "dagster"}
    assert status["regions"] == {"primary": {"state": "up"}, "standby": {"state": "up"}}
    assert set(status["lag_seconds"]) == set(STORES)
    assert all(isinstance(seconds, float) for seconds in status["lag_seconds"].values())


def test_status_tells_people_the_same(partsbay):
    said = partsbay("status")
    assert all(store in said for store in STORES)
    assert "127.0.0.1" in said


def test_status_names_a_partner_that_is_late(partsbay, stack):
    profile = stack.home / "profiles" / "g1.yaml"
    profile.parent.mkdir()
    profile.write_text("source_code: G1\nkind: usage\ncalendar: {due: '06:00'}\n")
    try:
        assert "SILENT G1 usage" in partsbay("status")
        assert [one["source_code"] for one in partsbay("status", "--json")["late_feeds"]] == ["G1"]
    finally:
        profile.unlink()
        profile.parent.rmdir()
    assert partsbay("status", "--json")["late_feeds"] == []


def test_doctor_finds_nothing_wrong_and_names_a_secret_that_others_may_read(partsbay, stack):
    assert partsbay("doctor", "--json")["ok"]
    path = stack.passwords.path("primary", "analyst")
    path.chmod(0o644)
    try:
        findings = partsbay("doctor", "--json", code=1)["checks"]
        bad = [one for one in findings if one["state"] == "problem"]
        assert [(one["check"], str(path) in one["mend"]) for one in bad] == [("secrets", True)]
    finally:
        path.chmod(0o600)


def test_a_stopped_stack_ends_status_with_3_and_doctor_with_1(partsbay, stack):
    assert sorted(partsbay("down", "--json")["stopped"]) == ["primary", "standby", "warehouse"]
    try:
        status = partsbay("status", "--json", code=3)
        assert {one["state"] for one in status["services"].values()} == {"down"}
        assert status["lag_seconds"] == {}
        mends = {one["mend"] for one in partsbay("doctor", "--json", code=1)["checks"] if one["state"] == "problem"}
        assert mends == {"Run partsbay up."}
        with pytest.raises(PartsbayError) as refusal:
            partsbay("sql", "-c", "select 1")
        assert (refusal.value.code, refusal.value.exit_code) == ("stack_down", 3)
    finally:
        stack.up()


def test_verify_is_ok_when_both_regions_are_the_same(partsbay, stack):
    wait_caught_up(stack.url("primary", "pipeline"), stack.url("standby", "pipeline"))
    assert partsbay("verify", "--json") == {"ok": True, "breaches": []}
    assert "same rows" in partsbay("verify")


def test_sql_gives_programs_a_list_of_row_objects(partsbay):
    assert partsbay("sql", "primary", "-c", TOTAL, "--json") == [{"relations": 3}]
    assert partsbay("sql", "standby", "--json", "-c", "select 1 as a, 2 as a, 1.50 as n, null as nothing") == [
        {"a": 1, "a_2": 2, "n": "1.50", "nothing": None}
    ]


def test_sql_gives_people_a_table(partsbay):
    said = partsbay("sql", "primary", "-c", "select '[bold]007' as part_number, 2 as quantity")
    assert "part_number" in said and "[bold]007" in said and "(1 row)" in said


def test_the_analyst_is_refused_to_write_and_to_read_the_operational_schemas(partsbay):
    for statement in ("insert into serving.generation values (true)", "select * from audit.records"):
        with pytest.raises(PartsbayError) as refusal:
            partsbay("sql", "primary", "-c", statement)
        assert (refusal.value.code, refusal.value.exit_code) == ("sql_failed", 1)
        assert "only reads" in refusal.value.mend


def test_the_prompt_answers_statement_by_statement_and_goes_on_after_an_error(partsbay):
    typed = ["\\d", "select 40000", "+ 2 as answer;", "select nothing;", "select 'still here';", "\\q", ""]
    said = partsbay("sql", "primary", says="\n".join(typed))
    assert "stock_positions" in said
    assert "40002" in said
    assert "still here" in said
