"""Mean daily demand of many parts at once, by the method that a back-test on each part's own history prefers.

Here: which methods may be taken, how they are tested, which one is taken, what is known of the spread.
Not here: SQL (``ingest.replenishment``), and what planners or the season add to a forecast, which the models do.

Every method is deterministic: the same series give the same figures. Raise ``forecast_version`` in
``dbt_project.yml`` when a method or a rule here changes, so that stored forecasts are made anew.
Nothing here imports statsforecast, which takes seconds, before a series is to be forecast.
"""

from assets.forecasting.forecast import forecast
from assets.forecasting.months import DAYS_PER_MONTH
from assets.forecasting.tables import FORECAST_SCHEMA, SERIES_SCHEMA

__all__ = ["DAYS_PER_MONTH", "FORECAST_SCHEMA", "SERIES_SCHEMA", "forecast"]
