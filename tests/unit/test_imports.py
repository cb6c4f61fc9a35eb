"""Imports point one way: orchestration → assets → expectations → ingest; deploy stands aside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAY_IMPORT = {
    "ingest": set(),
    "expectations": {"ingest"},
    "assets": {"ingest", "expectations"},
    "orchestration": {"ingest", "expectations", "assets", "deploy"},
    "deploy": {"ingest.errors", "ingest.audit_proof", "ingest.ledger_checks"},
}
FOREIGN = {"ingest": {"dagster", "great_expectations", "dagster_dbt"}, "expectations": {"dagster", "psycopg"}}


def imported(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are spelled in full"
            found.add(node.module)
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_no_room_imports_one_above_it(room):
    wrong = []
    for path in (ROOT / room).rglob("*.py"):
        for module in imported(path):
            head = module.split(".")[0]
            if head in MAY_IMPORT and head != room and not {head, module} & MAY_IMPORT[room]:
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
            if head in FOREIGN.get(room, set()):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert not wrong


@pytest.mark.parametrize("room", ["ingest", "expectations", "assets", "orchestration", "deploy"])
def test_every_room_says_what_belongs_in_it(room):
    tree = ast.parse((ROOT / room / "__init__.py").read_text())
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1, "the room's __init__ is its docstring alone"
