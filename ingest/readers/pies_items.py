"""One item of a PIES file as rows of our contracts: its article, its prices, its interchanges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.readers import pies_codes as codes
from ingest.readers.xml_stream import Node

_BRAND = ("BrandAAIAID", "BrandID")


@dataclass
class Context:
    """What holds for the whole file: the header and its price sheets, and how this partner uses codes."""

    options: object
    header: Node | None = None
    price_sheets: dict[str, Node] = field(default_factory=dict)

    def header_value(self, *names: str) -> str | None:
        return self.header.value(*names) if self.header else None


@dataclass(frozen=True)
class Row:
    """One row: values in the order of the kind's columns, the element it came from, and what is wrong with it."""

    values: tuple[str | None, ...]
    node: Node
    path: str
    reasons: tuple[str, ...] = ()


def _kept(parent: Node | None, name: str) -> Iterator[Node]:
    """Segments of an item; one that is marked as deleted says nothing any more."""
    for child in parent.named(name) if parent else ():
        if child.attributes.get("MaintenanceType") != "D":
            yield child


def _first(item: Node, name: str) -> Node | None:
    return next(item.named(name), None)


def _identity(item: Node, context: Context) -> tuple[str | None, str | None]:
    return item.value(*_BRAND) or context.header_value("BrandOwnerAAIAID", "BrandOwnerID"), item.value("PartNumber")


def _information(item: Node) -> dict[str, str]:
    """Extended product information by its code."""
    nodes = _kept(_first(item, "ExtendedInformation"), "ExtendedProductInformation")
    return {node.attributes.get("EXPICode", ""): node.text.strip() for node in nodes if node.text.strip()}


def _said(information: dict[str, str], wanted: tuple[str, ...]) -> str | None:
    return next((information[code] for code in wanted if code in information), None)


def _lifecycle(information: dict[str, str]) -> str | None:
    said = _said(information, ("LIF", "LIS"))
    return codes.LIFECYCLES.get(said.upper(), said) if said else None


def _description(item: Node, context: Context) -> str | None:
    """The first wanted description in the wanted language; in another language where there is none."""
    wanted, language = context.options.description_codes, context.options.language
    usual = context.header_value("LanguageCode") or language
    ranked = [
        (node.attributes.get("LanguageCode", usual) != language, wanted.index(code), place, node.text.strip())
        for place, node in enumerate(_kept(_first(item, "Descriptions"), "Description"))
        if (code := node.attributes.get("DescriptionCode")) in wanted and node.text.strip()
    ]
    return min(ranked)[3] if ranked else None


def _packages(item: Node) -> list[Node]:
    """The packages from the smallest to the largest; a quantity that is no number comes first, to be refused."""
    packages = list(_kept(_first(item, "Packages"), "Package"))
    return sorted(packages, key=lambda package: codes.decimal(package.value("QuantityofEaches")) or 0)


def _minimum(item: Node, packages: list[Node]) -> tuple[str | None, tuple[str, ...]]:
    """The minimum order quantity in pieces: an order of two cases of twelve is one of twenty-four."""
    node = _first(item, "MinimumOrderQuantity")
    if node is None or not node.text.strip():
        return None, ()
    text, unit = node.text.strip(), node.attributes.get("UOM", "EA")
    if codes.UNITS.get(unit) == "EA":
        return text, ()
    eaches = next((p.value("QuantityofEaches") for p in packages if p.value("PackageUOM") == unit), None)
    number, pieces = codes.decimal(text), codes.decimal(eaches)
    if number is None or pieces is None:
        words = f"UNIT: MinimumOrderQuantity is '{text[:40]}' {unit[:10]}, and no package says how many pieces that is"
        return None, (words,)
    return codes.plain(number * pieces), ()


ARTICLE_COLUMNS = (
    "brand_code", "part_number", "gtin", "maintenance_code", "part_type_code", "description", "lifecycle_code",
    "replaced_by_part_number", "pack_uom_code", "pack_quantity", "minimum_order_quantity", "is_hazmat", "un_number",
    "packing_group_code", "shelf_life_days", "country_of_origin_code", "hs_code", "weight_kg", "warranty_months",
    "is_returnable",
)  # fmt: skip


def article(item: Node, context: Context) -> Iterator[Row]:
    """The item itself: one row."""
    information, packages = _information(item), _packages(item)
    options = context.options
    smallest = packages[0] if packages else None
    # What is ordered is the smallest package that may be ordered; where none says so, the smallest.
    pack = next((p for p in packages if p.value("Orderable") == "Y" or p.attributes.get("Orderable") == "Y"), smallest)
    hazard = next((h for p in packages for h in _kept(p, "HazardousMaterial")), None)
    weights = _first(smallest, "Weights") if smallest else None
    minimum, reasons = _minimum(item, packages)
    hazmat, unit = item.value("HazardousMaterialCode"), pack.value("PackageUOM") if pack else None
    returnable = _said(information, options.returnable_codes)
    values = (
        *_identity(item, context),
        item.value("ItemLevelGTIN"),
        item.attributes.get("MaintenanceType"),
        item.value("PartTerminologyID"),
        _description(item, context),
        _lifecycle(information),
        _said(information, options.replaced_by_codes),
        codes.UNITS.get(unit or "", unit),
        pack.value("QuantityofEaches") if pack else None,
        minimum,
        codes.FLAGS.get(hazmat or "", hazmat),
        hazard.value("UNNAIDCode") if hazard else None,
        hazard.value("PackingGroupCode") if hazard else None,
        _said(information, options.shelf_life_codes),
        _said(information, ("CTO",)),
        _said(information, ("HTS", "HSB")),
        _weight(weights, smallest),
        codes.months(information.get("WT1"), information.get("WT2")),
        codes.FLAGS.get(returnable or "", returnable),
    )
    yield Row(values, item, "", reasons)


