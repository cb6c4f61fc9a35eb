"""What goes into the demonstration comes out of it: units, lines and stock."""

import gzip

import pandas as pd
import pytest

from deploy.demo import hashing, retail, source
from ingest.contracts import CONTRACTS

SERVICE_CODES = {"POST", "DOT", "M", "S", "C2", "D", "AMAZONFEE", "BANK CHARGES", "DCGS0003"}


def of_kind(drop, manifest, kind, prefix=""):
    """All lines of a kind, from the files whose path starts so."""
    paths = [file.path for file in manifest.files if file.kind == kind and file.path.startswith(prefix)]
    frames = [pd.read_csv(drop / path, dtype=str, keep_default_na=False) for path in paths]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def fitted(demo):
    lines = of_kind(*demo, "usage", "G0")
    lines = lines[lines.usage_type_code.eq("FITTED")]
    return lines.assign(units=lines.quantity.astype(int))


@pytest.fixture(scope="module")
def movements(demo):
    """Signed movements of every cell, and the two counts."""
    usage = of_kind(*demo, "usage")
    adjustments = of_kind(*demo, "adjustment")
    signed = pd.concat(
        [
            usage.assign(
                units=usage.quantity.astype(int)
                * usage.usage_type_code.map(lambda t: 1 if t == "RETURN_UNUSED" else -1),
                at=usage.consumed_at,
            ),
            adjustments.assign(
                units=adjustments.quantity.astype(int) * adjustments.direction_code.map({"IN": 1, "OUT": -1}),
                at=adjustments.adjusted_at,
            ),
        ]
    )
    # Lines of service codes never reach the stock.
    signed = signed[signed.brand_code.ne("UCIR") | signed.part_number.str.fullmatch(retail.PRODUCT)]
    counts = of_kind(*demo, "stock_count")
    counts = counts.assign(units=counts.counted_quantity.astype(int), at=counts.counted_at)
    columns = ["garage_code", "part_number", "units", "at"]
    signed = signed.assign(part_number=signed.part_number.str.upper())
    return signed[columns].sort_values("at", kind="stable"), counts[columns]


def source_demand():
    with gzip.open(source.FOLDER / "carparts_long.csv.gz", "rt") as file:
        return pd.read_csv(file, dtype={"part_id": str}).dropna()


def test_all_units_of_the_source_are_fitted_and_no_more(demo, fitted):
    assert fitted.units.sum() == source_demand().demand.sum() == demo[1].demand_units == 66_194


def test_every_part_and_month_has_the_units_of_the_source(fitted):
    given = source_demand().query("demand > 0").set_index(["part_id", "month"]).demand.astype(int)
    made = fitted.groupby(["part_number", fitted.consumed_at.str[:7]]).units.sum()
    assert made.rename_axis(given.index.names).sort_index().equals(given.sort_index())


def test_the_manifest_has_the_units_of_every_month(demo, fitted):
    assert fitted.groupby(fitted.consumed_at.str[:7]).units.sum().to_dict() == demo[1].demand_units_by_month


def test_a_part_is_fitted_in_two_garages_at_most_and_more_often_at_home(fitted):
    units = fitted.groupby(["part_number", "garage_code"]).units.sum().unstack()
    assert units.count(axis=1).max() == 2
    assert 0.62 < units.max(axis=1).sum() / fitted.units.sum() < 0.75


def test_every_line_of_the_retail_days_becomes_one_line(demo):
    rows = source.retail()
    usage, adjusted = of_kind(*demo, "usage", "G07"), of_kind(*demo, "adjustment", "G07")
    written_off = adjusted[adjusted.adjustment_reason_code.ne("RECEIPT")]
    assert len(rows) == len(usage) + len(written_off) == 105_335
    sign = usage.usage_type_code.map({"SOLD_COUNTER": 1, "RETURN_UNUSED": -1})
    sign_written_off = written_off.direction_code.map({"IN": 1, "OUT": -1})
    units = (usage.quantity.astype(int) * sign).sum() + (written_off.quantity.astype(int) * sign_written_off).sum()
    assert units == rows.Quantity.astype(int).sum()


def test_retail_days_keep_weekday_and_time_and_end_in_the_last_week_of_march(demo):
    days = of_kind(*demo, "usage", "G07").consumed_at
    assert (days.min(), days.max()) == ("2001-12-26T08:26:00Z", "2002-03-25T17:01:00Z")
    assert pd.Timestamp(days.min()).weekday() == pd.Timestamp("2010-12-01").weekday()


def test_service_codes_are_expected_in_quarantine(demo):
    usage = of_kind(*demo, "usage", "G07")
    refused = usage[~usage.part_number.str.fullmatch(retail.PRODUCT)]
    assert set(refused.part_number) >= SERVICE_CODES
    adjusted = of_kind(*demo, "adjustment", "G07")
    count = len(refused) + int((~adjusted.part_number.str.upper().str.fullmatch(retail.PRODUCT)).sum())
    assert demo[1].expected_quarantined == {"UNKNOWN_PART": count, "UNIT": 1, "CONFLICT": 2}


