"""Versions of everything in the catalogue: every stated one, whatever came before it.

A version that says what the version before it says is stored all the same: a late one may
come to stand between the two. Staging makes one version of equal neighbours. A file states
the first revision of a moment; ``ingest.catalogue`` publishes further ones. What a file says
of successors waits for approval first: see ``ingest.stores.stated``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ingest import contracts
from ingest.contracts import Contract
from ingest.stores.loading import UNKNOWN_GARAGE, UNKNOWN_PART, Statements
from ingest.stores.refusals import (
    DUPLICATE_PACK_GTIN,
    DUPLICATE_PART_GTIN,
    LOCK_FOR_EDGES,
    LOCK_FOR_PARTS,
    SAME_PART,
    UNKNOWN_PART_TYPE,
    UNKNOWN_SUCCESSOR,
    UNSOUND_EDGES,
    UNSOUND_PARTS,
    WRONG_FACTOR,
)
from ingest.stores.stated import KEPT_SUCCESSOR, STATE_OF_PARTS, statements_of

_PART_ID = "catalogue.part_id(brand_code, part_number)"


@dataclass(frozen=True)
class Versions:
    """How the versions of one kind are kept.

    ``key`` identifies a thing beside the moment; ``columns`` are the table's columns, each as the column of ``keyed``
    that it takes. ``made`` are columns of ``keyed`` beside those of the contract, and ``said`` is what a version says
    as JSON: equal hashes of it are equal versions.
    """

    contract: Contract
    key: tuple[str, ...]
    columns: dict[str, str]
    said: str
    made: dict[str, str]
    unknown: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        return self.contract.relation

    @property
    def keyed(self) -> str:
        """``incoming`` with the keys and the hash of what each row says."""
        made = "".join(f"\n    {expression} as {name}," for name, expression in self.made.items())
        return f"""
create temporary table keyed on commit drop as
select
    incoming.*,{made}
    sha256(convert_to(({self.said})::text, 'UTF8')) as payload_hash
from incoming
"""

    def statements(self, also: str = "", **kept: str) -> Statements:
        """The SQL that stores a file of the kind.

        ``kept`` are columns that a file does not decide, each as the expression that it takes instead. ``also`` is
        what else is done with ``stored``, the lines that were stored.
        """
        names, values = ", ".join(self.columns), ", ".join((self.columns | kept).values())
        return Statements(
            relations=(self.relation,),
            keyed=self.keyed,
            unknown=self.unknown,
            insert=f"""
with stored as (
    insert into {self.relation} ({names}, source_code, batch_id, line_number, payload_hash, recorded_at)
    select {values}, %(source_code)s, %(batch_id)s, line_number, payload_hash, %(received_at)s
    from keyed
    order by line_number
    on conflict do nothing
    returning {", ".join(["line_number", *kept])}
){"," if also else ""}
{also}
select count(*) from stored
""",
            unstored=f"""
