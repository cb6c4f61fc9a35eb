"""What is asked of every answer is asked of it once, however many lines its order has."""

from __future__ import annotations

import pytest

from tests.support.orders import FEED, ago

_LINES = """
insert into replenishment.order_lines (purchase_order_number, line_number, garage_code, part_id, brand_code,
    part_number, ordered_quantity, uom_code, pack_count, created_at, actor, recorded_at)
select %(number)s, line, 'G1', catalogue.part_id('BRND', 'X' || line), 'BRND', 'X' || line, 10, 'EA', 10, %(at)s,
    'ann', %(at)s
from generate_series(1, 400) as line
"""
_ANSWERS = """
insert into replenishment.acknowledgements (supplier_code, purchase_order_number, purchase_order_line, schedule_number,
    stated_at, brand_code, part_number, acknowledgement_code, uom_code, source_code, batch_id, line_number, recorded_at)
select 'S1', %(number)s, line, 1, %(at)s, 'BRND', 'X' || line, 'IA', 'EA', 'S1', %(batch)s, line, %(at)s
from generate_series(1, 400) as line
"""


@pytest.mark.parametrize("function", ["order_answers_as_of", "order_promises_as_of"])
def test_an_answer_is_matched_with_its_line_and_not_with_every_line_of_its_order(orders, function):
    number = orders.order()
    values = {"number": number, "at": ago(10), "batch": FEED}
    orders.connection.execute(_LINES, values)
    with orders.loading():
        orders.connection.execute(_ANSWERS, values)
    orders.connection.execute("analyze replenishment.order_lines, replenishment.acknowledgements")
    query = f"explain (analyze, buffers, format json) select * from replenishment.{function}(now())"
    (plan,) = orders.value(query)
    # Some pages of a tree and of a table for each; with every line of its order each would read hundreds.
    assert 400 < plan["Plan"]["Shared Hit Blocks"] < 400 * 40
