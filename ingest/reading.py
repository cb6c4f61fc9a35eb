"""A stored file as rows of one contract: format, profile and types brought together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.contracts import CONTRACTS, Contract
from ingest.profiles.columns import check_columns
from ingest.profiles.mapping import as_canonical
from ingest.profiles.model import Profile
from ingest.readers.formats import module_of, recognise_format
from ingest.readers.header import recognise_columns
from ingest.readers.limits import MEBIBYTE, FileFault, Limits
from ingest.readers.records import Envelope, FindRaw, Raw, Reasons, Records
from ingest.readers.typed import as_typed


@dataclass(frozen=True)
class Aside:
    """How many rows were taken out before anyone judged them: settled by a person, or stored by another batch."""

    settled_count: int = 0
    duplicate_count: int = 0

    @property
    def count(self) -> int:
        return self.settled_count + self.duplicate_count


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: those that could be typed, what is wrong with the others, how many were left out.

    ``refused`` are the others as canonical text, as far as they had a shape. ``raw_rows`` is that of ``Records``.
    """

    table: pa.Table
    bad: Reasons
    unpacked_bytes: int
    aside: Aside = Aside()
    refused: pa.Table | None = None
    raw_rows: FindRaw | None = None

    @property
    def row_count(self) -> int:
        return self.table.num_rows + len(self.bad) + self.aside.count


@dataclass
class Reading:
    """One file read as one kind: its rows in the contract's types, its raw rows, what it says of itself.

    ``constants`` fill canonical columns that the file lacks. ``column_names`` are the file's
    own, known once the first chunk was read, and told to ``on_columns`` before they are
    mapped: it answers which canonical columns may be missing, and a fault if others are.
    ``amend`` takes rows out, or turns columns back, before anything else sees them.
    """

    path: Path
    contract: Contract
    profile: Profile
    format_code: str
    limits: Limits = field(default_factory=Limits)
    constants: Mapping[str, str] = field(default_factory=dict)
    column_names: tuple[str, ...] = ()
    on_columns: Callable[[tuple[str, ...]], tuple[Iterable[str], FileFault | None]] | None = None
    amend: Callable[[Records], tuple[Records, Aside]] | None = None
    rest: Path | None = None

    @property
    def _module(self) -> ModuleType:
        return module_of(self.format_code)

    @property
    def is_canonical(self) -> bool:
        """Whether the format itself gives canonical columns, whatever the file holds."""
        return self._module.IS_CANONICAL

    @property
    def _options(self) -> Any:
        return self.profile.options_for(self.format_code)

    def envelope(self) -> Envelope:
        """What the file says of itself; raises ``FileFault`` where its envelope is broken."""
        return self._module.read_envelope(self.path, self._options, self.limits)

    def chunks(self) -> Iterator[Chunk]:
        """The rows of the file; raises ``FileFault`` where it cannot go on. Memory does not grow with the file."""
        for records in self._module.read_records(
            self.rest or self.path, self.contract.kind, self._options, self.limits
        ):
            aside = Aside()
            if self.amend:
                records, aside = self.amend(records)
            if not self.column_names:
                self.column_names = tuple(records.texts.column_names)
                may_lack, fault = self.on_columns(self.column_names) if self.on_columns else ((), None)
                check_columns(self.column_names, self.profile, self.contract, self.constants, may_lack)
                if fault:
                    raise fault
            chunk = self._typed(self._filled(as_canonical(records, self.profile, self.contract)))
            yield replace(chunk, aside=aside, raw_rows=records.raw_rows)

    def raw(self, numbers: Iterable[int]) -> dict[int, Raw]:
        """Rows exactly as sent, by number: a second pass, made only for bad rows."""
        return self._module.raw_rows(self.path, self.contract.kind, self._options, self.limits, numbers)

    def _filled(self, records: Records) -> Records:
        texts = records.texts
        for name, value in self.constants.items():
            if name in self.contract.column_names and name not in texts.column_names:
                texts = texts.append_column(name, pa.repeat(pa.scalar(value, pa.string()), texts.num_rows))
        # A stretch of records may lack what the first one had: rows without a value, which the judge names.
        for name in self.contract.required_names:
            if name not in texts.column_names:
                texts = texts.append_column(name, pa.nulls(texts.num_rows, pa.string()))
        return Records(texts, records.numbers, records.bad, records.unpacked_bytes)

    def _typed(self, records: Records) -> Chunk:
        table, bad = as_typed(records.texts, self.contract, records.numbers, self.limits.field_bytes)
        refused = records.texts.filter(pc.is_in(records.numbers, pa.array(list(bad), pa.int64()))) if bad else None
        return Chunk(table, {**bad, **records.bad}, records.unpacked_bytes, refused=refused)


def recognise_kinds(path: Path, limits: Limits | None = None) -> tuple[str, ...]:
    """The kinds that a file of an unknown layout carries: what its format says, else what its columns fit."""
    limits = limits or Limits(block_bytes=MEBIBYTE)
    module = module_of(recognise_format(path, limits))
    envelope = module.read_envelope(path, module.Options(), limits)
    if envelope.kinds:
        return tuple(kind for kind in CONTRACTS if kind in envelope.kinds)
    return (recognise_columns(_column_names(path, module, limits)),)


def _column_names(path: Path, module: ModuleType, limits: Limits) -> tuple[str, ...]:
    """The columns of a file; where the format can tell them alone, a fault further down says nothing against them."""
    if hasattr(module, "column_names"):
        return module.column_names(path, module.Options(), limits)
    first = next(module.read_records(path, "", module.Options(), limits), None)
    return tuple(first.texts.column_names) if first else ()
