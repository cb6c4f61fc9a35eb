"""The words of the report: every code that a planner meets, what it is called and what it means."""

from __future__ import annotations

# Worst first; the worst that applies wins. Code → (word, what it means).
STATUSES: dict[str, tuple[str, str]] = {
    "out": ("Stocked out", "Nothing is free to use: on hand less held, reserved and unsellable is zero or less."),
    "late": ("Will run out", "Stock will run out before a delivery ordered today could arrive."),
    "data": ("Data problem", "The books cannot be right, so neither can what is suggested: look at the stock first."),
    "held": ("Held", "It would not be short if the units on quality hold were free."),
    "due": ("Reorder", "At or below the reorder point; a delivery ordered today arrives in time."),
    "excess": ("Excess", "More than the order-up-to level: return it or move it."),
    "ok": ("OK", "Covered until the next order."),
}

# Review reasons, the most urgent first. ROUTINE needs nobody.
REASONS: dict[str, tuple[str, str]] = {
    "VOR_WAITING": ("Vehicle waiting", "A vehicle stands in the workshop and waits for this part."),
    "STOCKED_OUT": ("Stocked out", "Nothing is free to use."),
    "RUNS_OUT": ("Runs out before a delivery", "Stock ends before a delivery ordered today could arrive."),
    "DATA_PROBLEM": ("Data problem", "The books cannot be right: count the shelf before ordering."),
    "HELD": ("Quality hold", "Units on hold are missing; a release would cover the need."),
    "NO_OFFER": ("No offer", "It is needed and no supplier has a valid offer."),
    "SNOOZE_ENDED": ("Snooze ended", "It was put off until now."),
    "JUMP": ("Jump in demand", "In the last 30 days more than three times the usual was asked for."),
    "PRICE_UP": ("Price up", "The supplier asks over 10 % more than 30 days ago."),
    "NEW_PART": ("New part", "Too little history to trust the figures alone."),
    "SUPERSEDED": ("Superseded", "Another part number is ordered in its place."),
    "BELOW_MINIMUM_ORDER": ("Below minimum order", "The order to this supplier does not reach its minimum value."),
    "ROUTINE": ("Routine", "Within the rules: it may go as proposed."),
}

OUTCOMES: dict[str, str] = {
    "PROPOSED": "To order",
    "TO_RETURN": "To return",
    "NO_OFFER": "No offer",
    "DO_NOT_STOCK": "Not stocked",
    "NOT_ORDERABLE": "Not orderable",
    "EXCEEDS_MAX_SKIPPED": "Over the maximum",
    "TRANSFERRED": "Covered by a transfer",
    "COVERED": "Covered",
    "SNOOZED": "Snoozed",
    "REJECTED": "Rejected",
}

LINE_TYPES: dict[str, str] = {"BUY": "Buy", "TRANSFER": "Transfer", "RETURN_EXCESS": "Return"}

# Since the run before.
CHANGES: dict[str, str] = {"NEW": "New", "CHANGED": "Changed", "SAME": "Same"}

# What a planner decided and is in force.
ACTS: dict[str, str] = {
    "APPROVE": "Approved",
    "OVERRIDE": "Quantity changed",
    "FIRM": "Firm",
    "SNOOZE": "Snoozed",
    "REJECT": "Rejected",
}

DEMAND_CLASSES: dict[str, tuple[str, str]] = {
    "SMOOTH": ("Smooth", "Sold nearly every month, in similar quantities."),
    "ERRATIC": ("Erratic", "Sold nearly every month, in very different quantities."),
    "INTERMITTENT": ("Intermittent", "Months without a sale in between, similar quantities."),
    "LUMPY": ("Lumpy", "Months without a sale in between, very different quantities."),
    "NEW": ("New", "Less than 90 days of history."),
    "NONE": ("No demand", "No demand in the history."),
}

# How a forecast was made.
METHODS: dict[str, str] = {
    "CHOSEN": "Each series by its own",
    "MOVING_AVERAGE": "Mean of twelve months",
    "MEAN": "Mean of all months",
    "SES": "Exponential smoothing",
    "ETS": "ETS, with seasons",
    "CROSTON_SBA": "Croston, SBA",
    "TSB": "TSB",
    "ADIDA": "ADIDA",
    "IMAPA": "IMAPA",
    "CLEAN_MEAN": "Mean of the window",
    "NEW_MEAN": "Mean of a short history",
    "NONE": "None",
}

