-- The audit covers which region gave a number.

select audit.watch('replenishment.purchase_orders');
select audit.watch('replenishment.order_files');
