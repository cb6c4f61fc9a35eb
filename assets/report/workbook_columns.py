"""The columns of the sheet Lines: what a planner reads and decides first, then every number that led to it."""

from __future__ import annotations

# Column → (header, width). The headers of the first rows, and Supplier, Suggested and Unit price, are read back.
COLUMNS: dict[str, tuple[str, int]] = {
    "status_word": ("Status", 15),
    "garage_code": ("Garage", 10),
    "brand_code": ("Brand", 12),
    "part_number": ("Part number", 18),
    "decision": ("Decision", 12),
    "final_quantity": ("Final quantity", 9),
    "snooze_until": ("Snooze until", 12),
    "decision_reason": ("Reason", 22),
    "proposed_quantity": ("Suggested", 11),
    "reason_word": ("Why look", 22),
    "description": ("Description", 36),
    "garage_name": ("Garage name", 20),
    "supplier_code": ("Supplier", 12),
    "supplier_name": ("Supplier name", 24),
    "supplier_part_number": ("Supplier's part number", 18),
    "line_type_word": ("Kind", 10),
    "from_garage_code": ("From garage", 10),
    "outcome": ("Outcome", 16),
    "base_uom_code": ("Unit", 7),
    "pack_count": ("Packs", 8),
    "unit_price_amount": ("Unit price", 12),
    "line_amount": ("Line value", 13),
    "risk_amount": ("At risk", 13),
    "reward_amount": ("Reward a unit", 11),
    "reward_pct": ("Reward %", 9),
    "currency_code": ("Currency", 9),
    "days_to_stock_out": ("Days to stock-out", 11),
    "stock_out_on": ("Runs out on", 12),
    "order_by_on": ("Order by", 12),
    "expected_on": ("Arrives", 12),
    "change_word": ("Since the last run", 11),
    "act_word": ("Decided", 14),
    "act_quantity": ("Decided quantity", 10),
    "act_until_on": ("Decided until", 12),
    "act_actor": ("Decided by", 14),
    "act_reason": ("Decided because", 22),
    "on_hand_quantity": ("On hand", 10),
    "held_quantity": ("Held", 9),
    "nonsellable_quantity": ("Not sellable", 10),
    "reserved_quantity": ("Reserved", 10),
    "backordered_quantity": ("Backordered", 11),
    "sellable_quantity": ("Sellable", 10),
    "available_raw_quantity": ("Available", 10),
    "on_order_quantity": ("On order", 10),
    "inbound_order_quantity": ("Inbound orders", 10),
    "inbound_transfer_quantity": ("Inbound transfers", 10),
    "outbound_transfer_quantity": ("Outbound transfers", 10),
    "next_receipt_on": ("Next receipt", 12),
    "inventory_position_quantity": ("Inventory position", 11),
    "safety_stock_quantity": ("Safety stock", 11),
    "reorder_point_quantity": ("Reorder point", 11),
    "order_up_to_quantity": ("Order up to", 11),
    "raw_quantity": ("Needed", 10),
    "minimum_order_quantity": ("Minimum order", 11),
    "pack_quantity": ("Pack", 9),
    "order_multiple_quantity": ("Order multiple", 11),
    "maximum_order_quantity": ("Maximum order", 11),
    "maximum_on_hand_quantity": ("Maximum on hand", 11),
    "max_rule_code": ("Maximum rule", 11),
    "demand_class": ("Demand", 13),
    "abc_code": ("ABC", 6),
    "xyz_code": ("XYZ", 6),
    "method_code": ("Method", 16),
    "policy_code": ("Policy", 12),
    "daily_mean_quantity": ("Daily mean", 11),
    "daily_sd_quantity": ("Daily spread", 11),
    "history_days": ("History days", 10),
    "no_data_days": ("Days without stock", 11),
    "lead_time_days": ("Lead time days", 11),
    "lead_time_sd_days": ("Lead time spread", 11),
    "review_days": ("Review days", 10),
    "service_level_pct": ("Service level %", 10),
    "z_value": ("z", 8),
    "cover_days": ("Cover days", 10),
    "category_code": ("Category", 14),
    "stocking_class_code": ("Stocking class", 9),
    "criticality_code": ("Criticality", 13),
    "flags": ("Flags", 22),
    "explanation": ("Why", 70),
    "proposal_id": ("proposal_id", 38),
    "revision_number": ("revision_number", 10),
    "row_hash": ("row_hash", 24),
}

# Filled in by the planner, read back by `partsbay decide`.
DECIDED = ("decision", "final_quantity", "snooze_until", "decision_reason")
# What the rows are found by, however they are sorted or filtered.
HIDDEN = ("proposal_id", "revision_number", "row_hash")
# Left out where the models do not have them; the other columns are always there.
OPTIONAL = (
    "from_garage_code", "order_by_on", "expected_on", "change_word", "act_word", "act_quantity", "act_until_on",
    "act_actor", "act_reason", "inbound_order_quantity", "inbound_transfer_quantity", "outbound_transfer_quantity",
    "next_receipt_on", "abc_code", "xyz_code", "reward_amount", "reward_pct",
)  # fmt: skip

DECISIONS = ("APPROVE", "OVERRIDE", "FIRM", "SNOOZE", "REJECT")
REASON_EXAMPLES = (
    "Season over", "Campaign coming", "Price too high", "Other supplier", "Will be transferred", "Count first",
    "Customer cancelled", "Part is phased out",
)  # fmt: skip

# So many lines are decided in Excel, not read: there the workbook has what is needed to decide, and the page and the
# document have every number.
MANY_LINES = 20_000
TO_DECIDE = (
    "status_word", "garage_code", "brand_code", "part_number", *DECIDED, "proposed_quantity", "reason_word",
    "description", "supplier_code", "line_type_word", "from_garage_code", "outcome", "unit_price_amount",
    "line_amount", "risk_amount", "reward_pct", "currency_code", "days_to_stock_out", "act_word", "act_quantity",
    "act_until_on", "act_actor", "on_hand_quantity", "inventory_position_quantity", "reorder_point_quantity", *HIDDEN,
)  # fmt: skip
