-- What is shown, then changed, then shown as before was seen three times: a document may come back within its generation.

alter table replenishment.report_editions drop constraint report_editions_generation_id_document_sha256_key;
create index report_editions_by_generation on replenishment.report_editions (generation_id);
comment on table replenishment.report_editions is 'One row per edition of the replenishment report: a document of a generation of the models. The newest document made again is kept once; after a decision the same generation may have another, and once it is undone the one before again. Append-only.';
