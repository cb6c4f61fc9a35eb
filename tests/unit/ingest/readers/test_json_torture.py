"""A suite of JSON files for parsers: what is well-formed is accepted as JSON, what is not is refused as none."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.readers import json_document, json_lines
from ingest.readers.limits import FileFault, Limits

SUITE = Path(__file__).parents[3] / "data" / "torture" / "json"
FILES = sorted(path.name for path in SUITE.glob("*.json"))
# Well-formed, but no list of objects; or not well-formed.
NO_ROWS, NOT_JSON = {"NO_RECORDS", "HEADER_ONLY"}, {"JSON", "ENCODING", "EMPTY_FILE"}


def outcome(name: str, module) -> str:
    """The code of the fault, or ROWS."""
    try:
        list(module.read_records(SUITE / name, "parts", module.Options(), Limits()))
    except FileFault as found:
        assert found.message and found.mend
        return found.code
    return "ROWS"


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith(("y_", "number", "object", "string"))])
def test_well_formed_json_is_accepted_as_json(name):
    assert outcome(name, json_document) in {"ROWS", *NO_ROWS}


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("n_")])
def test_what_is_not_well_formed_is_refused_as_no_json(name):
    assert outcome(name, json_document) in NOT_JSON


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("i_")])
def test_what_the_grammar_leaves_open_is_refused(name):
    assert outcome(name, json_document) in NO_ROWS | {"ENCODING"}


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("n_")])
def test_as_lines_nothing_that_is_not_well_formed_becomes_a_row(name):
    assert outcome(name, json_lines) in {"EMPTY_FILE", *NO_ROWS}


def test_the_suite_is_here():
    assert {name[:2] for name in FILES} >= {"y_", "n_", "i_"} and len(FILES) > 50
