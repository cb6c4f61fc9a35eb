"""Proposals that the last run no longer made: what they were, and where the stock of their part stands now."""

from __future__ import annotations

GONE_SQL = """
    with latest as (
        select distinct on (proposal_id) *
        from replenishment.proposals
        order by proposal_id, revision_number desc
    )
    select
        latest.garage_code,
        before.explanation ->> 'brand_code' as brand_code,
        before.explanation ->> 'part_number' as part_number,
        before.explanation ->> 'description' as description,
        latest.line_type_code,
        before.explanation ->> 'from_garage_code' as from_garage_code,
        before.supplier_code,
        before.explanation ->> 'supplier_name' as supplier_name,
        before.quantity as gone_quantity,
        round(before.quantity * before.unit_price_amount, 2) as gone_amount,
        before.currency_code,
        coalesce(needs.explanation, 'Nothing is known of it here any more.') as explanation
    from latest
    inner join replenishment.proposals as before
        on before.proposal_id = latest.proposal_id and before.revision_number = latest.revision_number - 1
    left join marts.fct_replenishment_needs as needs
        on needs.garage_code = latest.garage_code and needs.part_id = latest.part_id
    where latest.change_code = 'GONE' and latest.as_of_at = %(as_of_at)s
    order by latest.garage_code, brand_code, part_number, latest.proposal_id
"""
