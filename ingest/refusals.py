"""What the database refuses, as errors that a person can act on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from ingest.errors import ProtectedError

_CLASS = "PB"


@contextmanager
def refusals() -> Iterator[None]:
    """Turn refusals of our own functions (SQLSTATE class PB) into :class:`ProtectedError`; all else goes on as it is.

    The code is the SQLSTATE, the mend is the hint. The transaction is lost, as after any error.
    """
    try:
        yield
    except psycopg.Error as error:
        said = error.diag
        if not (said.sqlstate or "").startswith(_CLASS):
            raise
        raise ProtectedError(said.sqlstate, said.message_primary, said.message_hint or "") from error


def refuse_standby(connection: psycopg.Connection) -> None:
    """Raise :class:`ProtectedError` where a subscription brings the rows, before what nobody takes back."""
    with refusals():
        connection.execute("select reservation.refuse_standby()")
