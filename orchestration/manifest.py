"""Keep dbt's manifest as new as the models: parsed once per change, and never while a run waits for it twice."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

from assets.manifest import MANIFEST, PROJECT_FOLDER
from ingest.errors import PartsbayError
from ingest.generations import models_hash

STAMP = MANIFEST.with_name("manifest.of")
# dbt wants its profile's variables even to parse, which opens no connection.
NOWHERE = {"PARTSBAY_DBT_HOST": "127.0.0.1", "PARTSBAY_DBT_DBNAME": "none"}


def ensure_manifest() -> Path:
    """Parse the dbt project if a model, test or seed changed since the last time; a few seconds when it did."""
    MANIFEST.parent.mkdir(exist_ok=True)
    with (MANIFEST.parent / "manifest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = models_hash(PROJECT_FOLDER)
        if MANIFEST.exists() and STAMP.exists() and STAMP.read_text() == wanted:
            return MANIFEST
        _parse()
        STAMP.write_text(wanted)
    return MANIFEST


def _parse() -> None:
    dbt = Path(sys.executable).with_name("dbt")
    command = [
        str(dbt),
        "--quiet",
        "parse",
        "--project-dir",
        str(PROJECT_FOLDER),
        "--profiles-dir",
        str(PROJECT_FOLDER),
    ]
    result = subprocess.run(command, env=NOWHERE | os.environ, capture_output=True, text=True)
    if result.returncode != 0:
        raise PartsbayError(
            "models_unreadable",
            f"dbt cannot read its project: {(result.stdout + result.stderr).strip()[-2000:]}",
            "Mend the model or yml file that dbt names, then run the command again.",
        )
