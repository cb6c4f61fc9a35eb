"""Plan again for what changed during the day: the queries of the last refresh, on the cells that have news."""
