"""How each model that a proposal stands on is made again after a small change: for which rows, or not at all.

What is of the whole network and moves slowly, such as seasons and value classes, stays as the last refresh left it.
"""

from __future__ import annotations

# A row of each belongs to one reservation; made again for reservations with news.
RESERVATION_MODELS = (
    "int_reservations_summed", "int_reservations_folded", "int_reservations_open", "int_reservation_pegs",
)  # fmt: skip

# Few rows: made again as a whole. Cells whose rows then differ have news.
WHOLE_MODELS = (
    "int_quality_hold_changes", "int_quality_holds_open", "stg_replenishment__transfers_approved",
    "stg_replenishment__order_lines", "stg_replenishment__planner_acts", "stg_replenishment__returns",
    "int_transfers_open", "int_supply_due",
)  # fmt: skip

# A row of each needs rows of its own garage and part alone, or of parts that one replaced by the other.
DEMAND_MODELS = (
    "int_demand_daily", "int_demand_outliers", "int_demand_rolled_up", "int_stock_balances", "int_stock_days",
    "int_stock_days_rolled_up", "int_demand_windows", "int_demand_jumps", "int_demand_monthly", "int_demand_series",
)  # fmt: skip
CELL_MODELS = (
    "int_forecasts_in_force", "int_demand_means", "int_rates_borrowed", "int_uplifts_resolved", "int_demand_factors",
    "int_demand_rates", "int_stock_cells", "int_stock_positions", "int_positions_rolled_up", "int_policies_resolved",
    "int_replenishment_inputs", "int_planner_acts", "int_supply_rolled_up", "int_offers_ranked",
    "int_suppliers_chosen", "int_inventory_positions", "int_demand_quantiles", "int_reorder_points",
    "int_positions_planned", "int_needs_triggered", "int_needs_explained", "int_receipts_returnable",
)  # fmt: skip

# Who gives a unit to whom is worked out for a part over all garages.
PART_MODELS = ("int_transfer_ways", "int_transfers_planned")

# What one garage is told about one part.
LINE_MODELS = ("int_needs_rounded", "int_purchases_planned", "int_lines_planned", "int_offers_listed")

# What nobody else can use goes back, which again is worked out for a part over all garages.
RETURN_MODELS = ("int_moves_suggested", "int_excess_left", "int_returns_suggested", "int_returns_planned")

# Lines and returns, in words and numbers.
TOLD_MODELS = ("int_lines_explained", "fct_replenishment_proposals")

# Catalogue, offers, seasons, classes and what else is of the network: as the last refresh left it.
KEPT_MODELS = (
    "int_parts_current", "int_garages_current", "int_suppliers_current", "int_supersessions",
    "int_supersessions_current", "int_parts_planned", "int_parts_replaced", "int_months_coming", "int_seasonal_indices",
    "int_season_factors", "int_class_rates", "int_network_orders", "int_value_classes", "int_availability_current",
    "int_offers_stated", "int_offers_judged", "int_offers_eligible", "int_protection_intervals", "int_prices_risen",
    "int_lead_times", "int_supplier_terms_current", "int_transfer_routes", "stg_replenishment__order_receipts",
    "stg_replenishment__order_promises",
)  # fmt: skip

# Rules by garage and part, where nothing means any, and orders, whose supplier is that of whatever part came by them:
# always read whole.
READ_WHOLE = (
    "stg_catalogue__stocking_policies", "stg_replenishment__demand_uplifts", "stg_replenishment__order_lines",
)  # fmt: skip

MADE_AGAIN = (
    *RESERVATION_MODELS, *WHOLE_MODELS, *DEMAND_MODELS, *CELL_MODELS, *PART_MODELS, *LINE_MODELS, *RETURN_MODELS,
    *TOLD_MODELS,
)  # fmt: skip

# Loads of these kinds say what happened to a part in a garage; any other load wants a refresh.
KINDS = (
    "stock_count", "receipt", "usage", "adjustment", "reservation", "quality_hold", "order_ack", "ship_notice",
)  # fmt: skip
