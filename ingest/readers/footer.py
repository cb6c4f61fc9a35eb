"""The lines after the last row: kept out of the rows, and kept for what they say of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingest.readers.blocks import Block
from ingest.readers.dialect import Options
from ingest.readers.limits import FileFault

_MOST_LINES = 50


class Footer:
    """Passes the blocks of a file on without its footer; ``lines`` holds it once the last block is through."""

    def __init__(self, options: Options):
        self._count, self._pattern = options.footer_lines, None
        if options.footer_from:
            self._pattern = re.compile(f"^(?:{options.footer_from})", re.MULTILINE)
        self.lines: list[str] = []

    def without(self, blocks: Iterable[Block]) -> Iterator[Block]:
        """The same blocks, less the lines of the footer."""
        if self._count:
            return self._without_last(blocks)
        return self._without_matching(blocks) if self._pattern else iter(blocks)

    def _without_last(self, blocks: Iterable[Block]) -> Iterator[Block]:
        held: Block | None = None
        for block in blocks:
            whole = replace(held, data=held.data + block.data) if held else block
            cut = _start_of_last(whole.data, self._count)
            held = _from(whole, cut)
            yield replace(whole, data=whole.data[:cut])
        if held:
            self._keep(held.data)

    def _without_matching(self, blocks: Iterable[Block]) -> Iterator[Block]:
        for block in blocks:
            if self.lines:
                self._keep(block.data)
                continue
            text = block.data.decode("utf-8")
            found = self._pattern.search(text)
            cut = len(text[: found.start()].encode()) if found else len(block.data)
            yield replace(block, data=block.data[:cut])
            if found:
                self._keep(block.data[cut:], block.first_line + block.data.count(b"\n", 0, cut))

    def _keep(self, data: bytes, first_line: int | None = None) -> None:
        self.lines += [line.rstrip("\r") for line in data.decode("utf-8").split("\n") if line.strip()]
        if len(self.lines) > _MOST_LINES:
            at = f"line {first_line}" if first_line else "a line"
            words = f"{at} fits footer_from, and more than {_MOST_LINES} lines follow"
            raise FileFault("FOOTER", words, "Make footer_from in the profile fit the footer alone.", first_line)


def _start_of_last(data: bytes, count: int) -> int:
    """Where the last ``count`` lines begin; blank ones do not count."""
    cut = len(data)
    while count and cut:
        start = data.rfind(b"\n", 0, cut - 1) + 1
        if data[start:cut].strip():
            count -= 1
        cut = start
    return cut


def _from(block: Block, cut: int) -> Block:
    line = block.first_line + block.data.count(b"\n", 0, cut)
    return replace(block, data=block.data[cut:], first_line=line, offset=block.offset + cut)
