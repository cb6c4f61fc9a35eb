-- The number of a line is read as one only where it is one.

create or replace function replenishment.meant_line(
    purchase_order_number text, purchase_order_line text, part_id uuid, part_number text, supplier_part_number text
) returns integer
    language sql stable
    return (
        with numbered as (
            -- Zeros in front say nothing.
            select case when meant_line.purchase_order_line ~ '^\s*0*[1-9][0-9]{0,4}\s*$'
                then meant_line.purchase_order_line::integer end as line_number
        ),

        -- Mostly the number is right; then no other line is looked at.
        found as (
            select lines.line_number
            from replenishment.order_lines as lines
            inner join numbered using (line_number)
            where lines.purchase_order_number = meant_line.purchase_order_number
                and (lines.part_id = meant_line.part_id
                    or lines.supplier_part_number = meant_line.supplier_part_number
                    or catalogue.part_key(lines.part_number) = catalogue.part_key(meant_line.part_number))
        ),

        -- Who numbers lines in another way than we do still names the part.
        of_part as (
            select min(lines.line_number) as line_number
            from replenishment.order_lines as lines
            where lines.purchase_order_number = meant_line.purchase_order_number
                and (lines.part_id = meant_line.part_id
                    or lines.supplier_part_number = meant_line.supplier_part_number
                    or catalogue.part_key(lines.part_number) = catalogue.part_key(meant_line.part_number))
                and not exists (select from found)
        )

        select coalesce(
            (select found.line_number from found), of_part.line_number,
            (select lines.line_number
            from replenishment.order_lines as lines
            inner join numbered using (line_number)
            where lines.purchase_order_number = meant_line.purchase_order_number),
            -- What comes in place of a part is of its line, once the supplier has said so.
            (select min(lines.line_number)
            from replenishment.acknowledgements as answers
            inner join replenishment.order_lines as lines
                on lines.purchase_order_number = answers.purchase_order_number
                and lines.line_number = case when answers.purchase_order_line ~ '^\s*0*[1-9][0-9]{0,4}\s*$'
                    then answers.purchase_order_line::integer end
            where answers.purchase_order_number = meant_line.purchase_order_number
                and answers.acknowledgement_code = 'IS'
                and (answers.supplier_part_number = meant_line.supplier_part_number
                    or catalogue.part_key(answers.part_number) = catalogue.part_key(meant_line.part_number)
                    or exists (
                        select from catalogue.parts
                        where parts.part_id = meant_line.part_id
                            and catalogue.part_key(parts.part_number) = catalogue.part_key(answers.part_number)
                    )))
        )
        from of_part
    );
comment on function replenishment.meant_line is 'The line of an order that a partner means: by number and part, else by part, else by number, else by the part that was confirmed in its place; null where no line fits.';
