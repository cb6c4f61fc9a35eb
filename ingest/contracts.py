"""The columns and key of each accepted batch: the single place that spells them in Python.

Readers turn a file into these columns, suites judge them, stores keep them. A
part number is text for ever: ``007`` stays ``007``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from ingest import vocabularies as words


class Type(Enum):
    """What a column holds, and the Arrow type that carries it."""

    TEXT = pa.string()
    QUANTITY = pa.decimal128(14, 3)
    AMOUNT = pa.decimal128(14, 4)
    DAYS = pa.decimal128(6, 2)
    INTEGER = pa.int32()
    BOOLEAN = pa.bool_()
    DATE = pa.date32()
    TIMESTAMP = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True)
class Column:
    """One canonical column: its type, whether a line may leave it empty, and what it may say.

    ``is_addition`` marks a column, without a default, that lines were stored without: it is part of what
    identifies a line, or of what it says, only where a line fills it.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    default: str | None = None
    maximum_length: int | None = None
    allowed: tuple[str, ...] | None = None
    minimum: str | None = None
    is_minimum_strict: bool = False
    is_addition: bool = False


@dataclass(frozen=True)
class Contract:
    """What one kind of batch looks like, and which lines of it say the same thing.

    ``key`` identifies a line for ever (F19): the same key with the same content is a
    duplicate, with other content a conflict. ``event_column`` says when the line
    happened. ``store`` and ``relation`` say where accepted lines go; ``waiting_relation`` where they wait
    for approval before that.
    """

    kind: str
    store: str
    relation: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_column: str
    waiting_relation: str | None = None

    @property
    def name(self) -> str:
        return self.kind

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Columns a file must have: required ones without a default."""
        return tuple(c.name for c in self.columns if c.required and c.default is None)

    def column(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


def _text(name: str, description: str, **options) -> Column:
    return Column(name, Type.TEXT, description, maximum_length=options.pop("maximum_length", 200), **options)


def _code(name: str, description: str, allowed: tuple[str, ...] | None = None, **options) -> Column:
    return Column(name, Type.TEXT, description, maximum_length=48, allowed=allowed, **options)


def _quantity(name: str, description: str, **options) -> Column:
    return Column(name, Type.QUANTITY, description, **options)


def _timestamp(name: str, description: str, **options) -> Column:
    return Column(name, Type.TIMESTAMP, description, **options)


_BRAND = _code("brand_code", "Brand of the part, as the catalogue spells it.", required=True)
_PART = _code("part_number", "Part number of the brand, as printed; always text.", required=True)
_GARAGE = _code("garage_code", "The garage.", required=True)
_SUPPLIER = _code("supplier_code", "The supplier.", required=True)
_LOT = _code("lot_number", "Lot, where the part is tracked by lot.")
_CONDITION = _code("condition_code", "Condition of the stock.", words.CONDITIONS, required=True, default="NEW")
_UNIT = _code("uom_code", "Unit of the quantity.", words.UNITS, required=True, default="EA")
_VALID_FROM = _timestamp("valid_from_at", "From when this version holds.", required=True)
_CURRENCY = _code("currency_code", "ISO 4217 code of the currency.", required=True)
_POSITIVE = {"required": True, "minimum": "0", "is_minimum_strict": True}
_NOT_NEGATIVE = {"minimum": "0"}

GARAGES = Contract(
    kind="garages",
    store="catalogue",
    relation="catalogue.garages",
    grain="one row per version of a garage",
    columns=(
        _GARAGE,
        _text("garage_name", "Name of the garage.", required=True),
        _code("country_code", "ISO 3166 code of the country.", required=True),
        _code("time_zone", "IANA time zone of the garage.", required=True),
        _CURRENCY,
        _VALID_FROM,
    ),
    key=("garage_code", "valid_from_at"),
    event_column="valid_from_at",
)

SUPPLIERS = Contract(
    kind="suppliers",
    store="catalogue",
    relation="catalogue.suppliers",
    grain="one row per version of a supplier",
    columns=(
        _SUPPLIER,
        _text("supplier_name", "Name of the supplier.", required=True),
        _CURRENCY,
        Column("lead_time_days", Type.DAYS, "Quoted days from order sent to receipt.", required=True, **_NOT_NEGATIVE),
        Column("lead_time_sd_days", Type.DAYS, "Spread of the lead time.", required=True, default="0", **_NOT_NEGATIVE),
        Column(
            "review_days",
            Type.INTEGER,
            "Days between order days; 0 is any day.",
            required=True,
            default="0",
            **_NOT_NEGATIVE,
        ),
        Column(
            "minimum_order_amount", Type.AMOUNT, "Least value of an order.", required=True, default="0", **_NOT_NEGATIVE
        ),
        Column("is_active", Type.BOOLEAN, "Whether orders may go to the supplier.", required=True),
        Column("is_inspected", Type.BOOLEAN, "Whether its first delivery of a part waits for inspection."),
        _VALID_FROM,
    ),
    key=("supplier_code", "valid_from_at"),
    event_column="valid_from_at",
)

SUPPLIER_TERMS = Contract(
    kind="supplier_terms",
    store="replenishment",
    relation="replenishment.supplier_terms",
    grain="one row per version of the terms on which a supplier takes orders; what is empty is not agreed",
    columns=(
        _SUPPLIER,
        _code("currency_code", "ISO 4217 code of the currency of the amounts.", required=True),
        Column("minimum_order_amount", Type.AMOUNT, "Least value of an order.", **_NOT_NEGATIVE),
        Column("free_freight_amount", Type.AMOUNT, "Value of an order that bears no freight.", **_NOT_NEGATIVE),
        Column("freight_amount", Type.AMOUNT, "Freight that one line of an order bears.", **_NOT_NEGATIVE),
        Column("hazmat_fee_amount", Type.AMOUNT, "Fee on a line of dangerous goods.", **_NOT_NEGATIVE),
        Column("discount_pct", Type.DAYS, "Share taken off the list, in percent.", **_NOT_NEGATIVE),
        Column("core_return_pct", Type.DAYS, "Share of old parts that come back, in percent.", **_NOT_NEGATIVE),
        _code("order_weekdays", "Days of the week on which orders are taken: 1 3 5 is Monday, Wednesday, Friday."),
        _code("cut_off_at", "Until when on such a day, in the local time of the garage: 16:00."),
        Column("return_days", Type.INTEGER, "Days after receipt within which units go back.", **_NOT_NEGATIVE),
        _VALID_FROM,
    ),
    key=("supplier_code", "valid_from_at"),
    event_column="valid_from_at",
)

PARTS = Contract(
    kind="parts",
    store="catalogue",
    relation="catalogue.parts",
    grain="one row per version of a part",
    columns=(
        _BRAND,
        _PART,
        _text("description", "What the part is, in words.", required=True),
        _code("category_code", "Group of the part.", required=True),
        _code("base_uom_code", "Unit that stock is kept in.", words.UNITS, required=True, default="EA"),
        _code("lifecycle_code", "PIES life-cycle status.", words.LIFECYCLES, required=True, default="2"),
        _code("stocking_class_code", "Stocking policy class.", words.STOCKING_CLASSES, required=True, default="B"),
        _code("criticality_code", "What a missing part stops.", words.CRITICALITIES, required=True, default="COMFORT"),
        Column("unit_cost_amount", Type.AMOUNT, "Cost of one base unit.", **_NOT_NEGATIVE),
        _code("currency_code", "ISO 4217 code of the cost."),
        _code("gtin", "GTIN of the item, always text."),
        _code("superseded_by_part_number", "Successor within the brand."),
        Column("shelf_life_days", Type.INTEGER, "Days the part keeps.", **_NOT_NEGATIVE),
        _text("description_long", "What the part is, at length.", maximum_length=2000),
        _code("part_type_code", "What kind of part it is; one of the part types, where the catalogue has some."),
        Column("is_hazmat", Type.BOOLEAN, "Whether it is a dangerous good."),
        _code("un_number", "UN number of the dangerous good."),
        _code("packing_group_code", "Packing group of the dangerous good."),
        Column("min_remaining_days", Type.INTEGER, "Days that must be left of it when it is used.", **_NOT_NEGATIVE),
        Column("is_lot_tracked", Type.BOOLEAN, "Whether its stock is kept by lot."),
        Column("is_serial_tracked", Type.BOOLEAN, "Whether its stock is kept by serial number."),
        Column("is_manufacture_date_tracked", Type.BOOLEAN, "Whether its age counts from when it was made."),
        Column("is_core_part", Type.BOOLEAN, "Whether the old part is taken back for a deposit."),
        Column("core_deposit_amount", Type.AMOUNT, "Deposit on the old part.", **_NOT_NEGATIVE),
        _quantity("weight_kg", "Weight of one base unit in kg.", **_NOT_NEGATIVE),
        _quantity("length_mm", "Length of one base unit in mm.", **_NOT_NEGATIVE),
        _quantity("width_mm", "Width of one base unit in mm.", **_NOT_NEGATIVE),
        _quantity("height_mm", "Height of one base unit in mm.", **_NOT_NEGATIVE),
        _code("hs_code", "Customs tariff number."),
        _code("country_of_origin_code", "ISO 3166 code of the country it was made in."),
        _text("fitment_ref", "Where it is said which vehicles it fits; a link only."),
        _VALID_FROM,
    ),
    key=("brand_code", "part_number", "valid_from_at"),
    event_column="valid_from_at",
)

PART_TYPES = Contract(
    kind="part_types",
    store="catalogue",
    relation="catalogue.part_types",
    grain="one row per version of a part type",
    columns=(
        _code("part_type_code", "The part type.", required=True),
        _text("part_type_name", "What such parts are, in words.", required=True),
        _VALID_FROM,
    ),
    key=("part_type_code", "valid_from_at"),
    event_column="valid_from_at",
)

PACKS = Contract(
    kind="packs",
    store="catalogue",
    relation="catalogue.packs",
    grain="one row per version of a unit or pack level of a part",
    columns=(
        _BRAND,
        _PART,
        _code("uom_code", "Unit or pack level.", words.UNITS, required=True),
        _quantity("factor_quantity", "Base units of the part in one.", **_POSITIVE),
        _code("gtin", "GTIN of the pack, always text."),
        Column("is_orderable", Type.BOOLEAN, "Whether it may be ordered.", required=True, default="true"),
        _VALID_FROM,
    ),
    key=("brand_code", "part_number", "uom_code", "valid_from_at"),
    event_column="valid_from_at",
)

REFERENCES = Contract(
    kind="references",
    store="catalogue",
    relation="catalogue.part_references",
    grain="one row per version of another number that a part has or stands for",
    columns=(
        _BRAND,
        _PART,
        _code("other_brand_code", "Brand or vehicle maker of the other number.", required=True),
        _code("other_part_number", "The other number.", required=True),
        _code("reference_type_code", "What the other number is to the part.", words.REFERENCE_TYPES, required=True),
        _code("quality_grade_code", "Grade, in the author's words."),
        _quantity("quantity", "Units of the part for one of the other.", default="1", **_POSITIVE),
        Column("is_approved", Type.BOOLEAN, "Whether it may stand in.", required=True, default="false"),
        _VALID_FROM,
    ),
    key=("brand_code", "part_number", "other_brand_code", "other_part_number", "reference_type_code", "valid_from_at"),
    event_column="valid_from_at",
)

SUPERSESSIONS = Contract(
    kind="supersessions",
    store="catalogue",
    relation="catalogue.supersessions",
    grain="one row per version of an edge from a part to what replaces it",
    columns=(
        _BRAND,
        _PART,
        _code("successor_brand_code", "Brand of the successor; the part's own where empty."),
        _code("successor_part_number", "Part number that replaces it, as printed.", required=True),
        _code("kit_group_code", "Kit that replaces the part; its lines replace it together."),
        _quantity("conversion_quantity", "Units of the successor for one of the part.", default="1", **_POSITIVE),
        _code("direction_code", "Whether the part stands for its successor as well.",
              words.SUPERSESSION_DIRECTIONS, required=True, default="ONE_WAY"),
        _code("disposition_code", "What becomes of the stock of the part.",
              words.DISPOSITIONS, required=True, default="USE_UP"),
        Column("effective_from_on", Type.DATE, "First day on which the successor is ordered.", required=True),
        _VALID_FROM,
    ),
    key=("brand_code", "part_number", "successor_brand_code", "successor_part_number", "valid_from_at"),
    event_column="valid_from_at",
    waiting_relation="catalogue.stated_supersessions",
)  # fmt: skip

POLICIES = Contract(
    kind="policies",
    store="catalogue",
    relation="catalogue.stocking_policies",
    grain="one row per version of a stocking rule: for what it selects it sets the values that are not empty",
    columns=(
        _text("policy_name", "What the rule is called.", required=True),
        _code("garage_code", "Only in this garage."),
        _code("brand_code", "Only parts of this brand; with a part number, the brand of the part."),
        _code("part_number", "Only this part of the brand."),
        _code("category_code", "Only parts of this group."),
        _code("criticality_code", "Only parts of this criticality.", words.CRITICALITIES),
        _code("stocking_class_code", "Only parts of this stocking class.", words.STOCKING_CLASSES),
        _code("policy_code", "How such parts are stocked.", words.POLICIES),
        Column("service_level_pct", Type.DAYS, "Share of lead times without stock-out aimed at, in percent."),
        _quantity("minimum_quantity", "Stock is ordered below this at the latest.", **_NOT_NEGATIVE),
        _quantity("maximum_quantity", "Stock is never ordered above this.", **_NOT_NEGATIVE),
        Column("cover_days", Type.INTEGER, "Days that an ordinary order covers.", **_NOT_NEGATIVE),
        Column("maximum_cover_days", Type.INTEGER, "Days of demand that stock may not exceed.", **_NOT_NEGATIVE),
        Column("review_days", Type.INTEGER, "Days between order days.", **_NOT_NEGATIVE),
        _code("max_rule_code", "What happens to a quantity above a maximum.", words.MAX_RULES),
        Column("is_do_not_stock", Type.BOOLEAN, "Whether such parts are ordered for a job only."),
        _VALID_FROM,
    ),
    key=(
        "garage_code", "brand_code", "part_number", "category_code", "criticality_code", "stocking_class_code",
        "valid_from_at",
    ),
    event_column="valid_from_at",
)  # fmt: skip

SUPPLIER_PRICE = Contract(
    kind="supplier_price",
    store="supplier_feed",
    relation="supplier_feed.offers",
    grain="one row per supplier, part, price type, quantity break and statement",
    columns=(
        _SUPPLIER,
        _BRAND,
        _PART,
        _code("supplier_part_number", "The supplier's own number."),
        _code("price_type_code", "Whose price it is.", words.PRICE_TYPES, required=True, default="INSTALLER"),
        _quantity("break_quantity", "Least quantity for this price.", default="1", **_POSITIVE),
        Column("unit_price_amount", Type.AMOUNT, "Price of one price unit.", required=True, **_NOT_NEGATIVE),
        _CURRENCY,
        _code("price_uom_code", "Unit that the price is for.", words.UNITS, required=True, default="EA"),
        _quantity("minimum_order_quantity", "Least quantity of an order line.", default="1", **_POSITIVE),
        _quantity("pack_quantity", "Base units in a pack.", default="1", **_POSITIVE),
        _quantity("order_multiple_quantity", "Packs are ordered in multiples of this.", default="1", **_POSITIVE),
        _quantity("maximum_order_quantity", "Most of an order line.", **_NOT_NEGATIVE),
        Column("lead_time_days", Type.DAYS, "Quoted lead time of this part.", **_NOT_NEGATIVE),
        Column("effective_from_on", Type.DATE, "First day of the price."),
        Column("effective_to_on", Type.DATE, "Last day of the price."),
        _code("lifecycle_code", "PIES life-cycle status.", words.LIFECYCLES, required=True, default="2"),
        _timestamp("stated_at", "When the supplier said so.", required=True),
    ),
    key=("supplier_code", "part_number", "brand_code", "price_type_code", "break_quantity", "stated_at"),
    event_column="stated_at",
)

SUPPLIER_AVAILABILITY = Contract(
    kind="supplier_availability",
    store="supplier_feed",
    relation="supplier_feed.availability",
    grain="one row per supplier, part, distribution centre and statement",
    columns=(
        _SUPPLIER,
        _BRAND,
        _PART,
        _code("distribution_centre_code", "Where the stock is.", required=True, default="MAIN"),
        _quantity("available_quantity", "Quantity for sale; empty where only a code is given.", **_NOT_NEGATIVE),
        _code("availability_code", "Availability in words.", words.AVAILABILITIES, required=True),
        Column("next_receipt_on", Type.DATE, "When more is expected."),
        _timestamp("stated_at", "When the supplier said so.", required=True),
    ),
    key=("supplier_code", "part_number", "brand_code", "distribution_centre_code", "stated_at"),
    event_column="stated_at",
)

SUPPLIER_CATALOGUE = Contract(
    kind="supplier_catalogue",
    store="supplier_feed",
    relation="supplier_feed.articles",
    grain="one row per supplier, part and statement",
    columns=(
        _SUPPLIER,
        _BRAND,
        _PART,
        _code("supplier_part_number", "The supplier's own number."),
        _code("gtin", "GTIN of the item, always text."),
        _code(
            "maintenance_code", "Whether it adds, changes or deletes.", words.MAINTENANCES, required=True, default="A"
        ),
        _code("part_type_code", "What kind of part it is, in the supplier's terminology."),
        _text("description", "What the part is, in words."),
        _code("lifecycle_code", "PIES life-cycle status.", words.LIFECYCLES, required=True, default="2"),
        _code("replaced_by_part_number", "Successor within the brand."),
        _code("pack_uom_code", "Unit of the pack.", words.UNITS),
        _quantity("pack_quantity", "Base units in a pack.", default="1", **_POSITIVE),
        _quantity("minimum_order_quantity", "Least quantity of an order line.", default="1", **_POSITIVE),
        _quantity("order_multiple_quantity", "Packs are ordered in multiples of this.", default="1", **_POSITIVE),
        Column("lead_time_days", Type.DAYS, "Quoted lead time of this part.", **_NOT_NEGATIVE),
        Column("is_hazmat", Type.BOOLEAN, "Whether it is a dangerous good."),
        _code("un_number", "UN number of the dangerous good."),
        _code("packing_group_code", "Packing group of the dangerous good."),
        Column("shelf_life_days", Type.INTEGER, "Days the part keeps.", **_NOT_NEGATIVE),
        _code("country_of_origin_code", "ISO 3166 code of the country it was made in."),
        _code("hs_code", "Customs tariff number."),
        _quantity("weight_kg", "Weight of one base unit in kg.", **_NOT_NEGATIVE),
        Column("warranty_months", Type.INTEGER, "Months of warranty.", **_NOT_NEGATIVE),
        Column("is_returnable", Type.BOOLEAN, "Whether the supplier takes it back."),
        _timestamp("stated_at", "When the supplier said so.", required=True),
    ),
    key=("supplier_code", "part_number", "brand_code", "stated_at"),
    event_column="stated_at",
)

SUPPLIER_INTERCHANGE = Contract(
    kind="supplier_interchange",
    store="supplier_feed",
    relation="supplier_feed.interchanges",
    grain="one row per supplier, part, part it stands for and statement",
    columns=(
        _SUPPLIER,
        _BRAND,
        _PART,
        _code("other_brand_code", "Brand or vehicle maker of the other number.", required=True),
        _code("other_part_number", "The number that the part stands for.", required=True),
        _code("interchange_type_code", "How they relate.", words.INTERCHANGES, required=True, default="EQUIVALENT"),
        _code("quality_grade_code", "Grade, in the supplier's words."),
        _quantity("quantity", "Units of the part for one of the other.", default="1", **_POSITIVE),
        _timestamp("stated_at", "When the supplier said so.", required=True),
    ),
    key=("supplier_code", "part_number", "brand_code", "other_brand_code", "other_part_number", "stated_at"),
    event_column="stated_at",
)

ORDER_ACK = Contract(
    kind="order_ack",
    store="replenishment",
    relation="replenishment.acknowledgements",
    grain="one row per answer to a line of an order: one line may be answered in several parts",
    columns=(
        _SUPPLIER,
        _code("purchase_order_number", "Our order.", required=True),
        _code(
            "purchase_order_line", "Its line; ALL for those that no other answer of the moment names.", required=True
        ),
        Column("schedule_number", Type.INTEGER, "Part of the answer.", required=True, default="1", minimum="1"),
        _code("brand_code", "Brand of the part, as the catalogue spells it."),
        _code("part_number", "Part number of the brand, as printed; always text."),
        _code("supplier_part_number", "The supplier's own number."),
        _code("acknowledgement_code", "What the supplier answers.", words.ACKNOWLEDGEMENTS, required=True),
        _quantity("ordered_quantity", "Units ordered.", **_NOT_NEGATIVE),
        _quantity("acknowledged_quantity", "Units that this part of the answer is about.", **_NOT_NEGATIVE),
        _UNIT,
        Column("unit_price_amount", Type.AMOUNT, "Price confirmed.", **_NOT_NEGATIVE),
        _code("currency_code", "ISO 4217 code of the price."),
        Column("promised_on", Type.DATE, "When it is promised."),
        _timestamp("stated_at", "When the supplier said so.", required=True),
    ),
    key=("supplier_code", "purchase_order_number", "purchase_order_line", "schedule_number", "stated_at"),
    event_column="stated_at",
)

SHIP_NOTICE = Contract(
    kind="ship_notice",
    store="replenishment",
    relation="replenishment.shipment_lines",
    grain="one row per line of a shipment",
    columns=(
        _SUPPLIER,
        _code("shipment_number", "The shipment.", required=True),
        _code("shipment_line", "Its line.", required=True),
        _code("purchase_order_number", "Our order."),
        _code("purchase_order_line", "Its line."),
        _code("brand_code", "Brand of the part, as the catalogue spells it."),
        _code("part_number", "Part number of the brand, as printed; always text."),
        _code("supplier_part_number", "The supplier's own number."),
        _quantity("shipped_quantity", "Units on the way.", required=True, **_NOT_NEGATIVE),
        _UNIT,
        _LOT,
        Column("expires_on", Type.DATE, "Until when the lot keeps."),
        _code("package_number", "Package or pallet that holds it."),
        _code("ship_to_code", "Where it goes."),
        _timestamp("shipped_at", "When it left."),
        Column("expected_on", Type.DATE, "When it should arrive."),
        _timestamp("stated_at", "When the supplier said so.", required=True),
    ),
    key=("supplier_code", "shipment_number", "shipment_line"),
    event_column="stated_at",
)

STOCK_COUNT = Contract(
    kind="stock_count",
    store="garage_inventory",
    relation="garage_inventory.counts",
    grain="one row per counted line",
    columns=(
        _code("count_number", "The count.", required=True),
        _GARAGE,
        _BRAND,
        _PART,
        _LOT,
        _CONDITION,
        _code("bin_code", "Bin in the garage."),
        _quantity("counted_quantity", "Units found.", required=True, **_NOT_NEGATIVE),
        _UNIT,
        _timestamp("counted_at", "When it was counted.", required=True),
        _code("actor", "Who counted.", required=True, default="unknown"),
        Column("expires_on", Type.DATE, "Until when the lot keeps.", is_addition=True),
        _quantity("system_quantity", "What the garage's own system expected.", is_addition=True),
        Column("count_round", Type.INTEGER, "1 first, 2 and 3 again.", minimum="1", is_addition=True),
        Column("is_blind", Type.BOOLEAN, "Counted without knowing what was expected.", is_addition=True),
        _code("count_status_code", "How far the count is.", words.COUNT_STATUSES, is_addition=True),
        _code("inventory_type_code", "All of the garage, or some of it.", words.INVENTORY_TYPES, is_addition=True),
        _code("discrepancy_reason_code", "Why it differs.", words.ADJUSTMENT_REASONS, is_addition=True),
    ),
    key=(
        "count_number",
        "garage_code",
        "brand_code",
        "part_number",
        "lot_number",
        "condition_code",
        "bin_code",
        "count_round",
    ),
    event_column="counted_at",
)

RECEIPT = Contract(
    kind="receipt",
    store="garage_inventory",
    relation="garage_inventory.receipts",
    grain="one row per line of a delivery that a garage received",
    columns=(
        _code("delivery_number", "The delivery, as its note says.", required=True),
        _code("delivery_line", "Its line.", required=True, default="1"),
        _GARAGE,
        _BRAND,
        _PART,
        _LOT,
        _CONDITION,
        _quantity("quantity", "Units received.", **_POSITIVE),
        _UNIT,
        Column("expires_on", Type.DATE, "Until when the lot keeps."),
        Column("manufactured_on", Type.DATE, "When the lot was made."),
        _code("supplier_code", "Who delivered."),
        _code("purchase_order_number", "Our order."),
        _code("purchase_order_line", "Its line."),
        _timestamp("received_at", "When it was received.", required=True),
        _code("actor", "Who received it.", required=True, default="unknown"),
    ),
    key=("garage_code", "delivery_number", "delivery_line"),
    event_column="received_at",
)  # fmt: skip

USAGE = Contract(
    kind="usage",
    store="garage_inventory",
    relation="garage_inventory.usage_lines",
    grain="one row per line of a work order or counter sale",
    columns=(
        _GARAGE,
        _code("work_order_number", "The work order or receipt.", required=True),
        _code("work_order_line", "Line of the work order.", required=True),
        _BRAND,
        _PART,
        _LOT,
        _code("usage_type_code", "What became of the part.", words.USAGE_TYPES, required=True),
        _quantity("quantity", "Units, always positive; the type gives the direction.", **_POSITIVE),
        _UNIT,
        Column("unit_price_amount", Type.AMOUNT, "Price taken, where there is one."),
        Column("is_one_off", Type.BOOLEAN, "Not to be forecast from.", required=True, default="false"),
        _code("vehicle_ref", "Hashed vehicle or fleet number; no personal data."),
        _code("shortage_reason_code", "Why it was short.", words.SHORTAGE_REASONS),
        _timestamp("consumed_at", "When it was fitted, sold or asked for.", required=True),
        _code("actor", "Who booked it.", required=True, default="unknown"),
        _code("condition_code", "Condition of the part; NEW unless named.", words.CONDITIONS, is_addition=True),
        _code("reservation_number", "The reservation that it fulfils.", is_addition=True),
        _quantity("requested_quantity", "Units asked for.", is_addition=True, **_NOT_NEGATIVE),
        _timestamp("requested_at", "When they were asked for.", is_addition=True),
        _code("substituted_for_part_number", "The part of the brand that was asked for instead.", is_addition=True),
        _code("emergency_supplier_code", "Where an emergency purchase was made.", is_addition=True),
        Column("unit_cost_amount", Type.AMOUNT, "Cost of one unit.", is_addition=True, **_NOT_NEGATIVE),
        _quantity(
            "core_returned_quantity", "Old units that the customer gave back.", is_addition=True, **_NOT_NEGATIVE
        ),
    ),
    key=("garage_code", "work_order_number", "work_order_line"),
    event_column="consumed_at",
)

ADJUSTMENT = Contract(
    kind="adjustment",
    store="garage_inventory",
    relation="garage_inventory.adjustments",
    grain="one row per adjustment line",
    columns=(
        _code("adjustment_number", "The adjustment.", required=True),
        _code("adjustment_line", "Its line.", required=True, default="1"),
        _GARAGE,
        _BRAND,
        _PART,
        _LOT,
        _CONDITION,
        _code("direction_code", "Into or out of stock.", words.DIRECTIONS, required=True),
        _quantity("quantity", "Units, always positive.", **_POSITIVE),
        _UNIT,
        _code("adjustment_reason_code", "Why.", words.ADJUSTMENT_REASONS, required=True),
        _text("reason_note", "Why, in words; needed for OTHER."),
        _code("approval_code", "Whether it may move stock.", words.APPROVALS, required=True, default="AUTO"),
        _code("actor", "Who made it.", required=True),
        _code("approver", "Who approved it; never its maker."),
        _timestamp("adjusted_at", "When it happened.", required=True),
        _code("to_condition_code", "Condition from now on, of units that stay.", words.CONDITIONS, is_addition=True),
        _code("bin_code", "Bin in the garage.", is_addition=True),
        _code("reverses_number", "The adjustment that it undoes.", is_addition=True),
        _code("reverses_line", "Its line.", is_addition=True),
        _code("count_number", "The count that led to it.", is_addition=True),
        _text("evidence_ref", "Where the evidence is kept.", is_addition=True),
        Column("value_impact_amount", Type.AMOUNT, "Value that it changes, as the garage says.", is_addition=True),
    ),
    key=("garage_code", "adjustment_number", "adjustment_line"),
    event_column="adjusted_at",
)

RESERVATION = Contract(
    kind="reservation",
    store="reservation",
    relation="reservation.events",
    grain="one row per event of a reservation",
    columns=(
        _code("reservation_number", "The reservation.", required=True),
        Column("sequence_number", Type.INTEGER, "Order of its events.", required=True, minimum="1"),
        _code("event_type_code", "What happened to it.", words.RESERVATION_EVENTS, required=True),
        _GARAGE,
        _BRAND,
        _PART,
        _LOT,
        _quantity("quantity", "Units the event is about.", required=True, **_NOT_NEGATIVE),
        _code("work_order_number", "The work order it is for.", required=True),
        _code("work_order_line", "Line of the work order.", required=True),
        Column("priority", Type.INTEGER, "1 first, 9 last.", required=True, default="5", minimum="1"),
        _timestamp("need_by_at", "When the part is needed."),
        _timestamp("expires_at", "When the reservation lapses."),
        _text("reason", "Why, in words."),
        _timestamp("event_at", "When it happened.", required=True),
        _code("actor", "Who did it.", required=True, default="unknown"),
        _code("condition_code", "Condition of the part; NEW unless named.", words.CONDITIONS, is_addition=True),
        Column("allows_other_garages", Type.BOOLEAN, "Whether another garage may send it.", is_addition=True),
        Column(
            "minimum_remaining_days",
            Type.INTEGER,
            "Days that a lot must keep after the part is needed; those of the part unless given.",
            is_addition=True,
            **_NOT_NEGATIVE,
        ),
    ),
    key=("reservation_number", "sequence_number"),
    event_column="event_at",
)

QUALITY_HOLD = Contract(
    kind="quality_hold",
    store="quality_hold",
    relation="quality_hold.events",
    grain="one row per event of a quality hold",
    columns=(
        _code("hold_number", "The hold.", required=True),
        Column("sequence_number", Type.INTEGER, "Order of its events.", required=True, minimum="1"),
        _code("event_type_code", "What happened to it.", words.HOLD_EVENTS, required=True),
        _code("scope_code", "What it covers.", words.HOLD_SCOPES, required=True, default="CELL"),
        _GARAGE,
        _BRAND,
        _PART,
        _LOT,
        _quantity("quantity", "Units the event is about.", required=True, **_NOT_NEGATIVE),
        _code("hold_reason_code", "Why.", words.HOLD_REASONS, required=True),
        _code("severity_code", "How grave.", words.SEVERITIES, required=True, default="MEDIUM"),
        _timestamp("due_at", "When it must be decided."),
        _timestamp("event_at", "When it happened.", required=True),
        _code("actor", "Who did it.", required=True, default="unknown"),
        _code("condition_code", "Condition of the stock; NEW unless named.", words.CONDITIONS, is_addition=True),
        _code("campaign_number", "The recall campaign that it belongs to.", is_addition=True),
        _code("inspector", "Who inspected.", is_addition=True),
        _code("verdict_code", "What the inspector found.", words.VERDICTS, is_addition=True),
        _code("disposition_code", "What is to become of the units.", is_addition=True),
        _code("supplier_claim_number", "The claim at the supplier.", is_addition=True),
        _text("evidence_ref", "Where the evidence is kept.", is_addition=True),
        _text("reason", "Why, in words.", is_addition=True),
    ),
    key=("hold_number", "sequence_number"),
    event_column="event_at",
)

# In the order in which a run takes them: what others refer to comes first.
CONTRACTS: dict[str, Contract] = {
    contract.kind: contract
    for contract in (
        GARAGES, SUPPLIERS, SUPPLIER_TERMS, PART_TYPES, PARTS, PACKS, REFERENCES, SUPERSESSIONS, POLICIES,
        SUPPLIER_PRICE, SUPPLIER_AVAILABILITY,
        SUPPLIER_CATALOGUE, SUPPLIER_INTERCHANGE, ORDER_ACK, SHIP_NOTICE,
        STOCK_COUNT, RECEIPT, USAGE, ADJUSTMENT, RESERVATION, QUALITY_HOLD,
    )
}  # fmt: skip
