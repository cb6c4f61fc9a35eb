"""What suppliers answer to orders and announce as shipped."""

from __future__ import annotations

from ingest import contracts
from ingest.stores.statements import statements_of

STATEMENTS = {contract.kind: statements_of(contract) for contract in (contracts.ORDER_ACK, contracts.SHIP_NOTICE)}
