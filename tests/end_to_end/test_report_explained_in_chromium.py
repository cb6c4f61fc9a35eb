"""The sum in the drawer is the one that the sentence above it tells."""

from __future__ import annotations

import pytest

from assets.report.files import write_report
from ingest.reporting import ReportData
from tests.support.report_data import facts, line

pytestmark = pytest.mark.browser

# The forecast expects 2.11 of 19 days, and the distribution, which is drawn to the network, 1.87.
SLOW = line(
    1, demand_class_code="LUMPY", daily_mean_quantity=0.111242617, lead_time_days=19, review_days=0,
    safety_stock_quantity=7.131, reorder_point_quantity=9, order_up_to_quantity=16,
    calculation={"distribution": "NEGATIVE_BINOMIAL", "monthly_mean": 2.994, "monthly_variance": 19.51,
                 "mean_variance": 1.95, "lead_time_demand": 1.869},
)  # fmt: skip


def test_slow_demand_until_a_delivery_is_that_of_its_distribution(open_page, tmp_path):
    address = write_report(ReportData(facts(), [SLOW], {}), tmp_path).html.as_uri()
    page = open_page(f"{address}#show=all&line={SLOW['proposal_id']}")
    rows = page.locator(".drawer .waterfall").first.locator("tr")
    told = [(row.get_attribute("data-value"), row.inner_text().split("\n")[0]) for row in rows.all()[:3]]
    assert told == [("1.869", "Demand until a delivery"), ("7.131", "Safety stock"), ("9", "Reorder point")]
    assert "2.99" in rows.first.inner_text() and "a month for 19 days of lead time" in rows.first.inner_text()
