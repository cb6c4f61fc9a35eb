"""Small valid files of every format, ways to spoil a file, and what every reader owes whatever it is given."""

from __future__ import annotations

import gzip
import io
import stat
import warnings
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import xlsxwriter

from ingest.readers.formats import module_of, recognise_format
from ingest.readers.limits import MEBIBYTE, FileFault, Limits
from ingest.readers.records import Records
from tests.support.ingest_files import AVAILABILITY, PRICE, lines

DATA = Path(__file__).parents[1] / "data"
_ROWS = [{**AVAILABILITY, "part_number": number} for number in ("007", "0 986-AB", "1E5")]
_TABLE = pa.Table.from_pylist(_ROWS)


def _workbook() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Stock")
        for number, row in enumerate([list(_ROWS[0]), *(list(row.values()) for row in _ROWS)]):
            sheet.write_row(number, 0, row)
    return buffer.getvalue()


def _parquet() -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(_TABLE, buffer)
    return buffer.getvalue()


def _arrow() -> bytes:
    buffer = io.BytesIO()
    feather.write_feather(_TABLE, buffer, compression="uncompressed")
    return buffer.getvalue()


def zipped(content: bytes, name: str = "stock.csv", **options) -> bytes:
    """A zip file with one file inside."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def valid_files() -> dict[str, bytes]:
    """One small good file of each format, and of each packing."""
    csv = lines(AVAILABILITY, *_ROWS).encode()
    json_rows = [str(row).replace("'", '"') for row in _ROWS]
    return {
        "delimited": csv,
        "delimited in gzip": gzip.compress(csv, mtime=0),
        "delimited in zip": zipped(csv),
        "delimited in zstd": pa.compress(csv, "zstd", asbytes=True),
        "delimited in UTF-16": csv.decode().encode("utf-16"),
        "json": ("[" + ",".join(json_rows) + "]").encode(),
        "jsonl": "\n".join(json_rows).encode(),
        "x12": (DATA / "edi" / "made" / "stock.846.x12").read_bytes(),
        "edifact": (DATA / "edi" / "made" / "stock.invrpt.edi").read_bytes(),
        "pies": (DATA / "pies" / "brakes_7_2.xml").read_bytes(),
        "spreadsheet": _workbook(),
        "parquet": _parquet(),
        "arrow": _arrow(),
    }


def read_all(path: Path, limits: Limits | None = None) -> tuple[int, FileFault | None]:
    """How many rows came out, and the fault that ended the reading; fails where a reader breaks its promises."""
    limits, row_count = limits or Limits(), 0
    try:
        module = module_of(recognise_format(path, limits))
        options = module.Options()
        kinds = module.read_envelope(path, options, limits).kinds or ("",)
        if hasattr(module, "column_names"):
            module.column_names(path, options, limits)
        for kind in kinds:
            last, bad = None, []
            for records in module.read_records(path, kind, options, limits):
                last = checked_records(records, last)
                row_count += records.texts.num_rows
                bad += list(records.bad)[: 100 - len(bad)]
            if bad:
                checked_raw(module.raw_rows(path, kind, options, limits, bad), bad)
    except FileFault as fault:
        return row_count, checked_fault(fault)
    return row_count, None


def checked_records(records: Records, last: int | None) -> int | None:
    """The last number of a stretch, once it is known to be one."""
    records.texts.validate(full=True)
    assert set(records.texts.schema.types) <= {pa.string()}, records.texts.schema
    numbers = records.numbers.to_pylist()
    assert len(numbers) == records.texts.num_rows
    assert all(isinstance(n, int) and words for n, words in records.bad.items())
    assert all(": " in word and "\n" not in word for words in records.bad.values() for word in words)
    every = sorted([*numbers, *records.bad])
    assert numbers == sorted(numbers) and len(set(every)) == len(every)
    assert last is None or not numbers or numbers[0] > last
    return numbers[-1] if numbers else last


def checked_raw(raw: dict, numbers: Iterable[int]) -> None:
    assert set(raw) == set(numbers)
    assert all(one.place and isinstance(one.text, str) for one in raw.values())


def checked_fault(fault: FileFault) -> FileFault:
    """The fault, once it is known to be one plain line with a way out."""
    assert fault.code == fault.code.upper() and fault.message and fault.mend
    assert "\n" not in fault.message and "Traceback" not in fault.message and len(fault.message) < 1000
    assert fault.message.isprintable(), fault.message
    return fault


def price(**changes: str) -> bytes:
    """A price file of one good line and one spoiled line."""
    return lines(PRICE, {"price_type_code": "LIST"}, changes).encode()


def zip_with(*entries: zipfile.ZipInfo | str, content: bytes = b"", repeat: int = 1) -> bytes:
    """A zip file with entries of these names, or as described."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for entry in entries:
            with archive.open(entry, "w") as file:
                for _ in range(repeat):
                    file.write(content)
    return buffer.getvalue()


def link_entry() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("stock.csv")
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry


