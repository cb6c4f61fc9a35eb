"""Garages, suppliers and parts: every stated version, whatever came before it.

A version that says what the version before it says is stored all the same: a late one may
come to stand between the two. Staging makes one version of equal neighbours.
"""

from __future__ import annotations

from ingest.stores.loading import Statements

GARAGES = Statements(
    relations=("catalogue.garages",),
    keyed="""
create temporary table keyed on commit drop as
select
    incoming.*,
    sha256(convert_to(jsonb_build_array(garage_name, country_code, time_zone, currency_code)::text, 'UTF8'))
        as payload_hash
from incoming
""",
    unknown=(),
    insert="""
with stored as (
    insert into catalogue.garages (
        garage_code, valid_from_at, garage_name, country_code, time_zone, currency_code,
        source_code, batch_id, line_number, payload_hash, recorded_at
    )
    select
        garage_code, valid_from_at, garage_name, country_code, time_zone, currency_code,
        %(source_code)s, %(batch_id)s, line_number, payload_hash, %(received_at)s
    from keyed
    order by line_number
    on conflict do nothing
    returning 1
)

select count(*) from stored
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = garages.payload_hash
from keyed
inner join catalogue.garages using (garage_code, valid_from_at)
where (garages.batch_id, garages.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

SUPPLIERS = Statements(
    relations=("catalogue.suppliers",),
    keyed="""
create temporary table keyed on commit drop as
select
    incoming.*,
    sha256(convert_to(jsonb_build_array(
        supplier_name, currency_code, lead_time_days, lead_time_sd_days, review_days, minimum_order_amount, is_active
    )::text, 'UTF8')) as payload_hash
from incoming
""",
    unknown=(),
    insert="""
with stored as (
    insert into catalogue.suppliers (
        supplier_code, valid_from_at, supplier_name, currency_code, lead_time_days, lead_time_sd_days, review_days,
        minimum_order_amount, is_active, source_code, batch_id, line_number, payload_hash, recorded_at
    )
    select
        supplier_code, valid_from_at, supplier_name, currency_code, lead_time_days, lead_time_sd_days, review_days,
        minimum_order_amount, is_active, %(source_code)s, %(batch_id)s, line_number, payload_hash, %(received_at)s
    from keyed
    order by line_number
    on conflict do nothing
    returning 1
)

select count(*) from stored
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = suppliers.payload_hash
from keyed
inner join catalogue.suppliers using (supplier_code, valid_from_at)
where (suppliers.batch_id, suppliers.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

PARTS = Statements(
    relations=("catalogue.parts",),
    keyed="""
create temporary table keyed on commit drop as
select
    incoming.*,
    catalogue.part_id(brand_code, part_number) as part_id,
    sha256(convert_to(jsonb_build_array(
        part_number, description, category_code, base_uom_code, lifecycle_code, stocking_class_code, criticality_code,
        unit_cost_amount, currency_code, gtin, superseded_by_part_number, shelf_life_days
    )::text, 'UTF8')) as payload_hash
from incoming
""",
    unknown=(),
    insert="""
with stored as (
    insert into catalogue.parts (
        part_id, valid_from_at, brand_code, part_number, part_key, description, category_code, base_uom_code,
        lifecycle_code, stocking_class_code, criticality_code, unit_cost_amount, currency_code, gtin,
        superseded_by_part_number, shelf_life_days, source_code, batch_id, line_number, payload_hash, recorded_at
    )
    select
        part_id, valid_from_at, brand_code, part_number, catalogue.part_key(part_number), description, category_code,
        base_uom_code, lifecycle_code, stocking_class_code, criticality_code, unit_cost_amount, currency_code, gtin,
        superseded_by_part_number, shelf_life_days, %(source_code)s, %(batch_id)s, line_number, payload_hash,
        %(received_at)s
    from keyed
    order by line_number
    on conflict do nothing
    returning 1
)

select count(*) from stored
""",
    unstored="""
select keyed.line_number, keyed.payload_hash = parts.payload_hash
from keyed
inner join catalogue.parts using (part_id, valid_from_at)
where (parts.batch_id, parts.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

STATEMENTS = {"garages": GARAGES, "suppliers": SUPPLIERS, "parts": PARTS}
