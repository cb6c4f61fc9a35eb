"""What ingestion is measured beside: the server's own COPY, and dlt in an environment of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from deploy.stack.urls import libpq_url
from ingest.errors import PartsbayError
from orchestration.benchmarks.lines import COLUMNS

_HERE = Path(__file__).parent
_INSTALL_SECONDS = 600


class YardstickError(PartsbayError):
    """A yardstick cannot be had here; the measurement goes on without it."""


def raw_copy(owner_url: str, file: Path, has_key: bool) -> float:
    """Seconds of COPY into an empty table of the same columns and types, with the columns of the key or without key."""
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("create schema if not exists bench")
        connection.execute("drop table if exists bench.raw_copy")
        connection.execute(
            sql.SQL("create table bench.raw_copy as select {} from supplier_feed.offers with no data").format(names)
        )
        if has_key:
            connection.execute(
                "alter table bench.raw_copy"
                " add primary key (supplier_code, part_number, brand_code, price_type_code, stated_at)"
            )
        started = time.perf_counter()
        statement = sql.SQL("copy bench.raw_copy ({}) from stdin (format csv, header)").format(names)
        with connection.cursor() as cursor, cursor.copy(statement) as copy, file.open("rb") as source:
            while part := source.read(1024 * 1024):
                copy.write(part)
        seconds = time.perf_counter() - started
        connection.execute("drop table bench.raw_copy")
    return seconds


class Dlt:
    """dlt, in an environment that is made once below ``folder``."""

    def __init__(self, folder: Path):
        self._folder = folder / "dlt"

    def install(self) -> None:
        """Make the environment; raises ``YardstickError`` where its packages cannot be had."""
        wanted = (_HERE / "dlt-requirements.txt").read_text()
        mark = self._folder / "installed.txt"
        if mark.is_file() and mark.read_text() == wanted:
            return
        shutil.rmtree(self._folder, ignore_errors=True)
        requirements = str(_HERE / "dlt-requirements.txt")
        try:
            _run([sys.executable, "-m", "venv", str(self._folder)])
            _run([str(self._python), "-m", "pip", "install", "--quiet", "-r", requirements])
        except (OSError, subprocess.SubprocessError) as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            said = getattr(error, "stderr", None) or str(error)
            raise YardstickError(
                "NO_DLT",
                f"dlt could not be installed: {said.strip().splitlines()[-1][:300] if said.strip() else error}",
                "Check the way to the package index, or measure with --no-dlt.",
            ) from None
        mark.write_text(wanted)

    def load(self, url: str, file: Path, folder: Path) -> float:
        """Seconds of loading the file into a fresh data set of a database."""
        state = folder / f"dlt_{time.time_ns()}"
        command = [str(self._python), str(_HERE / "dlt_load.py"), str(file), str(state), "bench_dlt"]
        try:
            done = subprocess.run(command, input=_as_url(url), capture_output=True, text=True, check=True)
        except subprocess.CalledProcessError as error:
            raise YardstickError(
                "DLT_FAILED", f"dlt did not load the file: {error.stderr.strip()[-300:]}", "See above."
            ) from None
        finally:
            shutil.rmtree(state, ignore_errors=True)
        return json.loads(done.stdout.splitlines()[-1])["seconds"]

    @property
    def _python(self) -> Path:
        return self._folder / "bin" / "python"


def _as_url(given: str) -> str:
    """The address in the one spelling that dlt reads."""
    parts = conninfo.conninfo_to_dict(given)
    return libpq_url(parts["host"], int(parts["port"]), parts["dbname"], parts["user"], parts["password"])


def _run(command: list[str]) -> None:
    subprocess.run(command, capture_output=True, text=True, check=True, timeout=_INSTALL_SECONDS)
