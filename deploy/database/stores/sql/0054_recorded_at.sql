-- What was recorded since a moment is at the end of a ledger: ranges of pages with their first and last moment find it
-- without reading what was before, and cost next to nothing to keep.

create index usage_lines_by_recording on garage_inventory.usage_lines
    using brin (recorded_at) with (autosummarize = on);
create index movements_by_recording on garage_inventory.movements
    using brin (recorded_at) with (autosummarize = on);
create index counts_by_recording on garage_inventory.counts
    using brin (recorded_at) with (autosummarize = on);
create index receipts_by_recording on garage_inventory.receipts
    using brin (recorded_at) with (autosummarize = on);
create index reversals_by_recording on garage_inventory.reversals
    using brin (recorded_at) with (autosummarize = on);
create index lots_by_recording on garage_inventory.lots
    using brin (recorded_at) with (autosummarize = on);
create index transfer_events_by_recording on garage_inventory.transfer_events
    using brin (recorded_at) with (autosummarize = on);
create index events_by_recording on reservation.events
    using brin (recorded_at) with (autosummarize = on);
create index events_by_recording on quality_hold.events
    using brin (recorded_at) with (autosummarize = on);
create index planner_acts_by_recording on replenishment.planner_acts
    using brin (recorded_at) with (autosummarize = on);
create index order_lines_by_recording on replenishment.order_lines
    using brin (recorded_at) with (autosummarize = on);
create index acknowledgements_by_recording on replenishment.acknowledgements
    using brin (recorded_at) with (autosummarize = on);
create index shipment_lines_by_recording on replenishment.shipment_lines
    using brin (recorded_at) with (autosummarize = on);