select keyed.line_number, bool_or(keyed.payload_hash = stored.payload_hash)
from keyed
inner join {self.relation} as stored using ({", ".join(self.key)}, valid_from_at)
group by keyed.line_number
having not bool_or((stored.batch_id, stored.line_number) is not distinct from (%(batch_id)s, keyed.line_number))
""",
        )


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _array(*names: str) -> str:
    return f"jsonb_build_array({', '.join(names)})"


GARAGES = Versions(
    contracts.GARAGES,
    key=("garage_code",),
    columns=_same(*contracts.GARAGES.column_names),
    made={},
    said=_array("garage_name", "country_code", "time_zone", "currency_code"),
)

SUPPLIERS = Versions(
    contracts.SUPPLIERS,
    key=("supplier_code",),
    columns=_same(*contracts.SUPPLIERS.column_names),
    made={},
    # What suppliers always said; the rest follows only where it is said, so that a line without it keeps its hash.
    said=_array(
        "supplier_name", "currency_code", "lead_time_days", "lead_time_sd_days", "review_days",
        "minimum_order_amount", "is_active",
    ) + " || case when is_inspected is null then '[]' else jsonb_build_array(is_inspected) end",
)  # fmt: skip

PART_TYPES = Versions(
    contracts.PART_TYPES,
    key=("part_type_code",),
    columns=_same(*contracts.PART_TYPES.column_names),
    made={},
    said=_array("part_type_name"),
)

# What parts always said, in one list; what they may say since then follows only where it is said, so that a line
# without it has the hash that it always had.
_PART_ALWAYS = (
    "part_number", "description", "category_code", "base_uom_code", "lifecycle_code", "stocking_class_code",
    "criticality_code", "unit_cost_amount", "currency_code", "gtin", "superseded_by_part_number", "shelf_life_days",
)  # fmt: skip
_PART_SINCE = tuple(
    name
    for name in contracts.PARTS.column_names
    if name not in (*_PART_ALWAYS, "brand_code", "valid_from_at")
)  # fmt: skip
_PART_MORE = ", ".join(f"'{name}', {name}" for name in _PART_SINCE)

PARTS = Versions(
    contracts.PARTS,
    key=("part_id",),
    columns=_same("part_id", "part_key", *contracts.PARTS.column_names),
    made={"part_id": _PART_ID, "part_key": "catalogue.part_key(part_number)"},
    said=f"""{_array(*_PART_ALWAYS)} || case
        when num_nonnulls({", ".join(_PART_SINCE)}) = 0 then '[]'::jsonb
        else jsonb_build_array(jsonb_strip_nulls(jsonb_build_object({_PART_MORE})))
    end""",
    unknown=(UNKNOWN_PART_TYPE, DUPLICATE_PART_GTIN, LOCK_FOR_PARTS, UNSOUND_PARTS),
)

PACKS = Versions(
    contracts.PACKS,
    key=("part_id", "uom_code"),
    columns=_same("part_id", "uom_code", "valid_from_at", "factor_quantity", "gtin", "is_orderable"),
    made={"part_id": _PART_ID},
    said=_array("factor_quantity", "gtin", "is_orderable"),
    unknown=(UNKNOWN_PART, WRONG_FACTOR, DUPLICATE_PACK_GTIN),
)

REFERENCES = Versions(
    contracts.REFERENCES,
    key=("part_id", "other_part_id", "reference_type_code"),
    columns=_same(
        "part_id", "other_part_id", "reference_type_code", "valid_from_at", "other_brand_code", "other_part_number",
        "quality_grade_code", "quantity", "is_approved",
    ),
    made={"part_id": _PART_ID, "other_part_id": "catalogue.part_id(other_brand_code, other_part_number)"},
    said=_array("other_part_number", "quality_grade_code", "quantity", "is_approved"),
    unknown=(UNKNOWN_PART, SAME_PART),
)  # fmt: skip

SUPERSESSIONS = Versions(
    contracts.SUPERSESSIONS,
    key=("predecessor_part_id", "successor_part_id"),
    columns=_same(
        "predecessor_part_id", "successor_part_id", "valid_from_at", "kit_group_code", "conversion_quantity",
        "direction_code", "disposition_code", "effective_from_on",
    ),
    made={
        "part_id": _PART_ID,
        "predecessor_part_id": _PART_ID,
        "successor_part_id": "catalogue.part_id(coalesce(successor_brand_code, brand_code), successor_part_number)",
    },
    said=_array("kit_group_code", "conversion_quantity", "direction_code", "disposition_code", "effective_from_on"),
    unknown=(UNKNOWN_PART, UNKNOWN_SUCCESSOR, LOCK_FOR_EDGES, UNSOUND_EDGES),
)  # fmt: skip

_SELECTORS = ("garage_code", "part_id", "category_code", "rule_brand_code", "criticality_code", "stocking_class_code")
_RULE_PART = f"case when part_number is not null then {_PART_ID} end"
_RULE_BRAND = "case when part_number is null then brand_code end"
_POLICY_VALUES = (
    "policy_name", "policy_code", "service_level_pct", "minimum_quantity", "maximum_quantity", "cover_days",
    "maximum_cover_days", "review_days", "max_rule_code", "is_do_not_stock",
)  # fmt: skip

POLICIES = Versions(
    contracts.POLICIES,
    key=("rule_id",),
    columns=_same("rule_id", "valid_from_at", *_POLICY_VALUES)
    | {name.replace("rule_brand", "brand"): name for name in _SELECTORS},
    made={
        "part_id": _RULE_PART,
        "rule_brand_code": _RULE_BRAND,
        "rule_id": "catalogue.policy_rule_id("
        f"garage_code, {_RULE_PART}, category_code, {_RULE_BRAND}, criticality_code, stocking_class_code)",
    },
    said=_array(*_POLICY_VALUES),
    unknown=(UNKNOWN_GARAGE, UNKNOWN_PART),
)

VERSIONS = {
    versions.contract.kind: versions
    for versions in (GARAGES, SUPPLIERS, PART_TYPES, PARTS, PACKS, REFERENCES, SUPERSESSIONS, POLICIES)
}
STATEMENTS = {kind: versions.statements() for kind, versions in VERSIONS.items()} | {
    PARTS.contract.kind: PARTS.statements(STATE_OF_PARTS, superseded_by_part_number=KEPT_SUCCESSOR),
    SUPERSESSIONS.contract.kind: statements_of(SUPERSESSIONS.keyed, SUPERSESSIONS.unknown),
}
