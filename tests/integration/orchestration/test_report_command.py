import json

import pytest

from ingest.errors import PartsbayError
from ingest.reporting import ReportData
from orchestration.cli import report as command
from tests.support.report_data import report_data


@pytest.fixture
def home(stores, tmp_path, monkeypatch):
    """Settings of a home whose primary database is the one of this test."""
    folder = tmp_path / "home with space"
    monkeypatch.setenv("PARTSBAY_HOME", str(folder))
    monkeypatch.setenv("PARTSBAY_PRIMARY_URL", stores.pipeline)
    return folder


def _with(monkeypatch, data: ReportData) -> None:
    monkeypatch.setattr("ingest.reporting.read_report", lambda connection, profiles: data)


def test_before_the_first_run_it_says_what_to_run(home):
    with pytest.raises(PartsbayError) as failure:
        command.report()
    assert failure.value.code == "nothing_to_report"
    assert not (home / "reports").exists()


def test_it_writes_into_the_home_and_says_where(home, monkeypatch, capsys):
    _with(monkeypatch, report_data(50))
    command.report()
    said = capsys.readouterr().out
    assert "48 of 50 lines to order" in said
    assert str(home / "reports" / "replenishment-2026-03-31-9d1e0f7a.html") in said.replace("\n", "")
    assert (home / "reports" / "replenishment-latest.xlsx").exists()


def test_json_is_one_document_with_the_paths_and_sums(home, monkeypatch, capsys, tmp_path):
    _with(monkeypatch, report_data(50))
    command.report(out=tmp_path / "elsewhere", json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["lines"] == 50 and document["to_order"] == 48
    assert set(document["order_value"]) == {"EUR", "GBP"}
    assert document["html"] == str(tmp_path / "elsewhere" / "replenishment-2026-03-31-9d1e0f7a.html")


def test_the_same_report_is_kept_once_and_shown_again_to_the_byte(home, monkeypatch, capsys, tmp_path):
    _with(monkeypatch, report_data(30, hostile=True))
    for _ in range(2):
        command.report(out=tmp_path / "now")
    _with(monkeypatch, report_data(31))
    command.report(out=tmp_path / "later")
    capsys.readouterr()
    command.report(list=True, json=True)
    found = json.loads(capsys.readouterr().out)["editions"]
    assert [edition["line_count"] for edition in found] == [31, 40]

    command.report(as_of=found[1]["made_at"].replace(" ", "T"), out=tmp_path / "then", json=True)

    told = json.loads(capsys.readouterr().out)
    assert (told["edition_id"], told["was_seen_then"]) == (found[1]["edition_id"], True)
    for kind in ("html", "xlsx", "json"):
        name = f"replenishment-2026-03-31-9d1e0f7a.{kind}"
        assert (tmp_path / "then" / name).read_bytes() == (tmp_path / "now" / name).read_bytes()
    assert not list((tmp_path / "then").glob("*latest*"))


def test_a_past_day_that_was_computed_later_is_found_by_its_data_and_says_so(home, monkeypatch, capsys, tmp_path):
    _with(monkeypatch, report_data(5))
    command.report(out=tmp_path)
    capsys.readouterr()
    command.report(as_of="2026-04-01", out=tmp_path)
    assert "of data as of then, computed later" in capsys.readouterr().out
    with pytest.raises(PartsbayError) as failure:
        command.report(as_of="2026-03-30", out=tmp_path)
    assert failure.value.code == "no_edition"
    with pytest.raises(PartsbayError, match="is no date"):
        command.report(as_of="tomorrow", out=tmp_path)


def test_the_document_is_printed_as_it_is_written(home, monkeypatch, capsys, tmp_path):
    _with(monkeypatch, report_data(5))
    command.report(out=tmp_path, format=command.Format.JSON)
    document = json.loads(capsys.readouterr().out)
    assert len(document["lines"]) == document["figures"]["lines"] == 5