FLAGS: dict[str, str] = {
    "EXCEEDS_MAX": "More than the maximum",
    "BELOW_NEED": "Less than needed",
    "OVERCOMMITTED": "More reserved than there is",
    "NEGATIVE_STOCK": "Stock on the books is below zero",
    "SPECIAL_ORDER": "Special order only",
    "NO_FORECAST": "No forecast, mean of the history instead",
    "DEFAULT_LEAD_TIME": "Lead time assumed, no supplier stated one",
    "LATE_SUPPLY": "Ordered already, and due too late to count",
    "OFF_PACK": "Not in whole packs, as a planner set it",
    "ABOVE_POINT": "Above the reorder point, kept firm by a planner",
}

MEANINGS: dict[str, str] = {
    "Inventory position": "Sellable, less reserved and backordered, plus what comes in before the next delivery could.",
    "Reorder point": "Demand over lead time and review, plus safety stock; at or below it a line appears here.",
    "Order up to": "Where the inventory position stands after the order.",
    "Suggested": "Needed quantity raised to the minimum order and to whole packs, then held to the maximum.",
    "Line value": "Suggested times unit price, in the supplier's currency.",
    "At risk": "Demand until a delivery ordered today could arrive that free stock does not cover, and what waits"
    " already, times the unit price.",
    "Reward": "Of a unit: the units of the line that would otherwise be missing until the order after it could arrive,"
    " at their price, less what it costs to hold the line, by its units.",
    "Reward %": "Reward in percent of the unit price: what comes back of the money spent. A budget is cut by it.",
    "A, B, C": "By yearly value: A the first 80 %, B the next 15 %, C the rest.",
    "X, Y, Z": "By how much demand varies: X little, Y some, Z much.",
}

# What the columns of further pages say, page by page: what the page calls the column, and what it means. A column
# without a name, and the whole page where none has one, explains itself otherwise there, and here is for the sheet.
COLUMN_MEANINGS: dict[str, dict[str, tuple[str | None, str]]] = {
    "service": {
        "target_pct": ("Target", "The share of lead times that are to pass without a stock-out, as the policy of each"
                       " part has it; a part counts by the units asked for."),
        "reached_pct": ("Served at once", "The share of units asked for that were neither lost, nor bought in a hurry,"
                        " nor waited for. A stock-out misses no more than the last units of a lead time, so what is"
                        " stocked as planned usually serves more than its target: what stays below it is short more"
                        " often than planned."),
        "gap_pct": ("Gap, points", "What was served at once less the target, in percentage points."),
        "below_target_count": ("Parts below theirs", "Parts of garages that served less than their own target, of those"
                               " that were asked for."),
        "in_stock_pct": ("In stock now", "Parts with at least one unit that nobody has reserved."),
        "from_on": (None, "The first day that is looked at."),
        "to_on": (None, "The last day that is looked at."),
    },
    "scorecard": {
        "quoted_lead_time_days": ("Promised", "The lead time of the supplier, as it states it."),
        "observed_lead_time_days": ("Kept", "The median from sending an order to its last unit, of the last order lines"
                                    " that came whole, as many as are named."),
        "observed_lead_time_sd_days": ("±", "How far these lead times spread: their standard deviation, in days."),
        "on_time_pct": ("On time", "Units that came by the day that the supplier promised first, of order lines whose"
                        " day is over or that came whole; where it named none, by the day that was asked for."),
        "moved_line_count": ("Promises moved", "Order lines of which the supplier moved its promise to a later day."),
        "received_pct": ("Received", "Units received so far of those ordered, of order lines whose first promise is"
                         " over."),
        "late_line_count": ("Late now", "Order lines of which something should have come by now, by the newest"
                            " promise."),
        "price_drift_pct": ("Price drift", "Mean change of the prices in force since the year began, each counted the"
                            " same and in its own currency; deposits left out."),
        "quarantined_pct": ("Rows refused", "Rows of the files of the year that could not be taken, and wait for"
                            " somebody or were sent again."),
        "rejected_batch_count": ("Files refused", "Files of the year that could not be taken at all."),
        "punctual_pct": ("Files on time", "Files that came in time, of those due within the year by the calendar of the"
                         " supplier."),
    },
    "accuracy": {
        "mase_value": (None, "Mean absolute error, scaled by the mean change before the test; 1 is as good as the last"
                       " value."),
        "smape_value": (None, "Error of a month by the mean of forecast and demand, from 0 to 200 %."),
        "pinball_value": (None, "What too little and too much at a level of 95 % cost together, scaled likewise."),
    },
}  # fmt: skip
