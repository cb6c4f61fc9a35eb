-- A forecast says by which distribution its part is planned; what is known of the series is kept whichever it is.

alter table replenishment.forecasts
    drop constraint forecasts_distribution_code_check,
    add constraint forecasts_distribution_code_check check (
        distribution_code in ('POISSON', 'NORMAL', 'NEGATIVE_BINOMIAL'));
comment on column replenishment.forecasts.distribution_code is 'By which distribution the part is planned; POISSON where none was fitted.';
comment on column replenishment.forecasts.monthly_mean_quantity is 'Mean demand of a month in the series, recent months counting more; null where no distribution was fitted.';
