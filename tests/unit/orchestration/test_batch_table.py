"""Batches are told without a broken name, whatever the width of the screen."""

from __future__ import annotations

import pytest
from rich.console import Console

from orchestration.cli.batch_table import BatchLine, print_batches

COUNTS = {"read": 12345, "stored": 12339, "bad": 6}
LONG = BatchLine("usage_of_the_second_week_with_bad_numbers.csv", "ACCEPTED_WITH_QUARANTINE", COUNTS, {"kind": "usage"})
SHORT = BatchLine("a[1].csv", "ACCEPTED", COUNTS, {"kind": "usage"}, "stored 1 → 2")


def told(line: BatchLine, width: int) -> str:
    console = Console(width=width)
    with console.capture() as capture:
        print_batches(console, [line])
    return capture.get()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_name_state_or_count_is_broken(width):
    said = told(LONG, width)
    assert LONG.file_name in said and LONG.state in said and "12,345" in said and "…" not in said


def test_a_table_where_there_is_room_for_one():
    assert told(SHORT, 80).splitlines()[0].split() == ["file", "kind", "state", "read", "stored", "bad", "changed"]
    assert told(SHORT, 40).splitlines() == [
        "a[1].csv  usage  ACCEPTED",
        "  12,345 read, 12,339 stored, 6 bad; changed: stored 1 → 2",
    ]
