"""Put the report where people find it: a page and a workbook per generation, and copies that always are the newest."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assets.report.data import file_stem
from assets.report.html import render_page
from assets.report.workbook import render_workbook
from ingest.reporting import ReportData

LATEST = "replenishment-latest"


@dataclass(frozen=True)
class ReportPaths:
    """Where a report was written."""

    html: Path
    xlsx: Path
    latest_html: Path
    latest_xlsx: Path


def write_report(data: ReportData, folder: Path | str) -> ReportPaths:
    """Write page and workbook into ``folder`` and renew the latest copies.

    The same data gives the same bytes. A reader never meets a half-written file, and a
    crash leaves the report before it in place.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    stem = file_stem(data.facts)
    paths = ReportPaths(
        html=folder / f"{stem}.html",
        xlsx=folder / f"{stem}.xlsx",
        latest_html=folder / f"{LATEST}.html",
        latest_xlsx=folder / f"{LATEST}.xlsx",
    )
    workbook = render_workbook(data)
    page = render_page(data, workbook_name=paths.xlsx.name).encode("utf-8")
    for path, content in (
        (paths.xlsx, workbook),
        (paths.html, page),
        (paths.latest_xlsx, workbook),
        (paths.latest_html, page),
    ):
        _replace(path, content)
    return paths


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp keeps others out; a report is there to be read.
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
