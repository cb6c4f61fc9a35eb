"""Offers and availability: every statement a supplier made, once."""

from __future__ import annotations

from ingest.stores.loading import UNKNOWN_SUPPLIER, Statements

# A feed can be a million lines and needs no hashes: a name for ``incoming`` instead of a second copy of it.
_KEYED = "alter table pg_temp.incoming rename to keyed"

# In the order of the key: an index takes sorted rows several times as fast as scattered ones.
_OFFERS = """
insert into supplier_feed.offers (
    supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at, supplier_part_number,
    unit_price_amount, currency_code, price_uom_code, minimum_order_quantity, pack_quantity,
    order_multiple_quantity, maximum_order_quantity, lead_time_days, effective_from_on, effective_to_on,
    lifecycle_code, source_code, batch_id, line_number
)
select
    supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at, supplier_part_number,
    unit_price_amount, currency_code, price_uom_code, minimum_order_quantity, pack_quantity,
    order_multiple_quantity, maximum_order_quantity, lead_time_days, effective_from_on, effective_to_on,
    lifecycle_code, %(source_code)s, %(batch_id)s, line_number
from incoming
where line_number between %(first)s and %(last)s
    and supplier_code in (select supplier_code from catalogue.suppliers)
order by supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at, line_number
"""
_AVAILABILITY = """
insert into supplier_feed.availability (
    supplier_code, brand_code, part_number, distribution_centre_code, stated_at, available_quantity,
    availability_code, next_receipt_on, source_code, batch_id, line_number
)
select
    supplier_code, brand_code, part_number, distribution_centre_code, stated_at, available_quantity,
    availability_code, next_receipt_on, %(source_code)s, %(batch_id)s, line_number
from incoming
where line_number between %(first)s and %(last)s
    and supplier_code in (select supplier_code from catalogue.suppliers)
order by supplier_code, brand_code, part_number, distribution_centre_code, stated_at, line_number
"""

SUPPLIER_PRICE = Statements(
    relations=("supplier_feed.offers",),
    keyed=_KEYED,
    unknown=(UNKNOWN_SUPPLIER,),
    insert=_OFFERS + " on conflict do nothing",
    insert_new=_OFFERS,
    unstored="""
select keyed.line_number, (
    keyed.supplier_part_number, keyed.unit_price_amount, keyed.currency_code, keyed.price_uom_code,
    keyed.minimum_order_quantity, keyed.pack_quantity, keyed.order_multiple_quantity, keyed.maximum_order_quantity,
    keyed.lead_time_days, keyed.effective_from_on, keyed.effective_to_on, keyed.lifecycle_code
) is not distinct from (
    offers.supplier_part_number, offers.unit_price_amount, offers.currency_code, offers.price_uom_code,
    offers.minimum_order_quantity, offers.pack_quantity, offers.order_multiple_quantity, offers.maximum_order_quantity,
    offers.lead_time_days, offers.effective_from_on, offers.effective_to_on, offers.lifecycle_code
)
from keyed
inner join supplier_feed.offers
    using (supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at)
where (offers.batch_id, offers.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

SUPPLIER_AVAILABILITY = Statements(
    relations=("supplier_feed.availability",),
    keyed=_KEYED,
    unknown=(UNKNOWN_SUPPLIER,),
    insert=_AVAILABILITY + " on conflict do nothing",
    insert_new=_AVAILABILITY,
    unstored="""
select keyed.line_number, (keyed.available_quantity, keyed.availability_code, keyed.next_receipt_on)
    is not distinct from (availability.available_quantity, availability.availability_code, availability.next_receipt_on)
from keyed
inner join supplier_feed.availability
    using (supplier_code, brand_code, part_number, distribution_centre_code, stated_at)
where (availability.batch_id, availability.line_number) is distinct from (%(batch_id)s, keyed.line_number)
""",
)

STATEMENTS = {"supplier_price": SUPPLIER_PRICE, "supplier_availability": SUPPLIER_AVAILABILITY}
