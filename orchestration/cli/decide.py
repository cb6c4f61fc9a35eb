"""``partsbay decide``: the decisions of the report's workbook, read back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from orchestration.cli.output import JsonFlag, console, counted, print_json
from orchestration.cli.taking import ActorOption, actor_of, connected
from orchestration.environments import get_settings

File = Annotated[Path, typer.Argument(metavar="FILE", help="The workbook that came back, or delimited text.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would become of each line, and enter nothing.")]
Out = Annotated[Path | None, typer.Option("--out", help="The outcome to write; FILE.result.xlsx unless given.")]


def decide(
    file: File, dry_run: DryRun = False, out: Out = None, actor: ActorOption = None, json: JsonFlag = False
) -> None:
    """Carry out the decisions of the report's workbook; each line that cannot be taken says why.

    Lines are refused whose proposal changed meanwhile, or that somebody else decided. The same
    file again changes nothing, and says again what became of its lines. Ends with 1 where a line was not taken.

    Example: partsbay decide replenishment.xlsx --dry-run

    Example: partsbay decide decisions.csv --json
    """
    from ingest.planning.documents import read_document
    from ingest.planning.filing import file_decisions
    from ingest.planning.outcome import write_outcome

    settings = get_settings()
    document = read_document(file, settings.thresholds.limits)
    options = {"is_preview": dry_run, "decided_at": settings.as_of}
    with connected() as connection:
        filed = file_decisions(connection, document, actor_of(actor), **options)
    written = None
    if not dry_run:
        written = write_outcome(document, filed, out or file.with_name(f"{file.stem}.result.xlsx"))
    if json:
        print_json(_as_json(filed, document, dry_run, written))
    else:
        _show(filed, document, dry_run, written)
    if filed.counts["REFUSED"] + filed.counts["WRONG"] and filed.applied_at is None:
        raise typer.Exit(1)


def _as_json(filed, document, dry_run: bool, written: Path | None) -> dict:
    lines = [
        {
            "row": one.row, "result": one.outcome_code, "code": one.code, "cell": one.cell, "problem": one.problem,
            "ignored": one.ignored, "act": asdict(one.answer) if one.answer else None,
        }
        for one in filed.results
    ]  # fmt: skip
    return {
        "sha256": filed.sha256, "is_preview": dry_run, "is_repeat": filed.applied_at is not None,
        "applied_at": filed.applied_at, "applied_by": filed.applied_by, "rows_read": document.row_count,
        "lines": len(document.lines), "counts": filed.counts, "results": lines, "outcome": written,
    }  # fmt: skip


def _show(filed, document, dry_run: bool, written: Path | None) -> None:
    if filed.applied_at is not None:
        told = f"already applied on {filed.applied_at:%Y-%m-%d %H:%M} by {filed.applied_by}; nothing was changed"
        console.print(escape(f"{document.path.name}: {told}."), soft_wrap=True)
    else:
        counts = filed.counts
        done = "would be taken" if dry_run else "taken"
        told = f"{counts['DONE']:,} {done}, {counts['SAME']:,} as they stand, {counts['REFUSED']:,} refused"
        of = f"{counted(len(document.lines), 'decision')} in {counted(document.row_count, 'line')}"
        console.print(escape(f"{of}: {told}, {counts['WRONG']:,} wrong."), soft_wrap=True)
    for one in filed.results:
        if one.problem:
            console.print(f"[red]{one.outcome_code.lower()}[/] {escape(one.words)}", soft_wrap=True)
        for words in one.ignored:
            console.print(f"[yellow]changed[/] {escape(words)}", soft_wrap=True)
    if written:
        console.print(str(written), markup=False, soft_wrap=True)
