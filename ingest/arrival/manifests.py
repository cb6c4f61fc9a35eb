"""Manifests: ``NAME.manifest.json`` beside a file says what the file is when it is whole."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.arrival.entries import NotReady, Refused

BYTE_LIMIT = 64 * 1024
_AT_ONCE = 4 * 1024 * 1024


class Manifest(BaseModel):
    """What a sender declares of a file. More fields may be there; these are used."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    byte_count: Annotated[int, Field(ge=0)]
    line_count: Annotated[int, Field(ge=0)] | None = None
    sums: dict[str, str | int | float] = {}
    document_number: str | None = None
    submission: str | None = None
    sequence_number: int | None = None
    previous_sequence_number: int | None = None
    stated_at: str | None = None
    currency_code: str | None = None

    @property
    def controls(self) -> dict[str, Any]:
        """What travels with the batch; the hash and the size have done their work by then."""
        given = self.model_dump(exclude={"sha256", "byte_count", "sums"}, exclude_none=True)
        return {**given, **({"sums": {name: str(value) for name, value in self.sums.items()}} if self.sums else {})}


def read_manifest(content: bytes) -> Manifest:
    """The manifest, or ``NotReady`` with what is wrong in it: it may be half-written yet."""
    if len(content) >= BYTE_LIMIT:
        raise NotReady(f"its manifest is larger than {BYTE_LIMIT} bytes")
    if b"\\u0000" in content:
        raise NotReady("its manifest holds a NUL character, which no database keeps")
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise NotReady(f"its manifest is not right: {place}: {first['msg']}"[:300]) from None


def check_sha256(path: Path, expected: str) -> None:
    """Raise ``Refused`` unless the file has the hash that its manifest says."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_AT_ONCE):
            digest.update(part)
    if digest.hexdigest() != expected.lower():
        raise Refused("its bytes do not have the sha256 that its manifest says")


def check_size(byte_count: int, manifest: Manifest) -> None:
    """Raise ``NotReady`` when a file has not the size that its manifest says."""
    if manifest.byte_count != byte_count:
        raise NotReady(f"{byte_count} bytes are there, its manifest says {manifest.byte_count}")
