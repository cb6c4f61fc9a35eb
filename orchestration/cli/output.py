"""How commands speak: rich text for people, one JSON document for programs, errors in one line."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

JsonFlag = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def family(words: str) -> typer.Typer:
    """A family of commands, as ``partsbay quarantine``; ``words`` say what they are about."""
    return typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, help=words)


def counted(count: int, noun: str, several: str = "") -> str:
    """A count with its noun: 1 row, 2,000 rows."""
    return f"{count:,} {noun if count == 1 else several or noun + 's'}"


def print_json(document: Any) -> None:
    """Write ``document`` as the only thing on stdout; dates and decimals become text."""
    sys.stdout.write(json.dumps(document, default=str, ensure_ascii=False) + "\n")


def print_error(code: str, message: str, mend: str, as_json: bool) -> None:
    """Say an error once: on stderr for people, as ``{"error": …}`` on stdout for programs."""
    if as_json:
        print_json({"error": {"code": code, "message": message, "mend": mend}})
    else:
        errors.print(f"[bold red]error[/] [dim]{code}[/] {escape(message)}", soft_wrap=True, markup=True)
        errors.print(f"  → {mend}", soft_wrap=True, markup=False)


def tick(step: str, seconds: float) -> None:
    """A step that is done, with the time it took."""
    console.print(f"  [green]✓[/] {escape(step)} [dim]{seconds:.1f} s[/]")


def say_nothing(step: str, seconds: float) -> None:
    """Instead of :func:`tick` where a program listens."""
