-- The successor of a part in a file is a statement that waits (0039): the part itself keeps one that it had before.

create function catalogue.refuse_new_successors() returns trigger
    language plpgsql
    set search_path = pg_catalog
as $$
begin
    if exists (
        select from new_rows
        where new_rows.batch_id is not null and new_rows.superseded_by_part_number is not null and not exists (
            select from catalogue.parts as before
            where before.part_id = new_rows.part_id
                and before.superseded_by_part_number = new_rows.superseded_by_part_number
                and (before.valid_from_at, before.revision_number)
                    < (new_rows.valid_from_at, new_rows.revision_number)
        )
    ) then
        raise exception 'a part of a file names a successor that it did not have before'
            using errcode = 'check_violation', constraint = 'parts_keep_their_successors';
    end if;
    return null;
end
$$;
create trigger parts_keep_their_successors after insert on catalogue.parts
    referencing new table as new_rows for each statement execute function catalogue.refuse_new_successors();
