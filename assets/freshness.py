"""Whether every partner has sent what its calendar says, per kind: one late partner is not hidden by another's file."""

from collections.abc import Iterable
from datetime import UTC, datetime

import dagster as dg

from assets import names
from assets.resources import Folders, InventoryDatabase
from ingest.contracts import CONTRACTS
from ingest.freshness import Feed, State, partner_freshness

CHECK = "feeds_on_time"
LISTED = 200

_ASSETS = {value for value in vars(names).values() if isinstance(value, dg.AssetKey)}
# Kind → the asset of the store table that its files fill.
ASSET_OF = {
    kind: key for kind, contract in CONTRACTS.items() if (key := dg.AssetKey(contract.relation.split("."))) in _ASSETS
}


@dg.multi_asset_check(
    name="feeds",
    specs=[
        dg.AssetCheckSpec(
            CHECK, asset=key, description=f"Every partner has sent its {kind} file when its calendar says so."
        )
        for kind, key in ASSET_OF.items()
    ],
    can_subset=True,
)
def feeds_on_time(
    context: dg.AssetCheckExecutionContext, inventory_db: InventoryDatabase, folders: Folders
) -> Iterable[dg.AssetCheckResult]:
    """A check per kind, with a row for each of its partners."""
    with inventory_db.connect() as connection:
        feeds = partner_freshness(connection, folders.partner_profiles(), datetime.now(UTC))
    wanted = {check.asset_key for check in context.selected_asset_check_keys}
    for kind, key in ASSET_OF.items():
        if key not in wanted:
            continue
        found = verdict([feed for feed in feeds if feed.kind == kind])
        yield dg.AssetCheckResult(asset_key=key, check_name=CHECK, **found)


def verdict(feeds: list[Feed]) -> dict:
    """What a check says of the feeds of one kind: whether it passes, how bad it is, and a row for each partner."""
    late = [feed for feed in feeds if feed.is_late]
    expected = [feed for feed in feeds if feed.state]
    is_error = any(feed.state in (State.STALE, State.SILENT) for feed in late)
    first = f"; worst: {late[0]}" if late else ""
    metadata: dict = {
        "summary": f"{len(late)} of {len(expected)} partners with a calendar are late{first}.",
        "failed_rows": len(late),
    }
    if feeds:
        metadata["partners"] = dg.MetadataValue.table([dg.TableRecord(_row(feed)) for feed in feeds[:LISTED]])
    return {
        "passed": not late,
        "severity": dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        "metadata": metadata,
    }


def _row(feed: Feed) -> dict[str, str | int]:
    return {
        "partner": feed.source_code,
        "state": feed.state.value if feed.state else "no calendar",
        "missed": feed.missed_count,
        "due": _moment(feed.due_at),
        "last accepted": _moment(feed.last_accepted_at),
        "last file": f"{feed.last_file_name} ({feed.last_state})" if feed.last_file_name else "",
    }


def _moment(value: datetime | None) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else ""
