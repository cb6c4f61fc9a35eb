"""What two or more asset modules use: the asset of a feed, and check adapters."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

import dagster as dg
import psycopg

from assets.manifest import source_columns, source_description
from assets.names import BATCHES, DATA_ENGINEERING
from assets.resources import Folders, InventoryDatabase
from ingest.batches import BatchSummary, check_outcomes, waiting_batches
from ingest.contracts import Contract
from ingest.faults import hold_for_defect, may_pass
from ingest.ledgers import row_count
from ingest.pipeline import process
from ingest.references import answered_batches
from ingest.small_files import judged_ahead
from ingest.verdicts import Verdict

SAMPLE_SIZE = 20


def store_metadata(key: dg.AssetKey) -> dict:
    """What is known of a store table before it is ever filled: its name and its columns."""
    return {"dagster/table_name": ".".join(key.path), "dagster/column_schema": source_columns(key)}


def nothing_more(connection: psycopg.Connection, outcomes: list[BatchSummary]) -> dict:
    """What a kind of file says about its batches where counts of rows say it all."""
    return {}


def feed_asset(
    contract: Contract,
    key: dg.AssetKey,
    deps: Sequence[dg.AssetKey] = (),
    also: str = "",
    tell: Callable[[psycopg.Connection, list[BatchSummary]], dict] = nothing_more,
) -> dg.AssetsDefinition:
    """The asset of a store table that files of one kind fill.

    Takes every landed batch of the kind in order of arrival, then those that waited for
    the catalogue. Each batch is one transaction; a bad row or a bad batch never stops the
    others. Nothing waiting means nothing done. ``tell`` adds to the metadata of a run.
    """

    @dg.asset(
        key=key,
        group_name=contract.store,
        owners=[DATA_ENGINEERING],
        kinds={"postgres", "great_expectations"},
        deps=[BATCHES, *deps],
        description=f"{source_description(key)}\n\nFiles of kind `{contract.kind}` fill it. {also}".strip(),
        metadata=store_metadata(key),
        check_specs=[
            dg.AssetCheckSpec("expectations", asset=key, description="No row of the newest batches went to quarantine.")
        ],
        op_tags={"store": contract.store},
    )
    def _feed(
        context: dg.AssetExecutionContext, inventory_db: InventoryDatabase, folders: Folders
    ) -> dg.MaterializeResult:
        with inventory_db.connect() as connection:
            waiting = [batch for batch in waiting_batches(connection) if batch.kind == contract.kind]
            # What named an unknown garage, supplier or part is taken again once the catalogue has it.
            answered = answered_batches(connection, [contract.kind])
            outcomes, profiles, landing = [], folders.partner_profiles(), folders.path("landing")
            thresholds = folders.thresholds()
            judged = judged_ahead(waiting, landing, _judge, profiles, thresholds.limits)
            for batch_id in chain((batch.batch_id for batch in judged), answered):
                try:
                    outcome = process(
                        connection,
                        landing,
                        batch_id,
                        judge=_judge,
                        run_id=context.run.run_id,
                        profiles=profiles,
                        thresholds=thresholds,
                        again=batch_id in answered,
                    )
                except Exception as error:
                    if may_pass(error):
                        raise
                    context.log.exception("batch %s is set aside", batch_id)
                    outcome = hold_for_defect(connection, batch_id, error)
                outcomes.append(outcome)
                context.log.info(
                    "%s: %s, %s rows accepted, %s in quarantine",
                    outcome.file_name,
                    outcome.state,
                    outcome.rows_accepted,
                    outcome.rows_quarantined,
                )
            if not outcomes:
                context.log.info("No batch of kind %s waits; nothing to do.", contract.kind)
            results = check_outcomes(connection, [outcome.batch_id for outcome in outcomes])
            told = tell(connection, outcomes)
        return dg.MaterializeResult(
            metadata={**batch_metadata(outcomes), **told},
            check_results=[expectations_result(contract.kind, outcomes, results)],
        )

    return _feed


def entered_asset(key: dg.AssetKey, deps: Sequence[dg.AssetKey], words: str) -> dg.AssetsDefinition:
    """The asset of a store table that acts and other lines fill: nothing to write, so its rows are counted."""

    @dg.asset(
        key=key,
        group_name=key.path[0],
        owners=[DATA_ENGINEERING],
        kinds={"postgres"},
        deps=deps,
        description=f"{source_description(key)}\n\n{words}",
        metadata=store_metadata(key),
    )
    def _entered(inventory_db: InventoryDatabase) -> dg.MaterializeResult:
        with inventory_db.connect() as connection:
            return dg.MaterializeResult(metadata={"dagster/row_count": row_count(connection, *key.path)})

    return _entered


def _judge(*given: Any) -> Verdict:
    """The judge, whose libraries are loaded when something is judged: that takes seconds."""
    from expectations.judge import judge

    return judge(*given)


def batch_metadata(outcomes: list[BatchSummary]) -> dict:
    """Counts over the batches of a run, as numbers that can be plotted, and a row for each batch."""
    total = {
        name: sum(getattr(outcome, name) for outcome in outcomes)
        for name in ("rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_held")
    }
    shown = [
        dg.TableRecord(
            {name: str(value) for name, value in asdict(outcome).items() if name not in ("seconds", "error_code")}
        )
        for outcome in outcomes[:SAMPLE_SIZE]
    ]
    return {
        "dagster/row_count": total["rows_accepted"],
        "batch_count": len(outcomes),
        **total,
        **({"batches": dg.MetadataValue.table(shown)} if shown else {}),
    }


def expectations_result(kind: str, outcomes: list[BatchSummary], results: list[dict]) -> dg.AssetCheckResult:
    """What Great Expectations and the loader found on the batches of a run, in a sentence and in rows."""
    bad = sum(outcome.rows_quarantined for outcome in outcomes)
    read = sum(outcome.rows_read for outcome in outcomes)
    rejected = [outcome for outcome in outcomes if outcome.state in ("REJECTED", "HELD")]
    failed = [result for result in results if not result["is_success"]]
    sentence = (
        f"No batch of kind {kind} was waiting."
        if not outcomes
        else f"{bad} of {read} rows went to quarantine; {len(rejected)} of {len(outcomes)} batches were refused."
    )
    metadata: dict = {"summary": sentence, "failed_rows": bad, "rejected_batches": len(rejected)}
    if failed:
        metadata["failed_expectations"] = dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "expectation": result["check_name"],
                        "column": result["column_name"] or "",
                        "severity": result["severity"],
                        "failed rows": result["failed_count"],
                        "of": result["evaluated_count"],
                        "samples": str(result["details"].get("samples", ""))[:400],
                    }
                )
                for result in failed[:SAMPLE_SIZE]
            ]
        )
    if bad:
        metadata["look"] = "partsbay quarantine list"
    return dg.AssetCheckResult(
        passed=not bad and not rejected,
        check_name="expectations",
        severity=dg.AssetCheckSeverity.ERROR if rejected else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def proof(check_name: str, rows: int, breaches: list, words: str) -> dg.MaterializeResult:
    """The result of an asset that others wrote: its rows, and a check that passes when nothing breaches it."""
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows},
        check_results=[
            dg.AssetCheckResult(
                passed=not breaches,
                check_name=check_name,
                metadata={
                    "summary": f"{len(breaches)} {words}, of {rows}.",
                    "failed_rows": len(breaches),
                    "first": str(breaches[:5]),
                },
            )
        ],
    )
