-- The analytics warehouse: finished marts in one schema that is swapped whole.
revoke all on schema public from public;
do $$ begin execute format('revoke all on database %I from public', current_database()); end $$;
do $$ begin execute format('grant connect, temporary, create on database %I to partsbay_pipeline', current_database()); end $$;
do $$ begin execute format('grant connect on database %I to partsbay_analyst', current_database()); end $$;
