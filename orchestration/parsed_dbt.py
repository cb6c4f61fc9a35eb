"""dbt with the project as it was parsed already: every run states another moment, and dbt would parse anew for it.

Takes the arguments of dbt. What is parsed is read from where :func:`orchestration.manifest.ensure_manifest` keeps it;
only the name of the database is of the run. Nothing of Dagster is imported here: it would take longer than dbt itself.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from importlib.metadata import version

from assets.manifest import MANIFEST
from orchestration.dbt_gates import hold_up_what_is_read
from orchestration.dbt_order import take_longest_way_first

PARSED = MANIFEST.with_name("partial_parse.msgpack")


def main() -> None:
    """The program ``partsbay-dbt``; its exit codes are those of dbt."""
    if sys.argv[1:] == ["--version"]:
        # Dagster asks before every run.
        print(f"Core:\n  - installed: {version('dbt-core')}")
        return
    # A million objects that all stay: looking through them for garbage would be a third of the start.
    gc.disable()
    from dbt.cli.main import dbtRunner

    take_longest_way_first()
    hold_up_what_is_read()
    parsed = _parsed()
    if parsed and sys.argv[1:2] == ["build"]:
        # It lies beside what was read; to write it again takes longer than most models.
        type(parsed).write = lambda manifest, path: None
    runner = dbtRunner(manifest=parsed)
    gc.freeze()
    gc.enable()
    result = runner.invoke(sys.argv[1:])
    if result.exception:
        print(result.exception, file=sys.stderr)
    sys.exit(0 if result.success else 2 if result.exception else 1)


def _parsed():
    """The parsed project on the database of this run; None where nothing was parsed, and dbt does."""
    if not PARSED.exists():
        return None
    manifest = _read()
    name = os.environ["PARTSBAY_DBT_DBNAME"]
    for node in [*manifest.nodes.values(), *manifest.sources.values()]:
        node.database = name
        if node.resource_type in ("model", "seed", "source"):
            node.relation_name = f'"{name}"."{node.schema}"."{node.identifier}"'
    manifest.build_flat_graph()
    return manifest


def _read():
    """What dbt parsed, kept beside it in the form that Python reads ten times as fast."""
    kept = PARSED.with_name(f"parsed.{version('dbt-core')}.{sys.implementation.cache_tag}.pickle")
    if kept.exists() and kept.stat().st_mtime_ns > PARSED.stat().st_mtime_ns:
        return pickle.loads(kept.read_bytes())
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    manifest = Manifest.from_msgpack(PARSED.read_bytes(), decoder=extended_mashumuro_decoder)
    part = kept.with_name(f"{kept.name}.{os.getpid()}")
    part.write_bytes(pickle.dumps(manifest))
    part.replace(kept)
    return manifest
