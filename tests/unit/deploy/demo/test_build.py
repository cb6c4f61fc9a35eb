"""The drop files of the demonstration: complete, reproducible, in the agreed form."""

import gzip
import hashlib
import json

import pandas as pd
import pytest

from deploy.demo import build as builder
from deploy.demo import source, writing
from deploy.demo.build import AS_OF, MANIFEST, build
from ingest.contracts import CONTRACTS
from ingest.errors import PartsbayError

# These have no public source to be made from.
UNSOURCED = {
    "supplier_catalogue", "supplier_interchange", "order_ack", "ship_notice", "part_types", "packs", "references",
    "policies", "receipt",
}  # fmt: skip
KINDS = sorted(set(CONTRACTS) - UNSOURCED)


def read(drop, path):
    return pd.read_csv(drop / path, dtype=str, keep_default_na=False)


def of_kind(drop, manifest, kind, prefix=""):
    paths = [f.path for f in manifest.files if f.kind == kind and f.path.startswith(prefix)]
    return pd.concat([read(drop, path) for path in paths], ignore_index=True)


def bytes_of(drop):
    return {p.relative_to(drop): p.read_bytes() for p in drop.rglob("*") if p.is_file()}


def test_two_builds_write_the_same_bytes(demo, tmp_path):
    drop, manifest = demo
    assert build(tmp_path) == manifest
    assert bytes_of(tmp_path) == bytes_of(drop)


def test_a_second_build_writes_nothing(demo, monkeypatch):
    drop, manifest = demo
    monkeypatch.setattr(builder, "put", lambda *_: pytest.fail("a file was written"))
    assert build(drop) == manifest


def test_a_missing_file_is_written_again_and_the_others_are_left_alone(demo):
    drop, manifest = demo
    lost, kept = drop / manifest.files[-1].path, drop / manifest.files[0].path
    content, written_at = lost.read_bytes(), kept.stat().st_mtime_ns
    lost.unlink()
    assert build(drop) == manifest
    assert lost.read_bytes() == content
    assert kept.stat().st_mtime_ns == written_at


def test_a_build_leaves_nothing_half_done(demo):
    drop, manifest = demo
    found = {p.relative_to(drop).as_posix() for p in drop.rglob("*") if p.is_file()}
    assert found == {file.path for file in manifest.files} | {MANIFEST}
    assert not (drop / ".building").exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "drop").write_text("a file where the folder should be")
    with pytest.raises(PartsbayError, match="drop"):
        writing.put(tmp_path / "drop", "G01/usage/a.csv", b"x")


def test_compressed_files_carry_no_time(demo):
    drop, manifest = demo
    for file in manifest.files:
        data = (drop / file.path).read_bytes()
        if file.path.endswith(".gz"):
            assert data[4:8] == b"\0\0\0\0", file.path


def test_the_manifest_on_disk_says_what_was_returned(demo):
    drop, manifest = demo
    said = json.loads((drop / MANIFEST).read_text())
    assert said["as_of"] == AS_OF == "2002-04-01T00:00:00Z"
    assert said["demand_units"] == manifest.demand_units
    assert sum(file["line_count"] for file in said["files"]) == manifest.line_count


def test_the_manifest_counts_the_lines_and_hashes_of_the_files(demo):
    drop, manifest = demo
    for file in manifest.files:
        data = (drop / file.path).read_bytes()
        content = gzip.decompress(data) if file.path.endswith(".gz") else data
        assert hashlib.sha256(content).hexdigest() == file.content_sha256
        # No quoted line breaks in any source text, so lines and rows are the same.
        assert content.count(b"\n") == file.line_count + 1, file.path
    assert sum(manifest.line_count_by_kind.values()) == manifest.line_count


@pytest.mark.parametrize("kind", KINDS)
def test_headers_and_codes_are_those_of_the_contract(demo, kind):
    drop, manifest = demo
    contract = CONTRACTS[kind]
    files = [file for file in manifest.files if file.kind == kind]
    assert files
    for file in files:
        frame = read(drop, file.path)
        assert set(frame) <= set(contract.column_names), file.path
        assert set(contract.required_names) <= set(frame), file.path
        assert not (frame[list(contract.required_names)] == "").any(axis=None), file.path
        wrong_codes = sum(
            int((~frame[c.name].isin(["", *c.allowed])).sum())
            for c in contract.columns
            if c.allowed and c.name in frame
        )
        assert wrong_codes == file.expected_quarantined.get("UNIT", 0), file.path


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_are_as_large_as_the_contract_asks(demo, kind):
    drop, manifest = demo
    lines = of_kind(drop, manifest, kind)
    for column in CONTRACTS[kind].columns:
        if column.minimum is not None and column.name in lines:
            values = pd.to_numeric(lines[column.name][lines[column.name].fillna("").ne("")])
            least = float(column.minimum)
            assert (values > least if column.is_minimum_strict else values >= least).all(), column.name


@pytest.mark.parametrize("kind", KINDS)
def test_no_line_is_said_twice_but_those_in_the_manifest(demo, kind):
    drop, manifest = demo
    key = list(CONTRACTS[kind].key)
    frames = [read(drop, file.path) for file in manifest.files if file.kind == kind]
    lines = pd.concat(frames, ignore_index=True).reindex(columns=CONTRACTS[kind].column_names).fillna("")
    files = [file for file in manifest.files if file.kind == kind]
    expected = sum(f.expected_duplicate_count + f.expected_quarantined.get("CONFLICT", 0) for f in files)
    assert int(lines.duplicated(key).sum()) == expected


def test_every_part_on_hand_or_used_is_in_the_catalogue_or_expected_to_be_refused(demo):
    drop, manifest = demo
    parts = of_kind(drop, manifest, "parts")
    known = set(parts.brand_code + "|" + parts.part_number)
    for file in manifest.files:
        if file.kind in ("stock_count", "usage", "adjustment", "reservation", "quality_hold"):
            lines = read(drop, file.path)
            unknown = ~(lines.brand_code + "|" + lines.part_number.str.upper()).isin(known)
            assert int(unknown.sum()) == file.expected_quarantined.get("UNKNOWN_PART", 0), file.path


def test_every_supplier_of_an_offer_is_known(demo):
    drop, manifest = demo
    known = set(of_kind(drop, manifest, "suppliers").supplier_code)
    assert set(of_kind(drop, manifest, "supplier_price").supplier_code) <= known


def test_the_source_files_are_those_of_the_provenance():
    sums = pd.read_csv(source.FOLDER / "SHA256SUMS.csv", dtype=str)
    found = {p.relative_to(source.FOLDER).as_posix(): p for p in source.FOLDER.rglob("*.gz")}
    assert set(sums.file) == set(found)
    for line in sums.itertuples():
        assert hashlib.sha256(gzip.decompress(found[line.file].read_bytes())).hexdigest() == line.sha256_uncompressed


def test_a_missing_source_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "FOLDER", tmp_path)
    with pytest.raises(PartsbayError, match=r"carparts_long\.csv\.gz"):
        source.carparts()


def test_the_readme_names_the_size_of_the_build(demo):
    words = (source.FOLDER.parent / "README.md").read_text()
    assert f"{len(demo[1].files)} drop files, {demo[1].line_count:,} lines" in words
