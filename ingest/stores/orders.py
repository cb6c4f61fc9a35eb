"""On what terms suppliers take orders, what they answer to them and what they announce as shipped."""

from __future__ import annotations

from ingest import contracts
from ingest.stores.catalogue import Versions
from ingest.stores.loading import UNKNOWN_SUPPLIER
from ingest.stores.statements import statements_of

_TERMS = (
    "currency_code", "minimum_order_amount", "free_freight_amount", "freight_amount", "hazmat_fee_amount",
    "discount_pct", "core_return_pct", "order_weekdays", "cut_off_at",
)  # fmt: skip

SUPPLIER_TERMS = Versions(
    contracts.SUPPLIER_TERMS,
    key=("supplier_code",),
    columns={
        **{name: name for name in contracts.SUPPLIER_TERMS.column_names},
        "order_weekdays": "order_days",
        "cut_off_at": "cut_off_at::time",
    },
    made={"order_days": "string_to_array(order_weekdays, ' ')::smallint[]"},
    # Said since later, so only where it is said: other lines have the hash that they always had.
    said=f"jsonb_build_array({', '.join(_TERMS)}) ||"
    " case when return_days is null then '[]'::jsonb else jsonb_build_array(return_days) end",
    unknown=(UNKNOWN_SUPPLIER,),
)

STATEMENTS = {
    contracts.SUPPLIER_TERMS.kind: SUPPLIER_TERMS.statements(),
    **{contract.kind: statements_of(contract) for contract in (contracts.ORDER_ACK, contracts.SHIP_NOTICE)},
}
