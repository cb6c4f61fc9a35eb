-- How long a supplier takes back what it delivered, as agreed with it.

alter table replenishment.supplier_terms add column return_days integer check (return_days >= 0);
comment on column replenishment.supplier_terms.return_days is 'Days after receipt within which the supplier takes units back; empty is not agreed.';
select audit.watch('replenishment.supplier_terms');
