-- A supplier that moves its promise each time it is about to break it kept none: the first one is what it is held to.

create function replenishment.order_promises_as_of(at timestamptz, known_at timestamptz default 'infinity')
    returns table (purchase_order_number text, line_number integer, promised_on date, moved_count bigint)
    language sql stable
    set search_path = pg_catalog
as $$
    with lines as (
        select lines.*, orders.supplier_code
        from replenishment.order_lines as lines
        inner join replenishment.purchase_orders as orders using (purchase_order_number)
        where lines.created_at <= order_promises_as_of.at and lines.recorded_at <= order_promises_as_of.known_at
    ),

    -- Each answer says all of a line anew, and promises it whole by the last of its days.
    given as (
        select lines.purchase_order_number, lines.line_number, answers.stated_at,
            max(answers.promised_on) as promised_on
        from replenishment.acknowledgements as answers
        inner join lines on lines.purchase_order_number = answers.purchase_order_number
            and lines.supplier_code = answers.supplier_code
            and lines.line_number = replenishment.meant_line(
                answers.purchase_order_number, answers.purchase_order_line,
                catalogue.part_id(answers.brand_code, answers.part_number), answers.part_number,
                answers.supplier_part_number
            )
        where answers.stated_at <= order_promises_as_of.at and answers.recorded_at <= order_promises_as_of.known_at
            -- What is refused does not come, and what is pending is no promise.
            and answers.acknowledgement_code not in ('ID', 'IR', 'IH', 'IP')
            and answers.promised_on is not null
        group by 1, 2, 3
    ),

    told as (
        select given.*,
            row_number() over line as place,
            given.promised_on > lag(given.promised_on) over line as is_moved
        from given
        window line as (partition by given.purchase_order_number, given.line_number order by given.stated_at)
    ),

    promises as (
        select told.purchase_order_number, told.line_number,
            max(told.promised_on) filter (where told.place = 1) as promised_on,
            count(*) filter (where told.is_moved) as moved_count
        from told
        group by 1, 2
    )

    select lines.purchase_order_number, lines.line_number, coalesce(promises.promised_on, lines.expected_on),
        coalesce(promises.moved_count, 0)
    from lines
    left join promises using (purchase_order_number, line_number)
$$;
comment on function replenishment.order_promises_as_of is 'One row per line of an order as it stood at a moment, by what was known at another: the day that its supplier promised first, else the day that it was expected when it was ordered (null: nobody named one), and how often an answer named a later day than the one before.';

revoke execute on function replenishment.order_promises_as_of from public;
grant execute on function replenishment.order_promises_as_of to partsbay_pipeline;
