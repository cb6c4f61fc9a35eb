-- What a forecast was chosen by, what is known of its spread, and what planners add to it.

alter table replenishment.forecasts
    add column tested_month_count integer not null default 0 check (tested_month_count >= 0),
    add column tested_method_codes text[] not null default '{}',
    add column mase_values numeric(18, 6)[] not null default '{}',
    add column rmsse_values numeric(18, 6)[] not null default '{}',
    add column pinball_values numeric(18, 6)[] not null default '{}',
    add column season_values numeric(18, 6)[] not null default '{}',
    add column distribution_code text not null default 'POISSON'
        check (distribution_code in ('POISSON', 'NEGATIVE_BINOMIAL')),
    add column monthly_mean_quantity numeric(18, 9) check (monthly_mean_quantity >= 0),
    add column dispersion_value numeric(18, 9) check (dispersion_value >= 1),
    add column effective_month_count numeric(18, 9) check (effective_month_count >= 0),
    add constraint errors_go_with_methods check (
        cardinality(tested_method_codes) = all(
            array[cardinality(mase_values), cardinality(rmsse_values), cardinality(pinball_values)])
        and cardinality(season_values) in (0, 12)),
    add constraint a_fitted_distribution_has_its_figures check (distribution_code = 'POISSON'
        or num_nulls(monthly_mean_quantity, dispersion_value, effective_month_count) = 0);
comment on table replenishment.forecasts is 'One row per garage, part, as-of day and demand series: mean daily demand in base units by the method named, how every method did in the back-test, and what is known of the spread. history_hash is of the series it was made from, so that late demand adds a row and changes none.';
comment on column replenishment.forecasts.tested_method_codes is 'The methods that were tested on the last months of the series; their errors are in the arrays beside it, in the same order. Empty where there was too little to test on.';
comment on column replenishment.forecasts.mase_values is 'Mean absolute error of one month ahead by the mean absolute change from month to month before the test; null where nothing changed.';
comment on column replenishment.forecasts.rmsse_values is 'Root of the mean squared error of one month ahead by the mean squared change from month to month before the test.';
comment on column replenishment.forecasts.pinball_values is 'Pinball loss at the service quantile of 95 %, scaled as mase.';
comment on column replenishment.forecasts.season_values is 'Of a seasonal method: demand of each month of the year, January first, by that of a mean month. Empty otherwise.';
comment on column replenishment.forecasts.monthly_mean_quantity is 'Mean demand of a month in the series, recent months counting more; null for a Poisson distribution.';
comment on column replenishment.forecasts.dispersion_value is 'Variance of the demand of a month by its mean.';
comment on column replenishment.forecasts.effective_month_count is 'How many months the mean is worth, older ones counting less.';

-- ---------------------------------------------------------------- uplifts

create table replenishment.demand_uplifts (
    uplift_id uuid not null,
    revision_number integer not null check (revision_number > 0),
    garage_code text,
    part_id uuid,
    category_code text,
    factor_pct numeric(7, 2) not null check (factor_pct between -100 and 10000 and factor_pct <> 0),
    from_on date not null,
    to_on date not null,
    actor text not null,
    reason text not null check (trim(reason) <> ''),
    event_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    primary key (uplift_id, revision_number),
    check (num_nonnulls(garage_code, part_id, category_code) > 0),
    -- One that ends before it began never counts: that is how a planner takes one back.
    check (revision_number > 1 or to_on >= from_on)
);
comment on table replenishment.demand_uplifts is 'One row per revision of an uplift: what a planner expects beyond the forecast, in per cent of it, from a day to a day, for what it selects (garage, part, category; empty is any). The newest revision counts; a further one ends it on another day.';
comment on column replenishment.demand_uplifts.factor_pct is 'Demand more than forecast, in per cent of it; below zero is less.';
comment on column replenishment.demand_uplifts.actor is 'The planner who says so.';

-- ----------------------------------------------------------------- grants

grant select, insert on replenishment.demand_uplifts to partsbay_pipeline;
grant select on replenishment.demand_uplifts to partsbay_replication;
alter publication pub_replenishment add table replenishment.demand_uplifts;
select audit.watch('replenishment.demand_uplifts');
select audit.watch('replenishment.forecasts');
