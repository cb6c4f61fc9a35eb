import json

import pytest

from assets.report import files
from assets.report.files import write_report
from tests.support.report_data import report_data


def test_page_and_workbook_are_written_with_copies_that_are_the_newest(tmp_path):
    paths = write_report(report_data(5), tmp_path / "new" / "reports")
    assert paths.html.name == "replenishment-2026-03-31-9d1e0f7a.html"
    assert paths.latest_html.read_bytes() == paths.html.read_bytes()
    assert paths.latest_xlsx.read_bytes() == paths.xlsx.read_bytes()
    assert json.loads(paths.json.read_bytes())["figures"]["lines"] == 5


def test_writing_the_same_report_again_changes_no_byte(tmp_path):
    write_report(report_data(5), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_report(report_data(5), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_crash_leaves_the_report_before_it_and_no_litter(tmp_path, monkeypatch):
    write_report(report_data(5), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full_disk(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(files.os, "replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_report(report_data(9), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
