"""A PIES file is landed once for each kind that it carries, and each reaches its store."""

from __future__ import annotations

from pathlib import Path

from ingest.pipeline import land_and_process
from tests.support.ingest_files import write

DATA = Path(__file__).parents[2] / "data"


def outcomes(ingest, path: Path) -> dict[str, tuple]:
    ingest.catalogue()
    found = land_and_process(ingest.connection, ingest.landing, [path], "S1", "auto", ingest.judge)
    return {one.kind: (one.state, one.rows_read, one.rows_accepted, one.rows_quarantined) for one in found}


def test_one_file_is_articles_prices_and_interchanges(strict_ingest):
    ingest = strict_ingest
    assert outcomes(ingest, DATA / "pies" / "filters_8_0.xml") == {
        "supplier_catalogue": ("ACCEPTED", 1, 1, 0),
        "supplier_price": ("ACCEPTED", 1, 1, 0),
        "supplier_interchange": ("ACCEPTED", 2, 2, 0),
    }
    assert ingest.rows("select supplier_code, brand_code, part_number, description from supplier_feed.articles") == [
        ("S1", "BMNN", "AQ1150", "Filter, geprüft für Öl")
    ]
    assert ingest.rows(
        "select price_type_code, unit_price_amount::text, currency_code, effective_from_on::text, stated_at::text"
        " from supplier_feed.offers"
    ) == [("LIST", "6.7200", "EUR", "2026-05-11", "2026-05-10 22:15:00+00")]
    assert ingest.rows(
        "select other_brand_code, other_part_number, interchange_type_code from supplier_feed.interchanges order by 1"
    ) == [("BQMC", "FIL12345", "COMPETITOR"), ("OEMX", "06E 115 562", "COMPETITOR")]


def test_a_row_that_is_refused_is_kept_as_the_element_that_was_sent(strict_ingest):
    ingest = strict_ingest
    said = outcomes(ingest, DATA / "pies" / "brakes_7_2.xml")
    assert said["supplier_interchange"] == ("ACCEPTED", 3, 3, 0)
    assert said["supplier_price"][0] == said["supplier_catalogue"][0] == "REJECTED"
    rows = ingest.rows("select place, raw, reasons from ingest.quarantined_rows order by place, raw")
    places = {place.split(" (")[0]: (raw, reasons) for place, raw, reasons in rows}
    raw, reasons = places["/PIES/Items/Item[3]"]
    assert raw.startswith('<Item MaintenanceType="D">') and raw.endswith("</Item>")
    assert reasons == ["UNIT: MinimumOrderQuantity is '1' PL, and no package says how many pieces that is"]
    raw, reasons = places["/PIES/Items/Item[1]/Prices/Pricing[3]"]
    assert raw.startswith('<Pricing MaintenanceType="A" PriceType="NET">') and "NET" in reasons[0]


def test_one_item_fewer_than_declared_stores_nothing_of_any_kind(strict_ingest):
    ingest = strict_ingest
    text = (DATA / "pies" / "brakes_7_2.xml").read_text()
    path = write(ingest.folder / "pies", "short.xml", text.replace("<ItemCount>3<", "<ItemCount>4<"))
    ingest.catalogue()
    found = list(land_and_process(ingest.connection, ingest.landing, [path], "S1", "auto", ingest.judge))
    assert [one.error_code for one in found] == ["CONTROL_TOTAL"] * 3
    assert ingest.value("select count(*) from supplier_feed.interchanges") == 0
