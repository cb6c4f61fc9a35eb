"""A report of many lines: how long it takes to write its three files, and to open the page in Chromium."""

from __future__ import annotations

import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from assets.report.files import write_report
from deploy.screenshots import chromium
from ingest.errors import UnreachableError
from ingest.reporting import ReportData
from orchestration.benchmarks.report_lines import excess_of, facts, history_of, lines_of, upcoming_of

_REPEATS = 3


@dataclass
class Report:
    """Seconds of every repeat, and the sizes of the files in bytes. Without Chromium nothing is opened."""

    line_count: int
    written: list[float] = field(default_factory=list)
    opened: list[float] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, float]:
        """The measures that ``partsbay bench`` prints."""
        measures = {"report_lines": self.line_count, "report_written_seconds": round(median(self.written), 2)}
        measures |= {f"report_{name}_bytes": size for name, size in self.sizes.items()}
        return measures | ({"report_opened_seconds": round(median(self.opened), 2)} if self.opened else {})


def measure_report(line_count: int) -> Report:
    """Lines with three years of months each, and as many rows on the pages of excess and of what comes up."""
    lines = lines_of(line_count)
    data = ReportData(
        facts(), lines, history_of(lines), pages={"excess": excess_of(lines), "upcoming": upcoming_of(lines)}
    )
    report = Report(line_count)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(_REPEATS):
            began = time.perf_counter()
            paths = write_report(data, folder)
            report.written.append(time.perf_counter() - began)
        report.sizes = {path.suffix[1:]: path.stat().st_size for path in (paths.html, paths.xlsx, paths.json)}
        with suppress(UnreachableError):
            report.opened = _opened(paths.html)
    return report


def _opened(page_path: Path) -> list[float]:
    """Seconds from the address to the first rows, in a window of its own each time; the browser runs already."""
    spent = []
    with chromium() as browser:
        for _ in range(_REPEATS):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            page = context.new_page()
            began = time.perf_counter()
            page.goto(f"{page_path.resolve().as_uri()}#show=all")
            page.wait_for_selector("#rows tr[data-id]")
            spent.append(time.perf_counter() - began)
            context.close()
    return spent
