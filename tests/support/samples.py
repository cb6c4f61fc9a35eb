"""Real files whose licence keeps them out of this repository: read from the folder that ``PARTSBAY_SAMPLES`` names.

``tests/data/<format>/samples.yaml`` lists each with its origin, licence, SHA-256 and what a person expects of it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parents[1] / "data"
VARIABLE = "PARTSBAY_SAMPLES"
Rows = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """A listed file: ``rows`` are all of its rows by kind; of a long file only ``first`` and ``last`` are written."""

    name: str
    sha256: str
    outcome: str
    why: str = ""
    rows: Rows = field(default_factory=dict)
    first: Rows = field(default_factory=dict)
    last: Rows = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the file is; fails, naming it, where it is missing or another than was listed."""
        folder = samples_folder()
        assert folder is not None, f"{VARIABLE} is not set, and {self.name} is in the folder that it names"
        path = folder / self.name
        assert path.is_file(), f"{path} is missing; {VARIABLE} names a folder that has every listed sample"
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        assert found == self.sha256, f"{path} has another content than was listed: SHA-256 {found}, not {self.sha256}"
        return path


def samples_folder() -> Path | None:
    """The folder that the variable names; None where it names none."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def listed(*formats: str) -> dict[str, Sample]:
    """The samples of these formats by name, or of all formats."""
    lists = [DATA / name / "samples.yaml" for name in formats] or sorted(DATA.glob("*/samples.yaml"))
    return {
        f"{source['folder']}/{name}": Sample(f"{source['folder']}/{name}", **said)
        for path in lists
        for source in yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, said in source["files"].items()
    }


def report_line() -> str:
    """What a test run says of the samples before it begins."""
    count = len(listed())
    if samples_folder() is None:
        return f"{VARIABLE} not set: {count} samples that may not be copied here are not proved in this run"
    return f"{VARIABLE}: {count} samples are read from {samples_folder()}"
