"""Credentials by reference: a settings file names where a secret is, and never the secret."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from ingest.errors import SettingsError

_LONGEST = 64 * 1024


class Secret(BaseModel):
    """Where a secret is: the name of an environment variable, or a file that holds nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    env: str | None = None
    file: Path | None = None

    @model_validator(mode="after")
    def _is_one_place(self) -> Secret:
        if (self.env is None) == (self.file is None):
            raise ValueError("name one place: {env: NAME_OF_A_VARIABLE} or {file: /path/of/a/secret}")
        return self

    def read(self, inbox_name: str, folder: Path) -> str:
        """The secret itself, without the line break at its end; a missing one is said by its place."""
        if self.env is not None:
            value = os.environ.get(self.env, "")
            place, mend = f"the environment variable {self.env}", f"Set {self.env} for the processes of partsbay."
        else:
            path = folder / self.file
            place, mend = f"the file {path}", f"Write the secret into {path}, readable by partsbay alone."
            try:
                with path.open(encoding="utf-8") as file:
                    value = file.read(_LONGEST).rstrip("\r\n")
            except (OSError, UnicodeDecodeError):
                value = ""
        if not value:
            raise SettingsError("NO_SECRET", f"inbox {inbox_name}: {place} holds no secret", mend)
        return value


class Credentials(BaseModel):
    """What an inbox asks for; each part by reference. ``private_key`` is the key itself, as a file holds it."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    user: str | None = None
    password: Secret | None = None
    private_key: Secret | None = None
    passphrase: Secret | None = None
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    bearer_token: Secret | None = None

    def check(self, inbox_name: str, folder: Path) -> None:
        """Read every secret that is named, and keep none; a missing one is an error that says its place."""
        for name in type(self).model_fields:
            if isinstance(secret := getattr(self, name), Secret):
                secret.read(inbox_name, folder)
