-- What ends an order, or sends it, is news for the plan; and a promise of a whole order is one of each of its lines.

create index order_events_by_recording on replenishment.order_events
    using brin (recorded_at) with (autosummarize = on);

create or replace function replenishment.order_promises_as_of(at timestamptz, known_at timestamptz default 'infinity')
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

    -- An answer to the whole order is one to the lines that no other names with it.
    answered as (
        select lines.purchase_order_number, lines.line_number, answers.stated_at, answers.promised_on,
            answers.acknowledgement_code,
            rank() over (
                partition by lines.purchase_order_number, lines.line_number, answers.stated_at
                order by answers.purchase_order_line = 'ALL'
            ) as choice
        from replenishment.acknowledgements as answers
        inner join lines on lines.purchase_order_number = answers.purchase_order_number
            and lines.supplier_code = answers.supplier_code
            and (answers.purchase_order_line = 'ALL' or lines.line_number = replenishment.meant_line(
                answers.purchase_order_number, answers.purchase_order_line,
                catalogue.part_id(answers.brand_code, answers.part_number), answers.part_number,
                answers.supplier_part_number
            ))
        where answers.stated_at <= order_promises_as_of.at and answers.recorded_at <= order_promises_as_of.known_at
    ),

    -- Each answer says all of a line anew, and promises it whole by the last of its days.
    given as (
        select answered.purchase_order_number, answered.line_number, answered.stated_at,
            max(answered.promised_on) as promised_on
        from answered
        where answered.choice = 1
            -- What is refused does not come, and what is pending is no promise.
            and answered.acknowledgement_code not in ('ID', 'IR', 'IH', 'IP')
            and answered.promised_on is not null
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
