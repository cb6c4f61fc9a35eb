"""What suppliers state: offers, availability, articles and interchanges, every statement once."""

from __future__ import annotations

from ingest import contracts
from ingest.stores.statements import statements_of

STATEMENTS = {
    contract.kind: statements_of(contract, is_direct=True)
    for contract in (
        contracts.SUPPLIER_PRICE,
        contracts.SUPPLIER_AVAILABILITY,
        contracts.SUPPLIER_CATALOGUE,
        contracts.SUPPLIER_INTERCHANGE,
    )
}
