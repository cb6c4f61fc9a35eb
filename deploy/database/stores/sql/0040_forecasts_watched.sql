-- A table that got a column is watched anew, or its content is no longer proved.

select audit.watch('replenishment.forecasts');
