"""Delimited text in the common shape, until the delimited reader has it itself."""

from pydantic import BaseModel

from ingest.readers import blocks, delimited
from ingest.readers.header import parse_header
from ingest.readers.limits import FileFault
from ingest.readers.records import Envelope, Raw, Records

IS_CANONICAL = False


class Options(BaseModel, extra="forbid", frozen=True):
    pass


def read_envelope(path, options, limits):
    return Envelope()


def read_records(path, kind, options, limits):
    header, row_count = None, 0
    pending, pending_line = b"", 0
    for block in blocks.blocks(path, limits):
        data, line = block.data, block.first_line
        if header is None:
            header, taken = parse_header(data, limits)
            data, line = data[taken:], line + header.line_count
        if pending:
            data, line = pending + data, pending_line
        records = delimited._records(data, line, header, limits)
        pending, pending_line = records.unfinished, records.unfinished_line
        if len(pending) > limits.line_bytes:
            raise delimited._unclosed(pending_line)
        import pyarrow as pa
        import pyarrow.compute as pc

        texts, lines = records.texts, pa.array(records.lines, pa.int64())
        blank = delimited._blank_rows(texts)
        if blank is not None:
            texts, lines = texts.filter(pc.invert(blank)), lines.filter(pc.invert(blank))
        row_count += texts.num_rows + len(records.ragged)
        yield Records(texts, lines, records.ragged, len(block.data))
    if pending:
        raise delimited._unclosed(pending_line)
    if row_count == 0:
        raise FileFault("HEADER_ONLY", "the file has a header and no line", "Send the file again, with its lines.", 1)


def raw_rows(path, kind, options, limits, numbers):
    return {n: Raw(t, f"line {n}") for n, t in delimited.raw_lines(path, numbers, limits).items()}
