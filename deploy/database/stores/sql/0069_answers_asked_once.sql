-- Answers to whole orders, as fast as those to lines.

create or replace function replenishment.order_answers_as_of(at timestamptz, known_at timestamptz, part_ids uuid[])
    returns table (
        purchase_order_number text, line_number integer, acknowledged_quantity numeric, pending_quantity numeric,
        is_dated boolean, promised_on date, acknowledgement_codes text, unit_price_amount numeric,
        currency_code text, answered_at timestamptz
    )
    language sql stable
    set search_path = pg_catalog
as $$
    with stated as (
        select lines.purchase_order_number, lines.line_number, answers.acknowledgement_code, answers.promised_on,
            answers.unit_price_amount, answers.currency_code, answers.stated_at,
            answers.acknowledgement_code in ('ID', 'IR') as is_refused,
            answers.acknowledgement_code in ('IH', 'IP') as is_pending,
            replenishment.line_quantity(
                lines.part_id, lines.pack_quantity, answers.uom_code,
                coalesce(answers.acknowledged_quantity, answers.ordered_quantity), answers.stated_at
            ) as quantity,
            coalesce(answers.acknowledged_quantity, answers.ordered_quantity) is null as is_whole,
            lines.ordered_quantity,
            -- Each answer says all of a line anew; one to the whole order, of the lines that no other names with it.
            rank() over (
                partition by lines.purchase_order_number, lines.line_number
                order by answers.stated_at desc, answers.purchase_order_line = 'ALL'
            ) as age
        from replenishment.acknowledgements as answers
        inner join replenishment.purchase_orders as orders using (purchase_order_number, supplier_code)
        -- Which line is meant is asked once an answer, and not once for each line of its order.
        cross join lateral (
            select replenishment.meant_line(
                answers.purchase_order_number, answers.purchase_order_line,
                catalogue.part_id(answers.brand_code, answers.part_number), answers.part_number,
                answers.supplier_part_number
            ) as line_number
            where answers.purchase_order_line <> 'ALL'
            union all
            select whole.line_number
            from replenishment.order_lines as whole
            where answers.purchase_order_line = 'ALL'
                and whole.purchase_order_number = answers.purchase_order_number
        ) as meant
        inner join replenishment.order_lines as lines
            on lines.purchase_order_number = orders.purchase_order_number and lines.line_number = meant.line_number
        where answers.stated_at <= order_answers_as_of.at and answers.recorded_at <= order_answers_as_of.known_at
            and lines.recorded_at <= order_answers_as_of.known_at
            and (order_answers_as_of.part_ids is null or lines.part_id = any (order_answers_as_of.part_ids))
    ),

    weighed as (
        select stated.*,
            case when is_refused then 0 when is_whole then ordered_quantity else quantity end as base_quantity
        from stated
        where age = 1
    )

    select weighed.purchase_order_number, weighed.line_number,
        coalesce(sum(base_quantity) filter (where not is_pending), 0),
        coalesce(sum(base_quantity) filter (where is_pending), 0),
        coalesce(bool_and(weighed.promised_on is not null) filter (
            where not is_pending and not is_refused and weighed.acknowledgement_code = 'IB'), true),
        max(weighed.promised_on) filter (where not is_refused),
        string_agg(distinct weighed.acknowledgement_code, ',' order by weighed.acknowledgement_code),
        max(weighed.unit_price_amount), max(weighed.currency_code), max(weighed.stated_at)
    from weighed
    group by weighed.purchase_order_number, weighed.line_number
    -- An answer in a unit that means nothing says nothing of how many come.
    having bool_and(base_quantity is not null)
$$;

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
        cross join lateral (
            select replenishment.meant_line(
                answers.purchase_order_number, answers.purchase_order_line,
                catalogue.part_id(answers.brand_code, answers.part_number), answers.part_number,
                answers.supplier_part_number
            ) as line_number
            where answers.purchase_order_line <> 'ALL'
            union all
            select whole.line_number
            from replenishment.order_lines as whole
            where answers.purchase_order_line = 'ALL'
                and whole.purchase_order_number = answers.purchase_order_number
        ) as meant
        inner join lines on lines.purchase_order_number = answers.purchase_order_number
            and lines.supplier_code = answers.supplier_code and lines.line_number = meant.line_number
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
