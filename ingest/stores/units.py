"""Quantities of stock in the unit that the part is kept in, exactly; what a line said stays beside it."""

from __future__ import annotations


def in_base_units(quantity: str, moment: str) -> tuple[str, ...]:
    """Statements that turn a quantity of ``keyed`` into base units; it is null where that cannot be done.

    Lines in the unit that their part always had, which are nearly all, are not touched.
    """
    return (
        "alter table pg_temp.keyed add column stated_quantity numeric(14, 3), add column stated_uom_code text",
        f"""
update keyed set
    stated_quantity = keyed.{quantity}, stated_uom_code = keyed.uom_code, {quantity} = base.quantity,
    uom_code = base.uom_code
from (
    select lines.line_number,
        garage_inventory.stock_quantity(lines.part_id, lines.uom_code, lines.{quantity}, lines.{moment}) as quantity,
        garage_inventory.base_uom_code(lines.part_id, lines.{moment}) as uom_code
    from keyed as lines
    inner join (
        select sent.part_id, sent.uom_code
        from (select distinct part_id, uom_code from keyed) as sent
        where exists (
            select from catalogue.parts
            where parts.part_id = sent.part_id and parts.base_uom_code <> sent.uom_code
        )
    ) as others using (part_id, uom_code)
) as base
where keyed.line_number = base.line_number and keyed.uom_code <> base.uom_code
""",
    )


def wrong_unit(quantity: str, moment: str) -> str:
    """Lines whose quantity is none: a unit that the part does not have, or pieces that do not come out whole."""
    return f"""
select line_number,
    case
        when base.units is null then 'UNIT: uom_code is ''' || coalesce(stated_uom_code, uom_code)
            || ''', which ' || brand_code || ' ' || part_number || ' does not have beside ' || uom_code
        else 'UNIT: ' || trim_scale(coalesce(stated_quantity, keyed.{quantity})) || ' '
            || coalesce(stated_uom_code, uom_code) || ' of ' || brand_code || ' ' || part_number || ' come to '
            || trim_scale(base.units) || ' ' || uom_code || ', which is not whole'
    end,
    null, null
from keyed
cross join lateral (
    select case when stated_uom_code is null then keyed.{quantity}
        else catalogue.base_quantity(part_id, stated_uom_code, stated_quantity, {moment}) end as units
) as base
where stated_uom_code is not null and keyed.{quantity} is null
    or garage_inventory.is_counted_in_pieces(uom_code) and keyed.{quantity} <> trunc(keyed.{quantity})
"""
