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
    monkeypatch.setattr("ingest.reporting.read_report", lambda connection: data)


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
