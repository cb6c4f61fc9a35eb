-- A part of which nothing is left may have been replaced: who waits for it is told by what, and how much of that is there.

create function reservation.successors_with_stock(garage_code text, part_id uuid, condition_code text) returns jsonb
    language sql stable security definer
    set search_path = pg_catalog, pg_temp
as $$
    select jsonb_agg(jsonb_build_object(
        'successor_part_id', ordered.orderable_part_id, 'brand_code', parts.brand_code,
        'part_number', parts.part_number, 'conversion_quantity', trim_scale(ordered.conversion_quantity),
        'quantity', coalesce(there.quantity, 0)
    ) order by ordered.path)
    from catalogue.orderable_parts(array[successors_with_stock.part_id]) as ordered
    inner join catalogue.parts_at() as parts on parts.part_id = ordered.orderable_part_id
    left join lateral (
        select sum(greatest(cells.sellable_quantity - cells.reserved_quantity, 0)) as quantity
        from garage_inventory.cells
        where (cells.part_id, cells.garage_code, cells.condition_code) = (
            ordered.orderable_part_id, successors_with_stock.garage_code, successors_with_stock.condition_code
        )
    ) as there on true
    where ordered.orderable_part_id <> successors_with_stock.part_id
$$;
comment on function reservation.successors_with_stock is 'What is ordered in place of a part (F16), how many of it stand for one, and what is available of it in a garage; null where nothing replaces it.';
revoke execute on function reservation.successors_with_stock from public;

create or replace function reservation.shortage(
    garage_code text, part_id uuid, condition_code text, reservation_number text
) returns table (shortage_reason_code text, obstacles jsonb)
    language plpgsql stable security definer
    set search_path = pg_catalog, pg_temp
    set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
#variable_conflict use_column
declare
    told record;
    successors jsonb;
begin
    with stock as (
        select coalesce(sum(cells.on_hand_quantity), 0) as on_hand_quantity,
            coalesce(sum(cells.held_quantity), 0) as held_quantity,
            coalesce(sum(cells.reserved_quantity), 0) as reserved_quantity,
            count(*) as cell_count
        from garage_inventory.cells
        where (cells.garage_code, cells.part_id, cells.condition_code)
            = (shortage.garage_code, shortage.part_id, shortage.condition_code)
    ),

    holding as (
        select jsonb_build_object('hold_number', holds.hold_number, 'hold_reason_code', holds.hold_reason_code,
            'quantity', holds.open_quantity) as obstacle
        from quality_hold.holds
        where (holds.garage_code, holds.part_id, holds.condition_code)
            = (shortage.garage_code, shortage.part_id, shortage.condition_code)
            and holds.open_quantity > 0
        order by holds.open_quantity desc, holds.hold_number
        limit 5
    ),

    others as (
        select jsonb_build_object('reservation_number', pegs.reservation_number, 'quantity', sum(pegs.quantity))
            as obstacle
        from reservation.pegs
        where (pegs.garage_code, pegs.part_id, pegs.condition_code)
            = (shortage.garage_code, shortage.part_id, shortage.condition_code)
            and pegs.quantity > 0 and pegs.reservation_number <> shortage.reservation_number
        group by pegs.reservation_number
        order by sum(pegs.quantity) desc, pegs.reservation_number
        limit 5
    )

    select case
            when held_quantity > 0 then 'ON_HOLD'
            when reserved_quantity > 0 then 'RESERVED_FOR_OTHER'
            when cell_count = 0 then 'NOT_STOCKED'
            when on_hand_quantity <= 0 then 'STOCKOUT'
            else 'LOW_STOCK'
        end as shortage_reason_code,
        (select coalesce(jsonb_agg(obstacle), '[]') from (select * from holding union all select * from others) as all_of)
            as obstacles
    into told
    from stock;
    -- Few parts are ever replaced: the others cost two looks into an index.
    if told.shortage_reason_code in ('NOT_STOCKED', 'STOCKOUT') and (
        exists (
            select from catalogue.supersessions where supersessions.predecessor_part_id = shortage.part_id
        )
        or exists (
            select from catalogue.parts
            where parts.part_id = shortage.part_id and parts.superseded_by_part_number is not null
        )
    ) then
        successors := reservation.successors_with_stock(
            shortage.garage_code, shortage.part_id, shortage.condition_code
        );
        if successors is not null then
            return query select 'SUPERSEDED_NO_STOCK', successors;
            return;
        end if;
    end if;
    return query select told.shortage_reason_code, told.obstacles;
end
$$;
comment on function reservation.shortage is 'Why a reservation waits, by the words of the trade, and the five largest holds and reservations that stand in its way; of a part that was replaced and is not there, what replaces it.';
