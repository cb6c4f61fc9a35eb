"""What a Dagster or dbt process needs in its environment, and the folder Dagster lives in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from psycopg import conninfo

from orchestration.environments import Databases

INSTANCE_FILE = Path(__file__).resolve().parent.parent / "deploy" / "dagster.yaml"
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "DO_NOT_TRACK": "1",
    "GX_ANALYTICS_ENABLED": "false",
}


def enter(databases: Databases) -> Path:
    """Give this process, and those it starts, the addresses of the databases; return Dagster's folder.

    Writes the instance file of Dagster into its folder. Fails when a database does not answer.
    """
    folder = databases.settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "logs").mkdir(exist_ok=True)
    shutil.copyfile(INSTANCE_FILE, folder / "dagster.yaml")
    os.environ.update(environment(databases))
    return folder


def environment(databases: Databases) -> dict[str, str]:
    """Variables that ``deploy/dagster.yaml``, the resources and dbt's profile read."""
    settings = databases.settings
    home = settings.home
    primary = databases.primary("pipeline")
    return dbt_environment(primary, home / "dagster") | {
        "DAGSTER_HOME": str(home / "dagster"),
        "PARTSBAY_HOME": str(home),
        "PARTSBAY_DAGSTER_FOLDER": str(home / "dagster"),
        "PARTSBAY_DAGSTER_LOGS": str(home / "dagster" / "logs"),
        # Spelled with its driver: dagster-postgres speaks psycopg2, which SQLAlchemy no longer takes by itself.
        "PARTSBAY_DAGSTER_STORAGE_URL": "postgresql+psycopg2://" + databases.dagster().split("://", 1)[1],
        "PARTSBAY_PRIMARY_PIPELINE_URL": primary,
        "PARTSBAY_WAREHOUSE_PIPELINE_URL": databases.warehouse("pipeline"),
        "PARTSBAY_CLOCK": settings.as_of.isoformat() if settings.as_of else "",
        "PARTSBAY_FORECAST_ENGINE": settings.forecast_engine,
        "PARTSBAY_FOLDER_DROP": str(settings.drop_folder),
        "PARTSBAY_FOLDER_LANDING": str(settings.landing_folder),
        "PARTSBAY_FOLDER_EXPORTS": str(home / "exports"),
        "PARTSBAY_FOLDER_REPORTS": str(home / "reports"),
        "PARTSBAY_FOLDER_DATA_DOCS": str(home / "data_docs"),
        "PARTSBAY_FOLDER_OUTCOMES": str(settings.outcomes_folder),
        "PARTSBAY_FOLDER_OUTBOX": str(settings.outbox_folder),
        "PARTSBAY_FOLDER_PROFILES": str(settings.profiles_folder),
        "PARTSBAY_FOLDER_ANCHORS": str(settings.anchors_folder),
        "PARTSBAY_ANCHOR_SECRET": (settings.anchor_secret or b"").decode(),
        "PARTSBAY_INBOXES_FILE": str(settings.inboxes_file or ""),
        "PARTSBAY_READING_LIMITS": settings.limits,
        "PARTSBAY_LEDGER_MENDING": "on" if settings.mend else "off",
    }


def dbt_environment(url: str, folder: Path) -> dict[str, str]:
    """Variables that dbt's profile reads for the database of a libpq URL; logs go below ``folder``."""
    parts = conninfo.conninfo_to_dict(url)
    return QUIET | {
        "PARTSBAY_DBT_HOST": str(parts["host"]),
        "PARTSBAY_DBT_PORT": str(parts.get("port", 5432)),
        "PARTSBAY_DBT_USER": str(parts.get("user", "")),
        "PARTSBAY_DBT_PASSWORD": str(parts.get("password", "")),
        "PARTSBAY_DBT_DBNAME": str(parts["dbname"]),
        "DBT_LOG_PATH": str(folder / "dbt_logs"),
        # What it does statement by statement would be a tenth of its work to write down.
        "DBT_LOG_LEVEL_FILE": "info",
    }
