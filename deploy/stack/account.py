"""Which operating system account runs the servers, and what it can reach."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ingest.errors import SettingsError


@dataclass(frozen=True)
class Account:
    """An account of this machine; ``is_self`` when it is the one we run as already."""

    name: str
    uid: int
    gid: int
    is_self: bool

    @property
    def child(self) -> dict:
        """Arguments for ``subprocess`` that make a child run as this account and start in a folder it may enter."""
        if self.is_self:
            return {"cwd": "/", "umask": 0o077}
        return {"cwd": "/", "umask": 0o077, "user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or folder to this account."""
        if not self.is_self:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Whether the account may reach and enter an existing folder."""
        return subprocess.run(["test", "-x", str(folder)], **self.child).returncode == 0

    def can_run(self, program: Path) -> bool:
        """Whether the account may start a program."""
        try:
            done = subprocess.run([str(program), "--version"], capture_output=True, **self.child)
        except OSError:
            return False
        return done.returncode == 0


def choose_account(user: str | None = None) -> Account:
    """The account for the servers: oneself, or as root (which PostgreSQL refuses) ``user``, by default ``nobody``."""
    me = pwd.getpwuid(os.geteuid())
    if me.pw_uid != 0:
        if user and user != me.pw_name:
            raise SettingsError(
                "postgres_user",
                f"PARTSBAY_POSTGRES_USER is {user!r}, but only root may run servers as another account.",
                "Unset PARTSBAY_POSTGRES_USER, or run as root.",
            )
        return Account(me.pw_name, me.pw_uid, me.pw_gid, is_self=True)
    name = user or "nobody"
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise SettingsError(
            "postgres_user",
            f"There is no account {name!r} on this machine to run PostgreSQL as.",
            "Set PARTSBAY_POSTGRES_USER to an existing account that is not root.",
        ) from None
    if entry.pw_uid == 0:
        raise SettingsError(
            "postgres_user",
            "PostgreSQL refuses to run as root.",
            "Set PARTSBAY_POSTGRES_USER to an existing account that is not root.",
        )
    return Account(name, entry.pw_uid, entry.pw_gid, is_self=False)
