"""Every short way through ingestion ends in the same stores, counts and quarantine as the long one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from expectations import values
from expectations.judge import _questions
from ingest import known_lines, pipeline, raw_lines
from ingest.contracts import CONTRACTS, Type
from ingest.readers.limits import Limits
from ingest.stores import supplier_feed
from ingest.stores.direct import Direct
from ingest.thresholds import Thresholds
from tests.support import ingest_files as files

COUNTS = ("state", "rows_read", "rows_accepted", "rows_duplicate", "rows_quarantined", "rows_held", "error_code")
# Small blocks, so that a small file comes in many tables.
SMALL = Thresholds(shares=(), limits=Limits(block_bytes=2048))


def everything(ingest, judged: str = "%") -> dict:
    """What the stores, the quarantine, the checks and the audit say, without ids and moments.

    That includes the minute of receipt which a reason may name: the two ways take their files one after the other.

    Checks are those of files whose name is like ``judged``.
    """
    return {
        "stores": files.checksums(ingest.connection, ignore=frozenset({"recorded_at"})),
        "lines": ingest.rows(
            "select brand_code, part_number, stated_at, line_number from supplier_feed.offers order by 1, 2, 3"
        ),
        "bad": ingest.rows(
            f"select kind, file_name, line_number, place, raw, {timeless('reasons')}, rows.rule_version"
            " from ingest.quarantined_rows as rows inner join ingest.batches using (batch_id) order by 1, 2, 3"
        ),
        "checks": ingest.rows(
            "select file_name, check_name, column_name, is_success, evaluated_count, failed_count,"
            f" {timeless('details')} from ingest.check_results inner join ingest.batches using (batch_id)"
            f" where file_name like '{judged}' order by file_name, check_result_id"
        ),
        "audit": ingest.rows("select relation_name, row_count, details::text from audit.records order by 1, 3, 2"),
    }


def timeless(column: str) -> str:
    return f"regexp_replace({column}::text, 'received at [-0-9]+ [:0-9]+', 'received', 'g')"


def prices(*changes: dict) -> str:
    return files.lines(files.PRICE, *changes)


def part(number: int, **changes) -> dict:
    return {"part_number": f"P{number:05d}", "unit_price_amount": f"{number % 90 + 1}.50", **changes}


PLAIN = [part(n) for n in range(300)]
DELIVERIES = {
    "all new": [PLAIN],
    "other moments": [PLAIN, [part(n, stated_at=f"2024-02-{n % 20 + 2:02d}") for n in range(300)]],
    "not in the order of the key": [[part(n * 7919 % 300) for n in range(300)]],
    "the same again with a few more": [PLAIN, [*PLAIN, *(part(n) for n in range(300, 330))]],
    "a duplicate within the file": [[*PLAIN[:200], PLAIN[7], *PLAIN[200:]]],
    "a duplicate within a block": [[*PLAIN[:5], PLAIN[2], *PLAIN[5:]]],
    "a conflict within the file": [[*PLAIN[:200], part(7, unit_price_amount="77"), *PLAIN[200:]]],
    "a conflict with an earlier file": [PLAIN[:100], [part(n, unit_price_amount="88") for n in range(90, 200)]],
    "an unknown supplier in the middle": [[*PLAIN[:150], part(9, supplier_code="S9"), *PLAIN[150:]]],
    "bad rows": [[part(n, unit_price_amount="-1" if n % 37 == 0 else "x" if n % 41 == 0 else "5") for n in range(300)]],
    "a price of nothing": [[part(n, unit_price_amount="0" if n == 200 else "5") for n in range(300)]],
    "a price that jumps": [PLAIN, [part(n, unit_price_amount="900", stated_at="2024-03-01") for n in range(300)]],
    "signs that COPY uses": [
        [part(n, supplier_part_number=("\\N", "a\\b", "t\tt", "\\", "ü", "", 'q"q', "\\.")[n % 8]) for n in range(300)]
    ],
}


@pytest.fixture
def small(monkeypatch, strict_ingest):
    strict_ingest.catalogue()
    return strict_ingest


def deliver(ingest, deliveries: list[list[dict]], brand: str = "BOSC", **options) -> list[dict]:
    outcomes = [
        ingest(
            prices(*({"brand_code": brand, **row} for row in rows)),
            "supplier_price",
            name=f"{brand}_{n}.csv",
            thresholds=SMALL,
            **options,
        )
        for n, rows in enumerate(deliveries)
    ]
    return [{name: getattr(outcome, name) for name in COUNTS} for outcome in outcomes]


@pytest.fixture(scope="module")
def two_ingests(make_database, tmp_path_factory):
    """Two databases with the same catalogue: one for each way. What each test sends has a brand of its own."""
    from expectations.judge import judge

    urls = [make_database("stores").pipeline for _ in range(2)]
    made = [files.Ingest(url, tmp_path_factory.mktemp("ingest"), judge) for url in urls]
    for one in made:
        one.catalogue()
    yield made
    for one in made:
        one.connection.close()


@pytest.mark.parametrize("name", DELIVERIES)
def test_rows_copied_straight_into_their_store_end_as_if_compared_first(two_ingests, monkeypatch, name):
    short, long = two_ingests
    found = deliver(short, DELIVERIES[name], name)
    monkeypatch.setattr(Direct, "store", lambda *_: False)
    assert found == deliver(long, DELIVERIES[name], name)
    assert everything(short, f"{name}%") == everything(long, f"{name}%")


def test_new_rows_do_go_the_short_way_and_known_ones_do_not(small, monkeypatch):
    went = []
    store = Direct.store
    monkeypatch.setattr(Direct, "store", lambda *given: went.append(store(*given)) or went[-1])
    deliver(small, [PLAIN])
    assert len(went) > 5 and all(went)
    went.clear()
    deliver(small, [[*PLAIN, part(301)]])
    assert not any(went)


def test_a_file_that_breaks_at_its_end_leaves_nothing_of_what_was_copied(small):
    before = small.value("select count(*) from audit.records")
    broken = prices(*PLAIN) + 'S1,BOSC,P9,"12'
    outcome = small(broken, "supplier_price", thresholds=SMALL)
    assert (outcome.state, outcome.error_code) == ("REJECTED", "UNCLOSED_QUOTE")
    assert small.value("select count(*) from supplier_feed.offers") == 0
    assert small.value("select count(*) from audit.records") == before


def test_too_many_bad_rows_at_the_end_take_back_what_was_copied(small):
    rows = [*PLAIN[:200], *(part(n, unit_price_amount="-1") for n in range(200, 300))]
    outcome = small(prices(*rows), "supplier_price", thresholds=Thresholds(limits=Limits(block_bytes=2048)))
    assert (outcome.state, outcome.error_code) == ("REJECTED", "TOO_MANY_BAD_ROWS")
    assert small.value("select count(*) from supplier_feed.offers") == 0


FIRST = [part(n, stated_at=f"2024-01-{n % 28 + 1:02d}") for n in range(1500)]
CHANGED = [{**row, "unit_price_amount": "3.25", "stated_at": "2024-02-20"} for row in FIRST[700:720]]
ADDED = [part(n, stated_at="2024-02-20") for n in range(5000, 5030)]
BAD = {"unit_price_amount": "-1", "stated_at": "2024-01-02"}
AGAIN = {
    "changed where they stood": [FIRST, [*FIRST[:700], *CHANGED, *FIRST[720:]]],
    "put in before all others": [FIRST, [*ADDED, *FIRST]],
    "put in and taken out": [FIRST, [*FIRST[:300], *ADDED, *FIRST[310:900], *FIRST[1000:]]],
    "in another order": [FIRST, [*reversed(FIRST), *ADDED]],
    "bad before and after": [
        [*FIRST[:400], part(9001, **BAD), *FIRST[400:]],
        [*FIRST[:500], part(9001, **BAD), part(9002, **BAD), *FIRST[500:], *ADDED],
    ],
    "in conflict before and after": [
        [*FIRST[:1400], {**FIRST[3], "unit_price_amount": "44"}, *FIRST[1400:]],
        [*FIRST[:1400], {**FIRST[3], "unit_price_amount": "44"}, *FIRST[1400:], *ADDED],
    ],
    "twice in the second file": [FIRST, [*FIRST[:600], *FIRST[500:], *ADDED]],
    "nothing newer than before": [FIRST, [*FIRST[:700], part(9003, stated_at="2024-01-01"), *FIRST[700:]]],
    "only a part of it": [FIRST, FIRST[:800]],
    "with values over line ends": [
        FIRST,
        [*FIRST[:900], part(9004, supplier_part_number="a\nb"), *FIRST[900:], *ADDED],
    ],
    "an unknown supplier": [FIRST, [*FIRST[:900], part(9005, supplier_code="S9"), *FIRST[900:], *ADDED]],
    "a third time": [FIRST, [*FIRST, *ADDED], [*FIRST, *ADDED, *CHANGED]],
}


@pytest.mark.parametrize("name", AGAIN)
def test_lines_that_an_earlier_file_brought_end_as_if_read_again(two_ingests, monkeypatch, name):
    short, long = two_ingests
    monkeypatch.setattr(known_lines, "_LEAST_BYTES", 0)
    monkeypatch.setattr(raw_lines, "_BLOCK_BYTES", 16 * 1024)
    monkeypatch.setattr(raw_lines, "_NEARBY", 400)
    source = {"source": f"again {name}"}
    found = deliver(short, AGAIN[name], f"again {name}", **source)
    assert found == deliver(long, AGAIN[name], f"again {name}", compare=False, **source)
    # Known lines were judged when they came first; the checks of a batch speak of the others.
    assert everything(short, "") == everything(long, "")
    described = "select file_name, stated_at, column_names from ingest.batches where file_name like 'again%' order by 1"
    assert short.rows(described.replace("again%", f"again {name}%")) == long.rows(
        described.replace("again%", f"again {name}%")
    )


@pytest.mark.parametrize(
    ("name", "least_known"),
    [("changed where they stood", 1200), ("put in before all others", 1000), ("a third time", 2000)],
)
def test_lines_that_stayed_are_not_judged_again(small, monkeypatch, name, least_known):
    """Otherwise the test above would compare one way with itself."""
    monkeypatch.setattr(known_lines, "_LEAST_BYTES", 0)
    judged, judge = [], small.judge

    def counting(table, *rest):
        judged.append(table.num_rows)
        return judge(table, *rest)

    monkeypatch.setattr(small, "judge", counting)
    outcomes = deliver(small, AGAIN[name], f"counted {name}", source=f"counted {name}")
    assert sum(outcome["rows_read"] for outcome in outcomes) - sum(judged) >= least_known


def test_a_broken_line_among_known_ones_is_named_with_its_own_number(small, monkeypatch):
    monkeypatch.setattr(known_lines, "_LEAST_BYTES", 0)
    brand = [{"brand_code": "broken", **row} for row in FIRST]
    assert small(prices(*brand), "supplier_price", source="broken").state == "ACCEPTED"
    outcome = small(prices(*brand, *ADDED) + 'S1,BOSC,P9,"12', "supplier_price", source="broken")
    assert (outcome.state, outcome.error_code) == ("REJECTED", "UNCLOSED_QUOTE")
    assert f"line {1 + len(FIRST) + len(ADDED) + 1}:" in outcome.error
    assert not list(small.landing.glob(".shortened-*"))


def small_files(folder, brand: str) -> list:
    """Twelve files of one sender: good, bad, broken, of two shapes and three kinds."""
    rows = [[part(100 * n + m, brand_code=brand, unit_price_amount=str(m + n)) for m in range(8)] for n in range(12)]
    rows[3][4]["unit_price_amount"] = "-1"
    rows[5] = [{**row, "minimum_order_quantity": str(n % 3)} for n, row in enumerate(rows[5])]
    rows[7][2]["stated_at"] = "2124-01-01"
    paths = [files.write(folder, f"{brand}_{n}.csv", prices(*one)) for n, one in enumerate(rows)]
    files.write(folder, paths[9].name, prices(*rows[9]) + 'S1,"')
    available = {**files.AVAILABILITY, "brand_code": brand}
    paths += [
        files.write(folder, f"{brand}_s{n}.csv", files.lines(available, {"available_quantity": n})) for n in range(3)
    ]
    return [*paths, files.write(folder, f"{brand}_p.csv", files.lines({**files.PART, "brand_code": brand}))]


def test_small_files_judged_together_end_as_each_alone(two_ingests, tmp_path, monkeypatch):
    together, alone = two_ingests
    found = []
    for ingest in (together, alone):
        _questions.cache_clear()
        paths = small_files(tmp_path, "small")
        options = {"thresholds": Thresholds(shares=(("supplier_price", 0.2),))}
        outcomes = pipeline.land_and_process(
            ingest.connection, ingest.landing, paths, "S1", "auto", ingest.judge, **options
        )
        found.append([[getattr(outcome, name) for name in ("file_name", *COUNTS)] for outcome in outcomes])
        monkeypatch.setattr(pipeline, "judged_ahead", lambda waiting, *_: iter(waiting))
    assert found[0] == found[1] and len(found[0]) == 16
    assert everything(together, "small%") == everything(alone, "small%")


def test_thirty_small_files_are_few_questions(small, tmp_path, monkeypatch):
    _questions.cache_clear()
    asked, run = [], values.run
    monkeypatch.setattr(values, "run", lambda *given: asked.append(given) or run(*given))
    rows = [[part(10 * n + m, unit_price_amount=f"{n}.{m}1") for m in range(4)] for n in range(30)]
    paths = [files.write(tmp_path, f"few_{n}.csv", prices(*one)) for n, one in enumerate(rows)]
    outcomes = pipeline.land_and_process(small.connection, small.landing, paths, "S1", "supplier_price", small.judge)
    assert [outcome.rows_accepted for outcome in outcomes] == [4] * 30
    assert len(asked) <= 4


@pytest.mark.parametrize("kind", [kind for kind, one in supplier_feed.STATEMENTS.items() if one.is_direct])
def test_a_store_that_is_copied_into_has_the_defaults_of_its_contract(stores, kind):
    import psycopg

    contract = CONTRACTS[kind]
    schema, table = contract.relation.split(".")
    with psycopg.connect(stores.owner) as connection:
        found = dict(
            connection.execute(
                "select column_name, column_default from information_schema.columns"
                " where table_schema = %s and table_name = %s",
                (schema, table),
            ).fetchall()
        )
        for column in contract.columns:
            default = connection.execute(f"select {found[column.name] or 'null'}").fetchone()[0]
            if column.default is not None and column.type is not Type.TEXT:
                assert Decimal(default) == Decimal(column.default)
            else:
                assert default == column.default


def test_a_row_without_a_batch_is_refused_outside_of_a_load(small):
    import psycopg

    small(prices({}), "supplier_price")
    with pytest.raises(psycopg.Error):
        small.connection.execute(
            "insert into supplier_feed.offers (supplier_code, brand_code, part_number, stated_at, unit_price_amount,"
            " currency_code, line_number) values ('S1', 'B', 'X', now(), 1, 'EUR', 1)"
        )


def test_the_pipeline_offers_the_short_way_to_feeds_of_suppliers_alone():
    direct = {kind for kind, statements in pipeline.STATEMENTS.items() if statements.is_direct}
    assert direct == {"supplier_price", "supplier_availability", "supplier_catalogue", "supplier_interchange"}


def test_a_small_file_that_nobody_can_judge_ahead_leaves_the_others_to_be_taken(small, tmp_path):
    """A defect that one file of a group meets is met when that file itself is taken."""
    paths = [files.write(tmp_path, f"odd_{n}.csv", prices({"part_number": f"odd{n}"})) for n in range(3)]

    def judge(table, contract, received_at):
        if table.num_rows > 1 or "odd1" in table["part_number"].to_pylist():
            raise ZeroDivisionError
        return files.accept_all(table, contract, received_at)

    outcomes = pipeline.land_and_process(small.connection, small.landing, paths, "S1", "supplier_price", judge)
    assert next(outcomes).rows_accepted == 1
    with pytest.raises(ZeroDivisionError):
        next(outcomes)
