"""Assets read dbt's manifest when they are imported, and a fresh copy of the project has none yet."""

from __future__ import annotations

from orchestration.manifest import ensure_manifest

ensure_manifest()
