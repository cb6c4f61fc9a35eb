"""Made-up report data: seeded, so that the same call gives the same lines."""

from __future__ import annotations

from ingest.reporting import ReportData
from orchestration.benchmarks.report_lines import AS_OF, facts, history_of, line, lines_of, series, without_offer

__all__ = ["AS_OF", "HOSTILE", "facts", "line", "report_data", "series", "without_offer"]

HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><img src=x onerror=window.hacked=2>",
    "=cmd|' /C calc'!A0",
    "+SUM(A1:A9)",
    "@import",
    "-2+3",
    "مرشح زيت ‮GPJ.EXE",
    "Wide " + "W" * 200,
    "🚗🔧 {{ 7*7 }} ${7*7} &lt;b&gt;",
    "http://example.invalid/x 'quoted' \"double\"",
)


def report_data(count: int = 40, hostile: bool = False, **changes) -> ReportData:
    """Lines with their history, and where asked for others whose every word is hostile."""
    lines = lines_of(count)
    if hostile:
        lines += [
            line(9_000_000 + number, part_number=words[:48], description=words, explanation=words, garage_name=words,
                 garage_code=f"X{number}", supplier_code=f"H{number}", supplier_name=words, flags=words[:20],
                 supplier_part_number=words, currency_code=words[:3] if number == 0 else "EUR",
                 category_code=words, daily_mean_quantity=0.4)
            for number, words in enumerate(HOSTILE)
        ]  # fmt: skip
    return ReportData(facts(**changes), lines, history_of(lines))
