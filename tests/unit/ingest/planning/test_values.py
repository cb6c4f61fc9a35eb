"""What people write into cells of decisions, read as it was meant or refused."""

import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.planning.values import CellFault, as_code, as_day, as_quantity, as_words


@given(st.integers(min_value=0, max_value=10**9), st.sampled_from(["{}", " {} ", "{}.0", "{},0", "{}.00"]))
def test_a_whole_number_is_the_same_however_it_is_written(number, form):
    assert as_quantity(form.format(number)) == number
    assert as_quantity(number) == as_quantity(float(number)) == number


@given(st.one_of(st.text(), st.floats(), st.integers(), st.booleans(), st.none()))
def test_whatever_stands_in_a_cell_is_a_quantity_or_a_fault_and_never_below_nothing(value):
    try:
        quantity = as_quantity(value)
    except CellFault as fault:
        assert "is not a whole number >= 0" in str(fault) or re.search(r" may be [1-9][0-9.,]* or \d{4,6};", str(fault))
    else:
        assert quantity is None or (quantity >= 0 and quantity == round(quantity, 3))


@given(st.one_of(st.text(), st.dates(), st.datetimes(), st.none()))
def test_whatever_stands_in_a_cell_is_a_day_or_a_fault(value):
    try:
        day = as_day(value)
    except CellFault:
        assert isinstance(value, str)
    else:
        assert day is None or type(day) is date


@given(st.dates(min_value=date(1900, 1, 1)))
def test_a_day_is_the_same_in_each_of_its_forms(day):
    for value in (
        day,
        datetime(day.year, day.month, day.day, 12),
        f"{day}",
        f"{day.day}.{day.month:02d}.{day.year:04d}",
    ):
        assert as_day(value) == day


@pytest.mark.parametrize("text", ["-3", "x", "1e9", "1,2,3", "=1+1", "2.0005", "٣x"])
def test_what_is_no_quantity_is_said_as_it_stands(text):
    with pytest.raises(CellFault, match="is not a whole number >= 0") as fault:
        as_quantity(text)
    assert str(fault.value).startswith(text)


@pytest.mark.parametrize("text", ["1.000", "1,000", " 12.000", "999,000"])
def test_what_may_be_a_thousand_times_as_much_is_refused_with_both_readings(text):
    whole = text.strip()[:-4]
    with pytest.raises(CellFault, match=f"may be {whole} or {whole}000;"):
        as_quantity(text)


@pytest.mark.parametrize("text", ["1.234", "+12,500"])
def test_what_may_be_a_group_of_digits_or_decimals_is_refused_with_both_ways_to_write_it(text):
    plain = text.replace(".", "").replace(",", "").lstrip("+")
    with pytest.raises(CellFault) as fault:
        as_quantity(text)
    assert str(fault.value) == f"{text} may be {text} or {plain}; write {plain} or {text}0"
    assert (as_quantity(plain), as_quantity("12,5000"), as_quantity("1.2340")) == (
        Decimal(plain), Decimal("12.5"), Decimal("1.234")
    )  # fmt: skip


@pytest.mark.parametrize(("stored", "shown"), [(434.99999999999994, 435), (0.1 + 0.2, "0.3")])
def test_the_result_of_a_formula_is_what_a_spreadsheet_shows_of_it(stored, shown):
    assert as_quantity(stored) == Decimal(shown)


def test_more_digits_than_a_group_has_are_decimals():
    assert (as_quantity("1000.000"), as_quantity("0.000"), as_quantity("1.0000")) == (1000, 0, 1)


def test_a_day_without_signs_is_taken_from_a_number_as_from_text():
    assert as_day(20270131.0) == as_day("20270131") == date(2027, 1, 31)
    with pytest.raises(CellFault, match=r"^46370 is no day"):
        as_day(46370.0)


def test_a_day_with_slashes_is_taken_where_it_can_be_one_day_alone():
    assert as_day("31/01/2027") == date(2027, 1, 31)
    assert as_day("04/04/2027") == date(2027, 4, 4)
    assert as_day("02.03.2027") == date(2027, 3, 2)
    with pytest.raises(CellFault, match="02/03/2027 may be 2027-03-02 or 2027-02-03; write it as one of them"):
        as_day("02/03/2027")
    with pytest.raises(CellFault, match="is no day"):
        as_day("12/31/2026")


def test_words_stay_words_and_codes_know_no_case():
    assert as_words('  =HYPERLINK("x") ') == '=HYPERLINK("x")'
    assert as_code(" approve ") == "APPROVE"
    assert (as_words("  "), as_words(3.0), as_code(None)) == (None, "3", None)
    assert as_quantity("2,5") == Decimal("2.5")
