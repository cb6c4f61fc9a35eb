"""Passwords of the local clusters: made once, kept where only their owner can read them."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ingest.errors import SettingsError


class Passwords:
    """One file per cluster and role below ``folder`` (0700), each 0600."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, cluster: str, role: str) -> Path:
        return self.folder / f"{cluster}.{role}"

    def has(self, cluster: str, role: str) -> bool:
        return self.path(cluster, role).exists()

    def get(self, cluster: str, role: str) -> str:
        """The password of a role, which ``partsbay up`` has made before."""
        try:
            return self.path(cluster, role).read_text()
        except FileNotFoundError:
            raise SettingsError(
                "password_missing", f"{self.path(cluster, role)} is missing.", "Run partsbay up; it makes a new one."
            ) from None
        except PermissionError:
            raise SettingsError(
                "password_unreadable",
                f"{self.path(cluster, role)} may not be read by this account.",
                "Run partsbay as the account that ran partsbay up.",
            ) from None

    def make(self, cluster: str, role: str) -> str:
        """The password of a role, made now if there is none."""
        if self.has(cluster, role):
            return self.get(cluster, role)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.chmod(0o700)
        # Written beside and renamed, so that a file cut short is never taken for a password.
        unfinished = self.path(cluster, f".{role}.{os.getpid()}")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        unfinished.rename(self.path(cluster, role))
        return self.get(cluster, role)

    def readable_by_others(self) -> list[Path]:
        """Files and the folder itself whose modes let others in."""
        if not self.folder.exists():
            return []
        return [path for path in (self.folder, *sorted(self.folder.iterdir())) if path.stat().st_mode & 0o077]
