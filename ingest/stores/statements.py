"""The SQL of kinds whose rows stand alone: what somebody stated, as of the moment of the statement.

Their tables hold exactly the contract's columns and who said so, and the contract's key is
their primary key; so the SQL follows from the contract.
"""

from __future__ import annotations

from ingest.contracts import Contract
from ingest.stores.loading import UNKNOWN_SUPPLIER, Statements

# A feed can be a million lines and needs no hashes: a name for ``incoming`` instead of a second copy of it.
_KEYED = "alter table pg_temp.incoming rename to keyed"


def statements_of(contract: Contract, is_direct: bool = False) -> Statements:
    """How to store the rows of a contract whose rows stand alone and name a supplier."""
    columns, key = ", ".join(contract.column_names), ", ".join(contract.key)
    said = [name for name in contract.column_names if name not in contract.key]
    # In the order of the key: an index takes sorted rows several times as fast as scattered ones.
    insert = f"""
insert into {contract.relation} ({columns}, source_code, batch_id, line_number, recorded_at)
select {columns}, %(source_code)s, %(batch_id)s, line_number, %(received_at)s
from incoming
where line_number between %(first)s and %(last)s
    and supplier_code in (select supplier_code from catalogue.suppliers)
order by {key}, line_number
"""
    return Statements(
        relations=(contract.relation,),
        keyed=_KEYED,
        unknown=(UNKNOWN_SUPPLIER,),
        insert=insert + " on conflict do nothing",
        insert_new=insert,
        is_direct=is_direct,
        unstored=f"""
select keyed.line_number, ({", ".join(f"keyed.{name}" for name in said)})
    is not distinct from ({", ".join(f"stored.{name}" for name in said)})
from keyed
inner join {contract.relation} as stored using ({key})
where (stored.batch_id, stored.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
    )
