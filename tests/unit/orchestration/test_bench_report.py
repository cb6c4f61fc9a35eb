"""The measurement of a report writes all of it and opens it."""

from __future__ import annotations

import json
import subprocess
import sys

from deploy.screenshots import find_chromium

# In a process of its own: another browser may run in this one.
_MEASURE = """
import json
from orchestration.benchmarks.report import measure_report

measured = measure_report(60)
print(json.dumps([measured.as_dict(), len(measured.written), len(measured.opened)]))
"""


def test_every_file_is_written_and_the_page_is_opened():
    done = subprocess.run([sys.executable, "-c", _MEASURE], capture_output=True, text=True, check=True)
    measures, written_count, opened_count = json.loads(done.stdout)
    assert measures["report_lines"] == 60
    assert min(measures[f"report_{kind}_bytes"] for kind in ("html", "xlsx", "json")) > 5_000
    assert written_count == 3
    assert opened_count == (3 if find_chromium() else 0)
