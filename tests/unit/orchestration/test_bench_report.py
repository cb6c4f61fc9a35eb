"""The measurement of a report writes all of it and opens it."""

from __future__ import annotations

from deploy.screenshots import find_chromium
from orchestration.benchmarks.report import measure_report


def test_every_file_is_written_and_the_page_is_opened():
    measured = measure_report(60)
    assert measured.sizes.keys() == {"html", "xlsx", "json"} and min(measured.sizes.values()) > 5_000
    assert len(measured.written) == 3
    assert len(measured.opened) == (3 if find_chromium() else 0)
    assert measured.as_dict()["report_lines"] == 60
