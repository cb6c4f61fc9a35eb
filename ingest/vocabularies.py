"""The closed lists of codes that batches may use, in the field's own terms."""

CONDITIONS = ("NEW", "REMAN", "USED", "CORE", "DAMAGED", "EXPIRED", "DISPLAY", "IN_TRANSIT")
UNITS = ("EA", "PR", "SET", "KT", "PK", "CA", "BX", "L", "ML", "KG", "M")
PRICE_TYPES = ("LIST", "JOBBER", "DEALER", "DISTRIBUTOR", "INSTALLER", "CORE")
# PIES life-cycle codes: 2 is available to order, A only while supplies last.
LIFECYCLES = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "A")
AVAILABILITIES = ("IN_STOCK", "LOW", "NONE", "ON_ORDER", "UNKNOWN")
# PIES maintenance type: add, change, delete.
MAINTENANCES = ("A", "C", "D")
INTERCHANGES = ("OE", "COMPETITOR", "EQUIVALENT", "COMPATIBLE_ONE_WAY")
# An alias is the part itself under another number.
REFERENCE_TYPES = ("ALIAS", *INTERCHANGES)
SUPERSESSION_DIRECTIONS = ("ONE_WAY", "TWO_WAY")
DISPOSITIONS = ("USE_UP", "RETURN", "SCRAP", "SERVICE_ONLY")
# X12 668, what a supplier answers to an order line; EDIFACT answers are mapped to the same.
ACKNOWLEDGEMENTS = ("IA", "IB", "BP", "IC", "ID", "IE", "IF", "IQ", "IS", "IH", "DR", "IP", "IR", "AR")
SUBMISSIONS = ("FULL", "UPDATE")
STOCKING_CLASSES = ("A", "B", "C", "D")
CRITICALITIES = ("SAFETY", "IMMOBILISING", "COMFORT")
# (s,S), (S-1,S), special order only.
POLICIES = ("MIN_MAX", "BASE_STOCK", "NO_STOCK")
MAX_RULES = ("UP", "DOWN", "SKIP")
# Those whose normal quantile is known.
SERVICE_LEVELS = ("80", "85", "90", "92.5", "95", "97", "97.5", "98", "99", "99.5", "99.9")
USAGE_TYPES = (
    "FITTED", "SOLD_COUNTER", "INTERNAL", "WARRANTY", "RETURN_UNUSED", "LOST_SALE", "EMERGENCY_BUY",
)  # fmt: skip
SHORTAGE_REASONS = (
    "STOCKOUT", "LOW_STOCK", "RESERVED_FOR_OTHER", "ON_HOLD", "NOT_STOCKED", "PRICE", "LEAD_TIME",
    "SUPERSEDED_NO_STOCK", "CUSTOMER_DECLINED", "COULD_NOT_LOCATE",
)  # fmt: skip
ADJUSTMENT_REASONS = (
    "RECEIPT", "ISSUE", "SCRAPPED", "COUNT_DIFFERENCE", "OWNER_TRANSFER", "RECONDITIONED", "REVERSAL",
    "TECHNICAL_DEFECT", "COMMERCIAL", "CONVERSION", "CONSUMPTION",
    "DAMAGED", "EXPIRED", "FOUND", "MISSING", "STOLEN", "RECOUNTED", "DATA_ENTRY_ERROR", "BIN_CORRECTION",
    "LOT_CORRECTION", "MISPLACED", "INBOUND_NOT_RECORDED", "OUTBOUND_NOT_RECORDED", "RETURN_NOT_RECORDED",
    "ERROR_IN_INBOUND", "ERROR_IN_OUTBOUND", "REJECTED", "CORE_RETURN", "WARRANTY_SWAP", "OTHER",
)  # fmt: skip
DIRECTIONS = ("IN", "OUT")
INVENTORY_TYPES = ("FULL", "INCREMENTAL")
# How far a count is; before COUNTED and after CANCELED nothing of it counts.
COUNT_STATUSES = (
    "REQUESTED", "COUNTING", "COUNTED", "INVESTIGATING", "READY_TO_REVIEW", "REVIEWED", "COMPLETED", "CANCELED",
)  # fmt: skip
COUNTED_STATUSES = ("COUNTED", "INVESTIGATING", "READY_TO_REVIEW", "REVIEWED", "COMPLETED")
APPROVALS = ("PENDING", "APPROVED", "REJECTED", "AUTO")
RESERVATION_EVENTS = (
    "REQUESTED", "RESERVED", "PARTIALLY_RESERVED", "BACKORDERED", "REPEGGED", "CONSUMED", "RELEASED",
    "EXPIRED", "CANCELLED", "TRANSFER_REQUESTED",
)  # fmt: skip
HOLD_EVENTS = (
    "PLACED", "EXTENDED", "INSPECTED", "PARTIALLY_RELEASED", "RELEASED", "SCRAPPED", "RETURNED_TO_SUPPLIER", "REWORKED",
)  # fmt: skip
HOLD_SCOPES = ("LOT", "CELL", "PART", "SUPPLIER_LOT_RANGE", "CAMPAIGN")
HOLD_REASONS = (
    "INCOMING_INSPECTION", "SUPPLIER_RECALL", "SAFETY_CAMPAIGN", "SUSPECT_COUNTERFEIT", "DAMAGE_IN_TRANSIT",
    "PACKAGING", "WRONG_PART", "EXPIRED", "EXPIRY_NEAR", "TEMPERATURE", "CUSTOMER_COMPLAINT", "COUNT_DISPUTE",
    "DOCUMENT_MISSING", "PRICE_DISPUTE", "FEED_QUALITY", "CORE_INSPECTION",
)  # fmt: skip
VERDICTS = ("ACCEPT", "REJECT", "USE_AS_IS", "PENDING")
SEVERITIES = ("LOW", "MEDIUM", "HIGH")
# ISO 4217, the currencies in circulation.
CURRENCIES = (
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY",
    "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR",
    "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT",
    "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
    "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK",
    "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
    "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VES", "VND", "VUV", "WST", "XAF", "XCD", "XOF",
    "XPF", "YER", "ZAR", "ZMW", "ZWL",
)  # fmt: skip
