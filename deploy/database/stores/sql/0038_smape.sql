-- One more error that forecasts are told by. Of forecasts made before, it is not known.

alter table replenishment.forecasts
    add column smape_values numeric(18, 6)[] not null default '{}',
    add constraint smape_goes_with_methods check (
        cardinality(smape_values) in (0, cardinality(tested_method_codes)));
comment on column replenishment.forecasts.smape_values is 'Symmetric mean absolute percentage error of one month ahead: the mean of 200 % times the error by the sum of what was expected and what came, 0 where both are nothing. Empty of forecasts that were made before it was kept.';
