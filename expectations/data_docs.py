"""Great Expectations Data Docs: one page per judged batch and an index, readable without a network.

Pages are rendered by Great Expectations from what the ledger keeps of each check, so
they can be written again at any time; its templates expect style sheets and scripts
from the network, which are taken out and replaced by a few lines of our own.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class JudgedBatch:
    """A batch with its check results, each as ``ingest.batches.check_outcomes`` gives them."""

    batch_id: str
    kind: str
    source_code: str
    file_name: str
    state: str
    received_at: datetime
    rows_read: int
    rows_quarantined: int
    results: list[dict[str, Any]]


_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1.5rem;color:#1d2330;background:#fff}
table{border-collapse:collapse;width:100%;margin:.5rem 0}td,th{border-bottom:1px solid #d9dde5;padding:.35rem .6rem;
text-align:left;vertical-align:top}ul,ol{padding-left:1.2rem}a{color:#1f5fbf}.num{text-align:right}
.badge{background:#eef1f6;border-radius:.3rem;padding:0 .35rem}.bad{color:#b3261e}.good{color:#1b7f3b}
nav ol{list-style:none;padding:0;display:flex;gap:.5rem}.collapse{display:block}button,#cta-footer,.modal{display:none}
"""
_FROM_THE_NETWORK = re.compile(
    r"<link[^>]*https?://[^>]*>|<script[^>]*src=\"https?://[^>]*>\s*</script>|<img[^>]*https?://[^>]*>"
    r"|url\('https?://[^)]*\)",
    re.IGNORECASE,
)


def build_data_docs(folder: Path, judged: Iterable[JudgedBatch]) -> Path:
    """Write a page for each batch and the index of all pages in the folder; return the index.

    A page that is already there is kept: what was found on a batch never changes.
    """
    pages = Path(folder) / "validations"
    pages.mkdir(parents=True, exist_ok=True)
    listed = sorted(judged, key=lambda one: (one.received_at, one.batch_id), reverse=True)
    for one in listed:
        page = pages / f"{one.batch_id}.html"
        if not page.exists():
            _write(page, _offline(_rendered(one)))
    index = Path(folder) / "index.html"
    _write(index, _index(listed))
    return index


def _write(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _rendered(one: JudgedBatch) -> str:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    results = [_as_result(result) for result in one.results]
    good = sum(result.success for result in results)
    whole = ExpectationSuiteValidationResult(
        success=good == len(results),
        results=results,
        suite_name=f"{one.kind}: {_safe(one.file_name)}",
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": good,
            "unsuccessful_expectations": len(results) - good,
            "success_percent": 100.0 * good / len(results) if results else None,
        },
        meta={
            "run_id": {"run_name": _safe(one.file_name), "run_time": one.received_at.isoformat()},
            "active_batch_definition": {"data_asset_name": _safe(f"{one.source_code}/{one.file_name}")},
            "batch_spec": {},
        },
    )
    return _view().render(ValidationResultsPageRenderer().render(whole))


@cache
def _view() -> Any:
    """What turns a page into HTML: every new one compiles all its templates anew, which takes longer than the page."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def _as_result(result: dict[str, Any]) -> Any:
    """One kept check as Great Expectations would have reported it, with our reasons as the samples."""
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    details, evaluated = result["details"], result["evaluated_count"] or 0
    samples = [_safe(f"line {sample['line_number']}: {sample['reason']}") for sample in details.get("samples", [])]
    return ExpectationValidationResult(
        success=result["is_success"],
        expectation_config=ExpectationConfiguration(
            type=result["check_name"],
            kwargs={"column": result["column_name"], **details.get("kwargs", {})},
            meta={"reason": details.get("reason", "")},
        ),
        result={
            "element_count": evaluated,
            "missing_count": 0,
            "unexpected_count": result["failed_count"],
            "unexpected_percent": 100.0 * (result["failed_count"] or 0) / evaluated if evaluated else 0.0,
            "partial_unexpected_list": samples,
        },
        exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
    )


def _safe(text: str) -> str:
    """Text from outside: the templates neither escape it nor leave a dollar alone."""
    return html.escape(text).replace("$", "&#36;")


def _offline(page: str) -> str:
    page = _FROM_THE_NETWORK.sub("", page)
    page = re.sub(r"<footer.*?</footer>", "", page, flags=re.DOTALL)
    page = re.sub(r'href="[^"]*index\.html"', 'href="../index.html"', page)
    # Pages that a full site would have, and ours does not.
    page = re.sub(r'href="(\.\./){2,}[^"]*"', "", page)
    return page.replace("</head>", f"<style>{_STYLE}</style></head>", 1)


def _index(judged: list[JudgedBatch]) -> str:
    rows = "\n".join(_index_row(one) for one in judged)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Data Docs</title><style>{_STYLE}</style></head><body>
<h1>Data Docs</h1>
<p>What was expected of every batch, and what was found. {len(judged)} batches, newest first.</p>
<table><thead><tr><th>received</th><th>kind</th><th>source</th><th>file</th><th>state</th>
<th class="num">rows</th><th class="num">bad</th><th class="num">expectations</th></tr></thead>
<tbody>
{rows}
</tbody></table></body></html>
"""


def _index_row(one: JudgedBatch) -> str:
    failed = sum(not result["is_success"] for result in one.results)
    found = f"{len(one.results) - failed} of {len(one.results)}"
    link = f'<a href="validations/{one.batch_id}.html">{html.escape(one.file_name)}</a>'
    return (
        f"<tr><td>{one.received_at:%Y-%m-%d %H:%M}</td><td>{one.kind}</td><td>{html.escape(one.source_code)}</td>"
        f'<td>{link}</td><td>{one.state}</td><td class="num">{one.rows_read:,}</td>'
        f'<td class="num {"bad" if one.rows_quarantined else "good"}">{one.rows_quarantined:,}</td>'
        f'<td class="num {"bad" if failed else "good"}">{found}</td></tr>'
    )
