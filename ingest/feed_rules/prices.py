"""Prices that jump: against the last one of the same line, currency and unit that is not held itself."""

from __future__ import annotations

from typing import Any

import psycopg

from ingest.stores.direct import no_facts

RELATION = "supplier_feed.offers"
_KEY = "supplier_code, brand_code, part_number, price_type_code, break_quantity"
_TOUCHED = (
    "create temporary table touched (kind, supplier_code, brand_code, part_number, price_type_code, break_quantity)"
    " on commit drop as "
)
TOUCH_ONE = (
    _TOUCHED
    + """
select %(kind)s::text, %(supplier_code)s::text, %(brand_code)s::text, %(part_number)s::text, %(price_type_code)s::text,
    %(break_quantity)s::numeric
"""
)

# Whether anybody priced anything of these suppliers before; counting stops at the first line too many.
_IS_FIRST = """
{keyed}, lines as (
    select count(*) + %(direct_count)s as line_count,
        array_agg(distinct supplier_code) || %(direct_suppliers)s::text[] as supplier_codes,
        least(min(stated_at), %(direct_first_at)s::timestamptz)
            = greatest(max(stated_at), %(direct_last_at)s::timestamptz) as is_one_moment,
        least(min(stated_at), %(direct_first_at)s::timestamptz) as first_at,
        coalesce(bool_or(unit_price_amount = 0), false) as has_zero
    from keyed
)

select
    not exists (
        select from ingest.batches
        where kind = 'supplier_price' and batch_id <> %(batch_id)s
            and state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE')
    ) or (
        select count(*) from (
            select from supplier_feed.offers where supplier_code = any(supplier_codes) limit line_count + 1
        ) as lines
    ) <= line_count,
    is_one_moment,
    has_zero,
    exists (
        select from ingest.batches
        where kind = 'supplier_price' and batch_id <> %(batch_id)s
            and state in ('ACCEPTED', 'ACCEPTED_WITH_QUARANTINE') and latest_at > first_at
    ),
    %(direct_count)s = 0 and line_count <= %(few_count)s
from lines
"""
# Where all lines went straight into the store, there is no table of them; none of those costs nothing.
_KEYED = "with keyed as (select * from pg_temp.keyed)"
_NO_KEYED = """
with keyed as (
    select null::text as supplier_code, null::timestamptz as stated_at, null::numeric as unit_price_amount where false
)
"""
# So many lines are cheaper to look up one by one than to find among all that was ever offered.
_FEW_LINES = 50_000
_MINE_FEW = """
with mine as (
    select offers.*
    from keyed
    inner join supplier_feed.offers
        using (supplier_code, brand_code, part_number, price_type_code, break_quantity, stated_at)
    where offers.batch_id = %(batch_id)s
)
"""
_MINE = """
with mine as (
    select * from supplier_feed.offers where batch_id = %(batch_id)s
)
"""
# Lines of a small file that went straight into the store, by the parts that they name.
_MINE_NAMED = """
with mine as (
    select offers.*
    from (
        select distinct supplier_code, brand_code, part_number
        from unnest(%(direct_supplier_codes)s::text[], %(direct_brand_codes)s::text[], %(direct_part_numbers)s::text[])
            as lines (supplier_code, brand_code, part_number)
    ) as named
    inner join supplier_feed.offers using (supplier_code, brand_code, part_number)
    where offers.batch_id = %(batch_id)s
)
"""
_ZEROS = f"select distinct 'supplier_price', {_KEY} from keyed where unit_price_amount = 0"
_NEIGHBOUR = """
left join lateral (
    select unit_price_amount as amount
    from supplier_feed.offers
    where (offers.supplier_code, offers.brand_code, offers.part_number, offers.price_type_code, offers.break_quantity)
        = (mine.supplier_code, mine.brand_code, mine.part_number, mine.price_type_code, mine.break_quantity)
        and (offers.currency_code, offers.price_uom_code) = (mine.currency_code, mine.price_uom_code)
        and offers.stated_at {side} mine.stated_at
    order by offers.stated_at {order}
    limit 1
) as {name} on true
"""
# A batch that nobody spoke after needs no look at what comes after its lines: half the cost.
_IS_LATEST = f"""
select distinct 'supplier_price', {_KEY}
from mine
{_NEIGHBOUR.format(side="<", order="desc", name="before")}
where supplier_feed.is_price_jump(before.amount, mine.unit_price_amount, %(limit_pct)s::numeric)
    or exists (
        select from supplier_feed.line_holds as holds
        where holds.kind = 'supplier_price'
            and (holds.supplier_code, holds.brand_code, holds.part_number, holds.price_type_code, holds.break_quantity)
            = (mine.supplier_code, mine.brand_code, mine.part_number, mine.price_type_code, mine.break_quantity)
    )
"""
_IS_LATE = (
    _IS_LATEST
    + f"""
union
select 'supplier_price', {_KEY}
from mine
{_NEIGHBOUR.format(side=">", order="asc", name="after")}
where supplier_feed.is_price_jump(mine.unit_price_amount, after.amount, %(limit_pct)s::numeric)
"""
)
_NAMES = ("direct_supplier_codes", "direct_brand_codes", "direct_part_numbers")
_DERIVE = """
create temporary table derived on commit drop as
with series as (
    select offers.*, supplier_feed.line_hold_id(
        'supplier_price', 'PRICE_JUMP', supplier_code, brand_code, part_number, price_type_code, break_quantity,
        stated_at
    ) as line_hold_id
    from touched
    inner join supplier_feed.offers
        using (supplier_code, brand_code, part_number, price_type_code, break_quantity)
),

decided as (
    -- What supplier_feed.line_decision says, of all lines at once.
    select series.*, decisions.decision_code
    from series
    left join (
        select distinct on (line_hold_id) (subject ->> 'line_hold_id')::uuid as line_hold_id, decision_code
        from ingest.decisions
        where subject_code = 'OFFER'
        order by line_hold_id, recorded_at desc, decision_id desc
    ) as decisions using (line_hold_id)
),

compared as (
    select *,
        supplier_feed.last_good_amount(unit_price_amount, %(limit_pct)s::numeric, decision_code) over (
            partition by supplier_code, brand_code, part_number, price_type_code, break_quantity,
                currency_code, price_uom_code
            order by stated_at
            rows between unbounded preceding and 1 preceding
        ) as last_amount
    from decided
)

select line_hold_id, 'supplier_price' as kind, 'PRICE_JUMP' as reason_code, supplier_code, brand_code, part_number,
    price_type_code, break_quantity, stated_at,
    jsonb_strip_nulls(jsonb_build_object(
        'unit_price_amount', unit_price_amount,
        'last_amount', last_amount,
        'change_pct', round((unit_price_amount - last_amount) * 100 / nullif(last_amount, 0), 1),
        'limit_pct', %(limit_pct)s::numeric,
        'currency_code', currency_code,
        'price_uom_code', price_uom_code
    )) as details,
    source_code, batch_id, line_number, recorded_at
from compared
where decision_code is not null
    or supplier_feed.is_price_jump(last_amount, unit_price_amount, %(limit_pct)s::numeric)
"""


