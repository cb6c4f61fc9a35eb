"""Judged rows to the server, while the next are read and judged: two processors, both at work.

One thread makes the data of a table while another sends those before it; most of the work
of either is done without the interpreter's lock.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg
import pyarrow as pa
from psycopg.errors import UniqueViolation

from ingest.readers.typed import LINE_NUMBER
from ingest.stores.copying import CopyData
from ingest.stores.direct import Direct
from ingest.stores.loading import Statements

# One is taken while the next stands ready, so that the server never waits for somebody to wake up.
_MOST_WAITING = 2


class Writer:
    """Copies tables to the server, one behind the reader; what a feed states is stored at once.

    Rows that can only be new go straight into their store, see ``Direct``; all others into
    ``incoming``, which is made for the first of them, and where they are compared with what
    is stored. Used as a context manager around the reading: the connection belongs to the
    writer until the context ends. The caller owns the transaction and may still roll all of
    it back.
    """

    def __init__(
        self,
        cursor: psycopg.Cursor,
        statements: Statements,
        values: dict[str, Any],
        note: Callable[[str, float], None],
        make_incoming: Callable[[], None],
        direct: Direct | None = None,
    ):
        self._cursor, self._statements, self._values, self._note = cursor, statements, values, note
        self._make_incoming, self._direct = make_incoming, direct
        self.has_incoming = False
        self._maker, self._sender = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        self._waiting: deque[Future] = deque()
        self.stored_count = 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        # Also after an error of the reader: the connection must be idle before its transaction ends.
        self._sender.shutdown(wait=True)
        self._maker.shutdown(wait=True)
        if error is None:
            for waiting in self._waiting:
                waiting.result()

    def write(self, table: pa.Table) -> None:
        """Hand a table over; wait where there are others enough to be taken."""
        if not table.num_rows:
            return
        if len(self._waiting) == _MOST_WAITING:
            self._waiting.popleft().result()
        made = self._maker.submit(CopyData.of, table)
        self._waiting.append(self._sender.submit(self._take, table, made))

    def _take(self, table: pa.Table, made: Future[CopyData]) -> None:
        data, started = made.result(), time.perf_counter()
        if self._direct is not None and self._direct.store(table, data):
            self._note("copy", time.perf_counter() - started)
            return
        self.need_incoming()
        data.copy_to(self._cursor, "incoming")
        copied = time.perf_counter()
        if self._statements.insert_new:
            lines = table[LINE_NUMBER]
            self._store({**self._values, "first": lines[0].as_py(), "last": lines[-1].as_py()})
        self._note("copy", copied - started)
        self._note("merge", time.perf_counter() - copied)

    def need_incoming(self) -> None:
        """Make ``incoming`` unless it is there; a table for a small file costs more than its rows."""
        if not self.has_incoming:
            self._make_incoming()
            self.has_incoming = True

    def _store(self, values: dict[str, Any]) -> None:
        """Store these lines as new; only where one of them is not, look for each."""
        try:
            with self._cursor.connection.transaction():
                self._cursor.execute(self._statements.insert_new, values)
                self.stored_count += self._cursor.rowcount
        except UniqueViolation:
            self._cursor.execute(self._statements.insert, values)
            self.stored_count += self._cursor.rowcount
