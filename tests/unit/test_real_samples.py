"""Samples that may not live here: none does, and a run says which it proves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.support.samples import VARIABLE, Sample, listed, report_line

ROOT = Path(__file__).parents[2]
SAMPLE = Sample("supplier/a.csv", hashlib.sha256(b"as listed").hexdigest(), "HEADER_ONLY")


def in_folder(folder: Path, content: bytes) -> Path:
    path = folder / SAMPLE.name
    path.parent.mkdir()
    path.write_bytes(content)
    return path


def test_a_sample_is_read_from_the_folder_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    path = in_folder(tmp_path, b"as listed")
    assert SAMPLE.path == path


def test_a_missing_sample_fails_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(AssertionError, match=r"supplier/a\.csv is missing"):
        _ = SAMPLE.path


def test_a_changed_sample_fails_by_name(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    in_folder(tmp_path, b"as somebody left it")
    with pytest.raises(AssertionError, match=r"supplier/a\.csv has another content than was listed"):
        _ = SAMPLE.path


def test_a_run_without_the_folder_says_how_many_samples_it_leaves_out(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    words = f"{VARIABLE} not set: {len(listed())} samples that may not be copied here are not proved in this run"
    assert report_line() == words


def test_no_listed_file_was_copied_into_the_repository():
    sums = {sample.sha256: name for name, sample in listed().items()}
    files = [path for folder in ("tests", "deploy") for path in (ROOT / folder).rglob("*") if path.is_file()]
    copied = {path: sums.get(hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}
    # Two bytes or none are nobody's.
    assert [path for path, name in copied.items() if name and path.stat().st_size > 2] == []