def _weight(weights: Node | None, package: Node | None) -> str | None:
    if weights is None or package is None:
        return None
    return codes.kilograms(weights.value("Weight"), weights.attributes.get("UOM"), package.value("QuantityofEaches"))


PRICE_COLUMNS = (
    "brand_code", "part_number", "price_type_code", "break_quantity", "unit_price_amount", "currency_code",
    "price_uom_code", "minimum_order_quantity", "pack_quantity", "effective_from_on", "effective_to_on",
    "lifecycle_code",
)  # fmt: skip


def prices(item: Node, context: Context) -> Iterator[Row]:
    """Every price of the item: one row each."""
    segments = list(item.named("Prices"))
    if not segments:
        return
    identity, lifecycle, packages = _identity(item, context), _lifecycle(_information(item)), _packages(item)
    minimum, reasons = _minimum(item, packages)
    pack = next((p for p in packages if p.value("Orderable") == "Y" or p.attributes.get("Orderable") == "Y"), None)
    shared = (minimum, pack.value("QuantityofEaches") if pack else None)
    pricing = [node for segment in segments for node in segment.named("Pricing")]
    for place, node in enumerate(pricing, 1):
        price, dates, wrong = _price(node, context, item)
        values = (*identity, *price, *shared, *dates, lifecycle)
        yield Row(values, node, f"/Prices/Pricing[{place}]", reasons + wrong)


def _price(node: Node, context: Context, item: Node) -> tuple[tuple, tuple, tuple[str, ...]]:
    """Price and quantity, dates, and what is wrong; sheet and header say what the price itself does not."""
    price, kind = _first(node, "Price"), node.attributes.get("PriceType")
    unit = price.attributes.get("UOM") if price else None
    kind = {**codes.PRICE_TYPES, **context.options.price_types}.get(kind or "", kind)
    currency = _of_sheet(node, "CurrencyCode", context) or context.header_value("CurrencyCode")
    amount, unit = price.text.strip() if price else None, codes.UNITS.get(unit or "", unit)
    dates, reasons = _dates(node, context, item)
    if (factor := node.value("PriceMultiplier")) and codes.decimal(factor) != 1:
        reasons += (f"UNIT: PriceMultiplier is '{factor[:40]}', and what it multiplies is not agreed",)
    return (kind, node.value("PriceBreak"), amount, currency, unit), dates, reasons


def _of_sheet(node: Node, name: str, context: Context) -> str | None:
    sheet = context.price_sheets.get(node.value("PriceSheetNumber") or "")
    return node.value(name) or (sheet.value(name) if sheet else None)


def _dates(node: Node, context: Context, item: Node) -> tuple[tuple[str | None, str | None], tuple[str, ...]]:
    """First and last day of the price; a price that is withdrawn ends on the day from which the file holds."""
    today = context.header_value("BlanketEffectiveDate")
    start, end = _of_sheet(node, "EffectiveDate", context) or today, _of_sheet(node, "ExpirationDate", context)
    if "D" not in (node.attributes.get("MaintenanceType"), item.attributes.get("MaintenanceType")):
        return (start, end), ()
    if today is None:
        return (start, end), ("SCHEMA: the price is withdrawn, and no BlanketEffectiveDate says from when",)
    end = min(end or today, today)
    return (min(start or end, end), end), ()


INTERCHANGE_COLUMNS = (
    "brand_code", "part_number", "other_brand_code", "other_part_number", "interchange_type_code",
    "quality_grade_code", "quantity",
)  # fmt: skip


def interchanges(item: Node, context: Context) -> Iterator[Row]:
    """Every number of others that the item stands for: one row each."""
    identity = _identity(item, context)
    nodes = (node for info in item.named("PartInterchangeInfo") for node in _kept(info, "PartInterchange"))
    for place, node in enumerate(nodes, 1):
        brand = next((node.attributes[name] for name in _BRAND if node.attributes.get(name)), node.value(*_BRAND))
        brand = brand or node.attributes.get("BrandLabel") or node.value("BrandLabel")
        grade = node.attributes.get("QualityGradeLevel") or node.value("QualityGradeLevel")
        for number in node.named("PartNumber"):
            quantity = number.attributes.get("InterchangeQuantity")
            kind = _interchange_type(node, brand, identity[0], context)
            values = (*identity, brand, number.text.strip() or None, kind, grade, quantity)
            yield Row(values, node, f"/PartInterchangeInfo/PartInterchange[{place}]")


def _interchange_type(node: Node, brand: str | None, own_brand: str | None, context: Context) -> str:
    """As the sender says; otherwise vehicle makers by the profile, and other brands are competitors."""
    said = node.attributes.get("TypeCode") or node.value("TypeCode")
    if said in codes.INTERCHANGES:
        return codes.INTERCHANGES[said]
    if brand in context.options.vehicle_maker_brands:
        return "OE"
    return "EQUIVALENT" if brand == own_brand else "COMPETITOR"
