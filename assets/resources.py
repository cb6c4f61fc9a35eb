"""The resources that assets name in their signatures; ``orchestration`` says which instance each environment gets."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import psycopg
from dagster_dbt import DbtCliResource

from ingest.arrival.inboxes import Inbox, read_inboxes
from ingest.profiles.folder import Profiles
from ingest.readers.limits import limits_from
from ingest.thresholds import Thresholds


class InventoryDatabase(dg.ConfigurableResource):
    """The primary region's database, as the pipeline role."""

    url: str

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """A connection in autocommit mode: transactions are opened where they are meant."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection


class WarehouseDatabase(dg.ConfigurableResource):
    """The analytics warehouse, as the role that publishes."""

    url: str

    @contextmanager
    def connect(self) -> Iterator[psycopg.Connection]:
        """A connection in autocommit mode."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            yield connection


class Folders(dg.ConfigurableResource):
    """Where files arrive, are kept for ever, and are written for people."""

    drop: str
    landing: str
    exports: str
    reports: str
    data_docs: str
    profiles: str
    outcomes: str
    outbox: str
    # The file that describes inboxes beside the drop folder; none when empty.
    inboxes: str = ""
    # Other caps on what a file may ask than those of the code.
    limits: str = ""

    def thresholds(self) -> Thresholds:
        """How much a file may ask of us, and how many bad rows it may have."""
        return Thresholds(limits=limits_from(self.limits))

    def partner_profiles(self) -> Profiles:
        """How each partner's files are read."""
        return Profiles(Path(self.profiles))

    def all_inboxes(self) -> list[Inbox]:
        """The drop folder and every inbox that is described."""
        return read_inboxes(self.path("drop"), Path(self.inboxes) if self.inboxes else None)

    def path(self, name: str) -> Path:
        """One of the folders above, made if it is missing."""
        folder = Path(getattr(self, name))
        folder.mkdir(parents=True, exist_ok=True)
        return folder


class Mending(dg.ConfigurableResource):
    """Whether a check may write anew what is derived from the ledgers and differs from them."""

    switch: str

    def is_on(self) -> bool:
        """What the switch says: on or off."""
        return self.switch == "on"


class Anchors(dg.ConfigurableResource):
    """Where the ends of the audit chains are kept outside of the database, and the key that signs them."""

    folder: str
    key: str = ""

    def path(self) -> Path:
        """The folder of anchors, made if it is missing."""
        folder = Path(self.folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def secret(self) -> bytes | None:
        """The key, or None where anchors are not signed."""
        return self.key.encode() or None


class ForecastEngine(dg.ConfigurableResource):
    """Where forecasts are made: here when empty, else dask, ray or spark."""

    name: str = ""


class Clock(dg.ConfigurableResource):
    """The moment that a run computes for: fixed, or when the run was made."""

    fixed: str = ""

    def moment(self) -> datetime | None:
        """The fixed moment in UTC, or None when the clock runs."""
        return datetime.fromisoformat(self.fixed).astimezone(UTC) if self.fixed else None

    def as_of(self, context: dg.AssetExecutionContext) -> datetime:
        """The as-of of this run, the same for all its steps, in UTC and whole minutes."""
        if moment := self.moment():
            return moment
        record = context.instance.get_run_record_by_id(context.run.run_id)
        return record.create_timestamp.astimezone(UTC).replace(second=0, microsecond=0)


class Dbt(DbtCliResource):
    """dbt on the models, without a second handle to the database.

    Dagster would parse all macros of dbt before every run for one, to count rows and read columns, which nothing here
    asks of it.
    """

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> None:
        return None
