"""The answer to a file of decisions as a workbook: each line with what became of it. Text stays text."""

from __future__ import annotations

from pathlib import Path

from ingest.errors import SettingsError
from ingest.planning.documents import Document
from ingest.planning.filing import Filed

_COLUMNS = ("proposal_id", "Garage", "Brand", "Part number", "Decision", "Final quantity", "Snooze until", "Reason")
_ADDED = ("Row", "Result", "Cell", "Problem", "Changed and ignored")
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_outcome(document: Document, filed: Filed, path: Path) -> Path:
    """Write the outcome to ``path``; cells are written as text or numbers, never as formulas."""
    from xlsxwriter.exceptions import FileCreateError

    try:
        _write(document, filed, path)
    except FileCreateError as error:
        words = f"{path} cannot be written: {error}; what was decided is entered all the same"
        raise SettingsError("NOT_WRITTEN", words, "Decide with the same file once more, with another --out.") from None
    return path


def _write(document: Document, filed: Filed, path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), _OPTIONS) as workbook:
        sheet = workbook.add_worksheet("Results")
        text = workbook.add_format({"num_format": "@"})
        for column, header in enumerate((*_COLUMNS, *_ADDED)):
            sheet.write_string(0, column, header, text)
        for row, (line, result) in enumerate(zip(document.lines, filed.results, strict=True), start=1):
            said = [line.get(name) for name in _COLUMNS]
            answered = [result.outcome_code, result.cell, result.problem, "; ".join(result.ignored)]
            for column, value in enumerate((*said, result.row, *answered)):
                if isinstance(value, (int, float)) and not isinstance(value, bool):
                    sheet.write_number(row, column, value)
                elif value is not None and value != "":
                    sheet.write_string(row, column, str(value), text)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, max(len(document.lines), 1), len(_COLUMNS) + len(_ADDED) - 1)