def running_stock(movements, counts):
    opening = counts.sort_values("at").drop_duplicates(["garage_code", "part_number"])
    lines = pd.concat([opening, movements]).sort_values("at", kind="stable")
    return lines.assign(stock=lines.groupby(["garage_code", "part_number"]).units.cumsum())


def test_a_car_garage_never_has_less_than_nothing(movements):
    stock = running_stock(*movements)
    assert stock[stock.garage_code.ne("G07")].stock.min() == 0


def test_the_counter_ends_no_week_with_less_than_nothing(movements):
    stock = running_stock(*movements)
    counter = stock[stock.garage_code.eq("G07")]
    week = pd.to_datetime(counter["at"]).dt.strftime("%G-%V")
    assert counter.groupby(["part_number", week]).stock.last().min() >= 0


def test_the_closing_count_is_one_off_in_about_one_cell_of_fifty(movements):
    lines, counts = movements
    closing = counts[counts["at"].eq("2002-03-28T23:00:00Z")].set_index(["garage_code", "part_number"]).units
    before = running_stock(lines[lines["at"] < "2002-03-28T23:00:00Z"], counts[counts["at"] < "2002-03-01"])
    books = before.groupby(["garage_code", "part_number"]).stock.last().reindex(closing.index)
    off = closing - books
    assert set(off.unique()) == {-1, 0, 1}
    assert 0.01 < off.ne(0).mean() < 0.03


def test_stock_is_still_there_after_the_last_days_that_follow_the_count(movements):
    lines, counts = movements
    closing = counts[counts["at"].eq("2002-03-28T23:00:00Z")].set_index(["garage_code", "part_number"]).units
    late = lines[lines["at"] > "2002-03-28T23:00:00Z"].groupby(["garage_code", "part_number"]).units.sum()
    assert (closing.add(late.reindex(closing.index).fillna(0))).min() >= 0


def test_holds_and_reservations_together_promise_no_more_than_the_shelf_has(demo, movements):
    lines, counts = movements
    cell = ["garage_code", "part_number"]
    closing = counts[counts["at"].eq("2002-03-28T23:00:00Z")].set_index(cell).units
    on_hand = closing.add(lines[lines["at"] > "2002-03-28T23:00:00Z"].groupby(cell).units.sum(), fill_value=0)
    promised = 0
    for kind, number, opens, closes in (
        ("quality_hold", "hold_number", ["PLACED"], ["RELEASED"]),
        ("reservation", "reservation_number", ["RESERVED"], ["RELEASED", "CONSUMED"]),
    ):
        events = of_kind(*demo, kind)
        closed = events[events.event_type_code.isin(closes)][number]
        still = events[events.event_type_code.isin(opens) & ~events[number].isin(closed)]
        assert len(still) > 50
        promised = still.assign(units=still.quantity.astype(int)).groupby(cell).units.sum().add(promised, fill_value=0)
    assert (on_hand.reindex(promised.index) - promised).min() >= 0


def test_nothing_happens_after_the_as_of_moment(demo):
    drop, manifest = demo
    for kind in demo[1].line_count_by_kind:
        column = CONTRACTS[kind].event_column
        assert of_kind(drop, manifest, kind)[column].max() < manifest.as_of


def test_some_parts_have_no_offer_and_the_others_one_to_three(demo):
    offers = of_kind(*demo, "supplier_price")
    offers = offers[offers.brand_code.eq("CARP")]
    per_part = offers.groupby("part_number").supplier_code.nunique()
    assert set(per_part.unique()) == {1, 2, 3}
    assert 0.03 < 1 - len(per_part) / 2674 < 0.07
    suppliers = of_kind(*demo, "suppliers").set_index("supplier_code").is_active
    assert suppliers.reindex(offers.supplier_code.unique()).eq("true").all()


def test_hashed_choices_do_not_change():
    assert hashing.pick("a test", ["a", "b", "c"], 1000).tolist() == [164, 758, 660]
    assert ((numbers := hashing.shares("a test", map(str, range(2000)), 3)) >= 0).all() and (numbers < 1).all()
    assert abs(numbers.mean() - 0.5) < 0.02


def test_one_part_is_replaced_by_one_that_is_asked_for_since_it_was_not(demo):
    """By its supplier, who offers both; both are parts of the catalogue."""
    drop, manifest = demo
    [file] = [file for file in manifest.files if file.kind == "supersessions"]
    [line] = pd.read_csv(drop / file.path, dtype=str).to_dict("records")
    old, new = line["part_number"], line["successor_part_number"]
    months = source_demand().query("demand > 0").groupby("part_id").month.agg(["min", "max"])
    assert pd.Period(months["max"][old], "M") + 1 == pd.Period(months["min"][new], "M")
    assert months["max"][new] == "2002-03"
    offers = of_kind(drop, manifest, "supplier_price")
    offers = offers[offers.supplier_code.eq(file.source_code) & offers.brand_code.eq(line["brand_code"])]
    assert {old, new} <= set(offers.part_number)
    assert line["effective_from_on"] > manifest.as_of[:10] > line["valid_from_at"][:10]