def packed_files() -> dict[str, tuple[bytes, str]]:
    """Archives that mean harm, each with the code of its outcome."""
    good = price()
    blank = b"\n" * MEBIBYTE
    flat = zip_with("prices.csv", content=blank, repeat=8)
    half = gzip.compress(good * 50, mtime=0)
    return {
        "a zip bomb": (_bomb(good, blank), "TOO_LARGE"),
        "a gzip bomb": (gzip.compress(good + blank * 8, 9, mtime=0), "TOO_LARGE"),
        "a zip bomb in a zip file": (zip_with("prices.csv", content=flat), "NESTED_ARCHIVE"),
        "gzip in gzip": (gzip.compress(gzip.compress(good)), "NESTED_ARCHIVE"),
        "a path out of the folder": (zip_with("../../etc/evil", content=good), "UNSAFE_NAME"),
        "an absolute path": (zip_with("/etc/evil", content=good), "UNSAFE_NAME"),
        "a path of another system": (zip_with("C:\\evil", content=good), "UNSAFE_NAME"),
        "a link": (zip_with(link_entry(), content=b"/etc/passwd"), "UNSAFE_NAME"),
        "two files": (zip_with("a.csv", "b.csv", content=good), "SEVERAL_FILES"),
        "a thousand files": (zip_with(*(f"{n}.csv" for n in range(1000))), "SEVERAL_FILES"),
        "no file": (zip_with(), "EMPTY_FILE"),
        "a file without a name": (_without_name(zip_with("x", content=good)), "UNSAFE_NAME"),
        "a file of nothing": (gzip.compress(b""), "EMPTY_FILE"),
        "half a gzip file": (half[: len(half) // 2], "TRUNCATED_GZIP"),
        "half a zip file": (flat[: len(flat) // 2], "TRUNCATED_ZIP"),
        "a gzip file with a broken middle": (_broken(half), "DAMAGED_GZIP"),
        "half a zstd file": (pa.compress(good * 50, "zstd", asbytes=True)[:-20], "TRUNCATED_ZSTD"),
    }


def _bomb(good: bytes, blank: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("prices.csv", "w") as file:
        for part in (good, *([blank] * 8)):
            file.write(part)
    return buffer.getvalue()


def _without_name(data: bytes) -> bytes:
    """The list of the archive says that the name has no letter."""
    at = data.index(b"PK\x01\x02") + 28
    return data[:at] + b"\x00\x00\x01\x00" + data[at + 4 :]


def _broken(data: bytes) -> bytes:
    return data[:20] + bytes(255 - byte for byte in data[20:40]) + data[40:]


def columnar_files() -> dict[str, bytes]:
    """Parquet that is not what it says."""
    nested, good = io.BytesIO(), _parquet()
    parquet.write_table(pa.table({"supplier_code": [{"a": 1}], "part_number": [[1, 2]]}), nested)
    return {
        "a column of objects": nested.getvalue(),
        "a footer longer than the file": good[:-8] + b"\xff\xff\xff\x7fPAR1",
        "a footer that begins too late": good[:-8] + (10).to_bytes(4, "little") + b"PAR1",
        "half a file": good[: len(good) // 2],
    }


def _write(path: Path, *parts: tuple[bytes, int]) -> None:
    with path.open("wb") as file:
        for piece, count in parts:
            for _ in range(count):
                file.write(piece)


_HEADER, _ROW = (line.encode() + b"\n" for line in lines(PRICE).splitlines())
_MANY = 1000


def _large(code: str | None, *parts: tuple[bytes, int]) -> Callable[[Path], str | None]:
    def made(path: Path) -> str | None:
        _write(path, *parts)
        return code

    return made


# Files whose size is the attack: each is written to a path, and the code of its fault is returned.
LARGE = {
    "blank lines": _large(None, (_HEADER + _ROW, 1), (b"\n" * MEBIBYTE, 8), (_ROW, 1)),
    "one field": _large("LINE_TOO_LONG", (_HEADER + _ROW.strip(), 1), (b"x" * MEBIBYTE, 50)),
    "quoted line ends": _large(None, (_HEADER, 1), (_ROW.replace(b"BOSC", b'"BO\nSC"') * _MANY, 300)),
    "short lines": _large("FIELD_COUNT", (_HEADER + _ROW, 1), (b"a\n" * _MANY, 4000)),
    "commas": _large(None, (_HEADER + _ROW, 1), ((b"," * 500 + b"\n") * _MANY, 50)),
    "one XML value": _large("TOO_LARGE", (b"<PIES><Items><Item><PartNumber>", 1), (b"x" * MEBIBYTE, 50)),
    "XML without end": _large("TOO_LARGE", (b"<PIES><Items><Item>", 1), (b"<a/>" * MEBIBYTE, 20)),
    "one JSON text": _large("RECORD_TOO_LONG", (b'[{"supplier_code":"', 1), (b"x" * MEBIBYTE, 50)),
    "one JSON line": _large("LINE_TOO_LONG", (b'{"supplier_code":"a"}\n{"a":"', 1), (b"x" * MEBIBYTE, 50)),
}
