"""Settings from the environment, once, and the databases they name."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Literal

import psycopg
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.database.migrate import check_not_newer, known_revisions
from deploy.stack.stack import DATABASES, Stack, check_reachable
from ingest.errors import ProtectedError, SettingsError, UnreachableError
from ingest.profiles.folder import INBOXES_FILE
from ingest.readers.limits import limits_from
from ingest.thresholds import Thresholds

Role = Literal["owner", "pipeline", "analyst", "replication"]


class Settings(BaseSettings):
    """Every setting: ``PARTSBAY_<NAME>`` in the environment or, with less weight, in ``partsbay.env`` of the home.

    A database URL that is not set means the local stack.
    """

    model_config = SettingsConfigDict(env_prefix="PARTSBAY_", env_ignore_empty=True, extra="ignore")

    home: Path = Path(".partsbay")
    primary_url: str | None = Field(None, repr=False)
    standby_url: str | None = Field(None, repr=False)
    warehouse_url: str | None = Field(None, repr=False)
    dagster_url: str | None = Field(None, repr=False)
    # The primary as the standby's server reaches it, where that is another address than ours.
    replication_url: str | None = Field(None, repr=False)
    # Where raw bytes are kept; a folder of the home unless set.
    landing_url: str | None = None
    # The folder that senders put files into.
    drop: Path | None = None
    # The folder of partner profiles; of the home unless set.
    profiles: Path | None = None
    # Other places that senders put files into; inboxes.yaml beside the profiles unless set.
    inboxes: Path | None = None
    # Other caps on what a file may ask of us than those of the code: name=number, name=number.
    limits: str = ""
    # The one moment that every model looks from; now unless set.
    as_of: datetime | None = None
    # Where forecasts are made: here unless set, else dask, ray or spark, as the configuration of each says.
    forecast_engine: Literal["", "dask", "ray", "spark"] = ""
    # Signs the anchors of the audit: the key, or a file that holds it.
    anchor_key: SecretStr | None = None
    anchor_key_file: Path | None = None
    # Whether the check of the ledgers writes anew what is derived from them and differs.
    mend: bool = True
    region: Literal["primary", "standby"] = "primary"
    postgres_bin: Path | None = None
    postgres_user: str | None = None

    @field_validator("home")
    @classmethod
    def _absolute(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @field_validator("as_of")
    @classmethod
    def _in_utc(cls, moment: datetime | None) -> datetime | None:
        """A time without a zone is UTC."""
        if moment is None:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    @field_validator("primary_url", "standby_url", "warehouse_url", "dagster_url", "replication_url")
    @classmethod
    def _is_postgres(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("a database URL begins with postgresql://")
        return url

    @field_validator("limits")
    @classmethod
    def _are_limits(cls, text: str) -> str:
        limits_from(text)
        return text

    @property
    def thresholds(self) -> Thresholds:
        """How much a file may ask of us, and how many bad rows it may have."""
        return Thresholds(limits=limits_from(self.limits))

    @property
    def drop_folder(self) -> Path:
        """The drop folder, absolute."""
        return self.drop.expanduser().absolute() if self.drop else self.home / "drop"

    @property
    def profiles_folder(self) -> Path:
        """The folder of partner profiles, absolute; it need not exist."""
        return self.profiles.expanduser().absolute() if self.profiles else self.home / "profiles"

    @property
    def outcomes_folder(self) -> Path:
        """The folder of what became of each batch, for its sender."""
        return self.home / "outcomes"

    @property
    def outbox_folder(self) -> Path:
        """The folder of orders for suppliers."""
        return self.home / "outbox"

    @property
    def anchors_folder(self) -> Path:
        """The folder of where the audit chains ended, for ``partsbay audit verify``."""
        return self.home / "anchors"

    @property
    def anchor_secret(self) -> bytes | None:
        """The key that signs anchors; None where none is set."""
        if self.anchor_key:
            return self.anchor_key.get_secret_value().encode()
        if self.anchor_key_file is None:
            return None
        try:
            return self.anchor_key_file.expanduser().read_bytes().strip()
        except OSError as error:
            words = f"PARTSBAY_ANCHOR_KEY_FILE cannot be read: {error.strerror}"
            raise SettingsError("settings", words, "Name a file that this account may read.") from None

    @property
    def inboxes_file(self) -> Path | None:
        """The file that describes inboxes beside the drop folder: the one set, or the usual one where it is there."""
        if self.inboxes:
            return self.inboxes.expanduser().absolute()
        usual = self.profiles_folder / INBOXES_FILE
        return usual if usual.is_file() else None

    @property
    def landing_folder(self) -> Path:
        """The folder of raw bytes, absolute: of the home, unless set as a path or a file URL."""
        if self.landing_url is None:
            return self.home / "landing"
        return Path(self.landing_url.removeprefix("file://")).expanduser().absolute()

    @property
    def urls(self) -> dict[str, str]:
        """The databases that a URL replaces."""
        named = {name: getattr(self, f"{name}_url") for name in DATABASES}
        return {name: url for name, url in named.items() if url}


def get_settings() -> Settings:
    """The settings of this process; a wrong one is refused with its name."""
    home = Path(os.environ.get("PARTSBAY_HOME") or ".partsbay").expanduser().absolute()
    try:
        return Settings(_env_file=home / "partsbay.env")
    except ValidationError as wrong:
        # The value is left out: it may hold a password.
        said = "; ".join(
            f"PARTSBAY_{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in wrong.errors()
        )
        raise SettingsError("settings", said, "Correct or unset it in the environment or in partsbay.env.") from None


class Databases:
    """The URLs of the four databases, per role, each checked when it is first asked for.

    An address is handed out only for a database that answers and whose schema this code knows.
    """

    def __init__(self, settings: Settings | None = None):
        self.settings = settings or get_settings()
        self._checked: set[str] = set()

    @cached_property
    def stack(self) -> Stack:
        """The local stack these databases belong to."""
        given = self.settings
        return Stack(given.home, given.postgres_bin, given.postgres_user, given.urls, given.replication_url)

    def primary(self, role: Role) -> str:
        """The libpq URL of the primary region's database."""
        return self._url("primary", role)

    def standby(self, role: Role) -> str:
        """The libpq URL of the standby region's database."""
        return self._url("standby", role)

    def warehouse(self, role: Role) -> str:
        """The libpq URL of the analytics warehouse."""
        return self._url("warehouse", role)

    def dagster(self) -> str:
        """The libpq URL of Dagster's own storage."""
        return self._url("dagster", "pipeline")

    def require_up(self) -> None:
        """Fail with the next step unless every database answers and has the schema of this code."""
        down = [name for name in DATABASES if not self.stack.is_running(name)]
        if down:
            raise UnreachableError("stack_down", f"Not running: {', '.join(down)}.", "Run partsbay up.")
        for name in DATABASES:
            self._url(name, "pipeline")

    def _url(self, name: str, role: str) -> str:
        url = self.stack.url(name, role)
        if name not in self._checked:
            self._check(name)
            self._checked.add(name)
        return url

    def _check(self, name: str) -> None:
        if name in self.settings.urls:
            check_reachable(self.settings.urls[name], f"PARTSBAY_{name.upper()}_URL")
        kind = DATABASES[name][3]
        if kind is None:
            return
        try:
            revision = check_not_newer(self.stack.url(name, "pipeline"), kind)
        except psycopg.OperationalError as error:
            said = " ".join(str(error).split())
            raise UnreachableError(
                "database_unreachable", f"The {name} database does not answer: {said}", "Run partsbay doctor."
            ) from None
        if revision != known_revisions(kind)[-1]:
            raise ProtectedError(
                "schema_older",
                f"The {name} database is at revision {revision or 'none'}; this version of partsbay needs "
                f"{known_revisions(kind)[-1]}.",
                "Run partsbay up; it migrates.",
            )
