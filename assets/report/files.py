"""Put the report where people find it: page, workbook and document per generation, and copies of the newest."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from assets.report.data import file_stem
from assets.report.document import Document, document_bytes, document_of, moment_of, read_document
from assets.report.html import render_page
from assets.report.workbook import render_workbook
from ingest.report_editions import edition_document, store_edition
from ingest.reporting import ReportData

LATEST = "replenishment-latest"


@dataclass(frozen=True)
class ReportPaths:
    """Where a report was written; the latest copies are None where it is not the newest."""

    html: Path
    xlsx: Path
    json: Path
    latest_html: Path | None = None
    latest_xlsx: Path | None = None


@contextmanager
def _uncollected() -> Iterator[None]:
    """Millions of cells that live until the end: looking for garbage among them would take a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@_uncollected()
def keep_report(connection: psycopg.Connection, data: ReportData, folder: Path | str) -> tuple[ReportPaths, Document]:
    """Keep the report as an edition and write its files; a report that is kept already is only written."""
    document = document_of(data)
    content = document_bytes(document)
    store_edition(connection, content, data.facts, len(data.lines), document["figures"])
    return _write(document, content, folder, is_newest=True), document


@_uncollected()
def write_report(data: ReportData, folder: Path | str) -> ReportPaths:
    """Write the files of a report into ``folder`` and renew the latest copies.

    The same data gives the same bytes. A reader never meets a half-written file, and a
    crash leaves the report before it in place.
    """
    document = document_of(data)
    return _write(document, document_bytes(document), folder, is_newest=True)


@_uncollected()
def write_edition(connection: psycopg.Connection, edition_id: str, folder: Path | str) -> tuple[ReportPaths, Document]:
    """Write an edition again as it was; the latest copies stay what they are."""
    content = edition_document(connection, edition_id)
    document = read_document(content)
    return _write(document, content, folder, is_newest=False), document


def _write(document: Document, content: bytes, folder: Path | str, is_newest: bool) -> ReportPaths:
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    facts = document["facts"]
    stem = file_stem(moment_of(facts["as_of_at"]), facts["generation_id"])
    html, xlsx, json = (folder / f"{stem}.{kind}" for kind in ("html", "xlsx", "json"))
    workbook = render_workbook(document)
    page = render_page(document, stem).encode("utf-8")
    for path, written in ((json, content), (xlsx, workbook), (html, page)):
        _replace(path, written)
    if not is_newest:
        return ReportPaths(html, xlsx, json)
    latest_html, latest_xlsx = folder / f"{LATEST}.html", folder / f"{LATEST}.xlsx"
    for path, written in ((latest_xlsx, workbook), (latest_html, page)):
        _replace(path, written)
    return ReportPaths(html, xlsx, json, latest_html, latest_xlsx)


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
