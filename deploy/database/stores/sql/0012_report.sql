-- Editions of the replenishment report: what planners saw, kept so that it can be shown again.

create table replenishment.report_editions (
    edition_id uuid primary key default uuidv7(),
    generation_id uuid not null,
    as_of_at timestamptz not null,
    published_at timestamptz not null,
    made_at timestamptz not null default clock_timestamp(),
    line_count integer not null check (line_count >= 0),
    figures jsonb not null,
    document_sha256 bytea not null,
    document bytea not null,
    unique (generation_id, document_sha256)
);
comment on table replenishment.report_editions is 'One row per edition of the replenishment report: a document of a generation of the models. The same document is kept once; after a decision the same generation may have another.';
comment on column replenishment.report_editions.as_of_at is 'The moment that the data of the report is of.';
comment on column replenishment.report_editions.made_at is 'When the edition was made, which is when people could first see it.';
comment on column replenishment.report_editions.figures is 'The sums that the report opens with; from them come the changes and trends of later editions.';
comment on column replenishment.report_editions.document_sha256 is 'Of the document before it was compressed.';
comment on column replenishment.report_editions.document is 'What page and workbook are written from: JSON in UTF-8, compressed by zlib.';
-- It is compressed already.
alter table replenishment.report_editions alter column document set storage external;
create index report_editions_by_moment on replenishment.report_editions (made_at);

grant select, insert on replenishment.report_editions to partsbay_pipeline;
grant select on replenishment.report_editions to partsbay_replication;
alter publication pub_replenishment add table replenishment.report_editions;
select audit.watch('replenishment.report_editions');
