"""X12 and EDIFACT files for tests: where they are, and what our readers make of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from ingest.readers.edi import edifact, x12
from ingest.readers.limits import FileFault, Limits

SAMPLES = Path(__file__).parents[1] / "data" / "edi"
ISA = "ISA*00*          *00*          *01*123456789      *ZZ*PARTSBAY       *260531*0815*U*00401*000000001*0*P*>~"
GS = "GS*IB*ACME*PARTSBAY*20260531*0815*1*X*004010~"
UNB = "UNB+UNOC:3+ACME:14+PARTSBAY:14+260531:0815+1'"
Row = dict[str, str]


def module_for(text: bytes | str) -> ModuleType:
    """The module that reads such a text."""
    start = text[:200] if isinstance(text, str) else text[:200].decode("latin-1")
    return x12 if start.lstrip("\ufeff\xef\xbb\xbf \r\n").startswith("ISA") else edifact


def rows_of(path: Path, kind: str, limits: Limits | None = None, **options) -> tuple[dict[int, Row], dict]:
    """Rows by number, without the values that are empty, and bad rows by number."""
    module = module_for(path.read_bytes())
    rows, bad = {}, {}
    for records in module.read_records(path, kind, module.Options(**options), limits or Limits()):
        for number, row in zip(records.numbers.to_pylist(), records.texts.to_pylist(), strict=True):
            assert number not in rows
            rows[number] = {name: value for name, value in row.items() if value is not None}
        bad |= records.bad
    return rows, bad


def outcome(path: Path) -> str:
    """The code of the fault, or rows and bad rows of each kind."""
    module = module_for(path.read_bytes())
    try:
        kinds = module.read_envelope(path, module.Options(), Limits()).kinds
    except FileFault as fault:
        return fault.code
    counted = []
    for kind in kinds:
        rows, bad = rows_of(path, kind)
        counted.append(f"{kind} {len(rows)}" + (f" bad {len(bad)}" if bad else ""))
    return ", ".join(counted)


def stored(folder: Path, text: str | bytes) -> Path:
    """A file with this content."""
    path = folder / f"interchange-{len(list(folder.iterdir()))}"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def x12_of(*messages: str, code: str = "IB") -> str:
    """One interchange with one group; each message is its type and its segments without ST and SE."""
    lines = [ISA, f"GS*{code}*ACME*PARTSBAY*20260531*0815*1*X*004010~"]
    for number, message in enumerate(messages, 1):
        type_code, *segments = message.split("~")
        lines += [f"ST*{type_code}*{number:04}~", *(f"{segment}~" for segment in segments)]
        lines.append(f"SE*{len(segments) + 2}*{number:04}~")
    return "\n".join([*lines, f"GE*{len(messages)}*1~", "IEA*1*000000001~"]) + "\n"


def edifact_of(*messages: str) -> str:
    """One interchange; each message is its type and its segments without UNH and UNT."""
    lines = [UNB]
    for number, message in enumerate(messages, 1):
        type_code, *segments = message.split("'")
        lines += [f"UNH+{number}+{type_code}:D:96A:UN'", *(f"{segment}'" for segment in segments)]
        lines.append(f"UNT+{len(segments) + 2}+{number}'")
    return "\n".join([*lines, f"UNZ+{len(messages)}+1'"]) + "\n"
