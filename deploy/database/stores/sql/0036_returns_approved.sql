-- What was approved to go back to a supplier is promised to it until it has left, or the supplier takes it no longer.

create function replenishment.returns_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (
        return_number text, act_id uuid, proposal_id uuid, supplier_code text, garage_code text, part_id uuid,
        brand_code text, part_number text, supplier_part_number text, description text, approved_quantity numeric,
        sent_quantity numeric, open_quantity numeric, return_until_on date, approved_at timestamptz, actor text
    )
    language sql stable
    set search_path = pg_catalog
as $$
    with approved as (
        select
            'RT-' || left(replace(acts.act_id::text, '-', ''), 12) as return_number,
            acts.act_id, acts.proposal_id, coalesce(acts.supplier_code, proposals.supplier_code) as supplier_code,
            acts.garage_code, acts.part_id, proposals.explanation ->> 'brand_code' as brand_code,
            proposals.explanation ->> 'part_number' as part_number,
            proposals.explanation ->> 'supplier_part_number' as supplier_part_number,
            proposals.explanation ->> 'description' as description, acts.quantity,
            (proposals.explanation ->> 'order_by_on')::date as return_until_on, acts.event_at, acts.actor,
            exists (
                select from replenishment.planner_acts as undoing
                where undoing.undoes_act_id = acts.act_id and undoing.event_at <= returns_as_of.at
                    and undoing.recorded_at <= returns_as_of.known_at
            ) as is_undone
        from replenishment.planner_acts as acts
        inner join replenishment.proposals
            on proposals.proposal_id = acts.proposal_id and proposals.revision_number = acts.revision_number
        where acts.act_code = 'APPROVE' and acts.line_type_code = 'RETURN_EXCESS' and acts.quantity > 0
            and acts.event_at <= returns_as_of.at and acts.recorded_at <= returns_as_of.known_at
    ),

    weighed as (
        select approved.*,
            -- What the garage booked out of stock under the number of the return; a line that is undone comes back.
            coalesce((
                select -sum(movements.quantity)
                from garage_inventory.movements
                where movements.garage_code = approved.garage_code and movements.part_id = approved.part_id
                    and movements.document_number = approved.return_number
                    and movements.event_at <= returns_as_of.at
                    and movements.recorded_at <= returns_as_of.known_at
            ), 0) as sent_quantity
        from approved
    )

    select return_number, act_id, proposal_id, supplier_code, garage_code, part_id, brand_code, part_number,
        supplier_part_number, description, quantity, sent_quantity,
        case when is_undone or return_until_on < (returns_as_of.at at time zone 'UTC')::date then 0
            else greatest(quantity - sent_quantity, 0) end,
        return_until_on, event_at, actor
    from weighed
    where not is_undone or sent_quantity > 0
$$;
comment on function replenishment.returns_as_of is 'One row per return to a supplier that was approved at a moment, by what was known at another: how much of it has left the garage, by what was booked under its number, and how much is still to go. Nothing is, once the approval is undone or the supplier takes it no longer.';

revoke execute on function replenishment.returns_as_of from public;
grant execute on function replenishment.returns_as_of to partsbay_pipeline;
