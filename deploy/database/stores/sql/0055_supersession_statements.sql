-- What files said of successors, as people ask for it: who handed it in, and what was decided about it.

create view catalogue.supersession_statements as
select stated.*,
    -- Not who took the file again when what it waited for was there.
    coalesce(handed_in.actor, stated.actor) as handed_in_by,
    decided.decision_code, decided.reason as decision_reason, decided.actor as decided_by,
    decided.recorded_at as decided_at
from catalogue.stated_supersessions as stated
left join catalogue.stated_decisions as decided using (batch_id, line_number)
left join lateral (
    select deliveries.actor
    from ingest.deliveries
    where deliveries.batch_id = stated.batch_id and deliveries.actor is not null
    order by deliveries.delivered_at
    limit 1
) as handed_in on true;
comment on view catalogue.supersession_statements is 'One row per line of a file that says what replaces a part, with who handed the file in, and what was decided about it, by whom and why.';
grant select on catalogue.supersession_statements to partsbay_pipeline;
