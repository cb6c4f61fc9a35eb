"""Articles that change what they are: another GTIN or successor, a supplier's number that now names another part."""

from __future__ import annotations

from typing import Any

import psycopg

RELATION = "supplier_feed.articles"
_TOUCHED = (
    "create temporary table touched (kind, supplier_code, brand_code, part_number, price_type_code, break_quantity)"
    " on commit drop as "
)
TOUCH_ONE = (
    _TOUCHED
    + """
select distinct 'supplier_catalogue', others.supplier_code, others.brand_code, others.part_number, '', 0::numeric
from supplier_feed.articles
inner join supplier_feed.articles as others on others.supplier_code = articles.supplier_code and (
    (others.brand_code, others.part_number) = (articles.brand_code, articles.part_number)
    or others.supplier_part_number = articles.supplier_part_number
)
where (articles.supplier_code, articles.brand_code, articles.part_number)
    = (%(supplier_code)s, %(brand_code)s, %(part_number)s)
"""
)
_CHANGING = """
with mine as (
    select * from supplier_feed.articles where batch_id = %(batch_id)s
),

moved_numbers as (
    select distinct mine.supplier_code, mine.supplier_part_number
    from mine
    inner join supplier_feed.articles as others using (supplier_code, supplier_part_number)
    where (others.brand_code, others.part_number) <> (mine.brand_code, mine.part_number)
)

select distinct 'supplier_catalogue', supplier_code, brand_code, part_number, '', 0::numeric
from mine
inner join supplier_feed.articles as others using (supplier_code, brand_code, part_number)
where others.gtin <> mine.gtin or others.replaced_by_part_number <> mine.replaced_by_part_number
union
select distinct 'supplier_catalogue', supplier_code, brand_code, part_number, '', 0::numeric
from mine
inner join supplier_feed.line_holds using (supplier_code, brand_code, part_number)
where kind = 'supplier_catalogue'
union
select distinct 'supplier_catalogue', supplier_code, brand_code, part_number, '', 0::numeric
from moved_numbers
inner join supplier_feed.articles using (supplier_code, supplier_part_number)
"""
_LAST = """
        supplier_feed.last_good_text({column}, decision_code) over (
            partition by supplier_code, brand_code, part_number
            order by stated_at
            rows between unbounded preceding and 1 preceding
        ) as {name}"""
_DERIVE = f"""
create temporary table derived on commit drop as
with series as (
    select articles.*, supplier_feed.line_hold_id(
        'supplier_catalogue', 'IDENTITY_CHANGE', supplier_code, brand_code, part_number, '', 0::numeric(14, 3),
        stated_at
    ) as line_hold_id
    from touched
    inner join supplier_feed.articles using (supplier_code, brand_code, part_number)
),

decided as (
    select *, supplier_feed.line_decision(line_hold_id) as decision_code from series
),

compared as (
    select *, {_LAST.format(column="gtin", name="last_gtin")},
        {_LAST.format(column="replaced_by_part_number", name="last_replaced_by")},
        min(stated_at) over number_of_part as first_at,
        coalesce(bool_or(decision_code = 'RELEASE') over (number_of_part order by stated_at), false) as is_released,
        (
            select distinct on (others.supplier_code) others.brand_code || ' ' || others.part_number
            from supplier_feed.articles as others
            where (others.supplier_code, others.supplier_part_number)
                = (decided.supplier_code, decided.supplier_part_number)
            order by others.supplier_code, others.stated_at, others.brand_code, others.part_number
        ) as first_part,
        (
            select min(others.stated_at) from supplier_feed.articles as others
            where (others.supplier_code, others.supplier_part_number)
                = (decided.supplier_code, decided.supplier_part_number)
        ) as number_first_at
    from decided
    window number_of_part as (partition by supplier_code, brand_code, part_number, supplier_part_number)
),

judged as (
    select *,
        coalesce(gtin <> last_gtin, false) as is_other_gtin,
        coalesce(replaced_by_part_number <> last_replaced_by, false) as is_other_successor,
        coalesce(number_first_at < first_at, false) and not is_released as is_other_part
    from compared
)

select line_hold_id, 'supplier_catalogue' as kind, 'IDENTITY_CHANGE' as reason_code, supplier_code, brand_code,
    part_number, '' as price_type_code, 0::numeric(14, 3) as break_quantity, stated_at,
    jsonb_strip_nulls(jsonb_build_object(
        'gtin', case when is_other_gtin then gtin end,
        'last_gtin', case when is_other_gtin then last_gtin end,
        'replaced_by_part_number', case when is_other_successor then replaced_by_part_number end,
        'last_replaced_by_part_number', case when is_other_successor then last_replaced_by end,
        'supplier_part_number', case when is_other_part then supplier_part_number end,
        'first_part', case when is_other_part then first_part end
    )) as details,
    source_code, batch_id, line_number, recorded_at
from judged
where decision_code is not null or is_other_gtin or is_other_successor or is_other_part
"""


def find_touched(cursor: psycopg.Cursor, values: dict[str, Any]) -> bool:
    """Make ``touched``, the articles whose holds may differ by this batch; False where there is none."""
    cursor.execute(_TOUCHED + _CHANGING, values)
    return cursor.rowcount > 0


def derive(cursor: psycopg.Cursor, values: dict[str, Any]) -> None:
    """Make ``derived``, the holds of the articles in ``touched`` as they follow from all their statements."""
    cursor.execute(_DERIVE, values)