def find_touched(cursor: psycopg.Cursor, values: dict[str, Any]) -> bool:
    """Make ``touched``, the series whose holds may differ by this batch; False where none can be, and none is made.

    A first delivery has nothing to compare with: one look at its prices for a zero, and no more.
    """
    values = {**no_facts(), "has_keyed": True, **values, "few_count": _FEW_LINES}
    is_first = _IS_FIRST.format(keyed=_KEYED if values["has_keyed"] else _NO_KEYED)
    is_first, is_one_moment, has_zero, is_late, are_few = cursor.connection.execute(is_first, values).fetchone()
    if is_first and is_one_moment:
        if not has_zero:
            return False
        cursor.execute(_TOUCHED + _ZEROS)
        return cursor.rowcount > 0
    touching = _IS_LATE if is_late else _IS_LATEST
    if not values["has_keyed"] and values["direct_names"]:
        touching = _MINE_NAMED + touching
        values |= dict(zip(_NAMES, values["direct_names"], strict=True))
        # A table for nothing is most of what a small file costs here.
        if not cursor.execute(f"select exists ({touching})", values).fetchone()[0]:
            return False
    else:
        touching = (_MINE_FEW if are_few else _MINE) + touching
    cursor.execute(_TOUCHED + touching, values)
    return cursor.rowcount > 0


def derive(cursor: psycopg.Cursor, values: dict[str, Any]) -> None:
    """Make ``derived``, the holds of the series in ``touched`` as they follow from all their lines."""
    cursor.execute(_DERIVE, values)
