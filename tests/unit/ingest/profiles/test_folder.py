"""Profiles as YAML: the right one for a file, and every fault told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.errors import SettingsError
from ingest.profiles.folder import Profiles, read_profile

USAGE = "source_code: ACME\nkind: usage\n"


def folder(path: Path, **texts: str) -> Profiles:
    for name, text in texts.items():
        (path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Profiles(path)


@pytest.mark.parametrize("missing", [None, Path("/nowhere/profiles")])
def test_without_a_profile_the_built_in_one_changes_nothing(missing):
    profiles = Profiles(missing)
    assert profiles.find("ACME", "usage", "a.csv").columns == {} and profiles.kind_for("ACME", "a.csv") is None


def test_the_nearest_profile_is_found(tmp_path):
    profiles = folder(
        tmp_path,
        any="source_code: '*'\nkind: usage\nconstants: {actor: any}\n",
        acme=USAGE + "constants: {actor: acme}\n",
        weekly=USAGE + "files: 'Weekly*.csv'\nconstants: {actor: weekly}\n",
        stock="source_code: ACME\nkind: stock_count\nfiles: 'stock*'\n",
    )
    actors = {
        (source, name): profiles.find(source, "usage", name).constants["actor"]
        for source, name in (("ACME", "weekly 1.CSV"), ("ACME", "daily.csv"), ("OTHER", "weekly 1.csv"))
    }
    assert list(actors.values()) == ["weekly", "acme", "any"]
    assert profiles.kind_for("ACME", "stock.csv") == "stock_count" and profiles.kind_for("ACME", "x.csv") == "usage"


def test_one_file_may_carry_several_kinds(tmp_path):
    profiles = folder(
        tmp_path,
        price="source_code: A\nkind: supplier_price\nfiles: '*.csv'\n",
        stock="source_code: A\nkind: supplier_availability\nfiles: '*.csv'\n",
    )
    assert profiles.kinds_for("A", "all.csv") == ("supplier_price", "supplier_availability")
    assert profiles.kind_for("A", "all.csv") is None


def test_a_profile_of_tolerances_leaves_the_kind_to_the_content(tmp_path):
    profiles = folder(tmp_path, acme=USAGE + "tolerances: {failed_rows_pct: 1}\ncalendar: {due: '08:00'}\n")
    assert profiles.kinds_for("ACME", "a.csv") == () and profiles.find("ACME", "usage", "a.csv").calendar


def test_two_profiles_for_one_file_are_refused_by_name(tmp_path):
    profiles = folder(tmp_path, one=USAGE, two=USAGE)
    with pytest.raises(SettingsError, match=r"one.yaml and .*two.yaml both are for usage files of ACME"):
        profiles.find("ACME", "usage", "a.csv")


def test_a_broken_profile_stops_its_own_sender_alone(tmp_path):
    profiles = folder(tmp_path, good=USAGE, bad="source_code: OTHER\nkind: usage\nnumber: {}\n")
    assert profiles.find("ACME", "usage", "a.csv").source_code == "ACME"
    with pytest.raises(SettingsError, match="line 3: number: there is no such key"):
        profiles.find("OTHER", "usage", "a.csv")
    assert len(profiles.check()) == 1


@pytest.mark.parametrize(
    ("text", "line", "words", "mend"),
    [
        ("source_code: A\nkind: prices\n", 2, "kind: there is no kind 'prices'", "Write one of garages"),
        ("kind: usage\n", 1, "source_code: it is missing", "Write it"),
        (USAGE + "kind: parts\n", 3, "kind is there twice", "Keep one"),
        (USAGE + "columns:\n  quantity: A\n  quantity: B\n", 5, "columns.quantity is there twice", "Keep one"),
        (USAGE + "columns:\n  qty: Menge\n", 4, "columns.qty: a usage file has no such column", "It has garage_code"),
        (USAGE + "numbers:\n  decimal: ';'\n", 4, "numbers.decimal: Input should be '.' or ','", ""),
        (USAGE + "numbers:\n  decimal: ','\n  thousands: ','\n", 3, "are the same sign", "Write two different"),
        (USAGE + "dates:\n  formats:\n    - '%d.%m.%Y'\n    - '%d.%m'\n", 6, "must name year, month and day", ""),
        (USAGE + "dates: {time_zone: Berlin}\n", 3, "there is no time zone 'Berlin'", "Write an IANA name"),
        (USAGE + "scale: {actor: 2}\n", 3, "scale.actor: the column holds no number", "Remove it"),
        (USAGE + "signs: {quantity: direction}\n", 3, "has no direction_code", "Write negate"),
        (USAGE + "options: {delimiter: tab}\n", 3, "options: they belong to a format", "Write format"),
        (USAGE + "format: csv\n", 3, "there is no format 'csv'", "Write one of delimited"),
        (USAGE + "format: delimited\noptions:\n  delimiter: ab\n", 5, "options.delimiter: 'ab' is not one", ""),
        (USAGE + "format: delimited\noptions:\n  encoding: klingon\n", 5, "no encoding 'klingon'", "such as utf-8"),
        (USAGE + "format: delimited\noptions:\n  encoding: rot13\n", 5, "no encoding for tables", ""),
        (USAGE + "format: delimited\noptions:\n  delimiterr: ','\n", 5, "there is no such key", "Remove it"),
        (USAGE + "envelope: {file_name: '(?P<colour>.)'}\n", 3, "names colour", "It may name line_count"),
        (USAGE + "envelope: {file_name: '(?P<stated_at>(a+)+)'}\n", 3, "repeats a repeat", "Write it plainer"),
        (USAGE + "calendar: {due: '25:00'}\n", 3, "calendar.due", ""),
        (USAGE + "tolerances: {failed_rows_pct: 101}\n", 3, "less than or equal to 100", ""),
        (USAGE + "constants: {actor: [a]}\n", 3, "constants.actor", ""),
        ("a: b: c\n", 1, "it is no YAML", "quote texts"),
        ("- a\n- b\n", 1, "it holds no keys", "Begin with source_code"),
        ("", 1, "it holds no keys", "Begin"),
        ("a: &x [1]\nb: *x\n", 1, "anchor or alias", "Write the value out"),
        ("a: !!python/object/apply:os.system ['true']\n", 1, "it uses the tag", "Write the plain value"),
        ("[" * 5000, 1, "nested deeper than 12", "Write it flatter"),
        ("a: " + "x" * 300_000, 1, "larger than 262144 bytes", "one profile per file"),
        ("a: \x07\n", 1, "it is no YAML", "Remove what is not text"),
    ],
)
def test_each_fault_of_a_profile_is_told_with_its_line_and_what_to_write(tmp_path, text, line, words, mend):
    path = tmp_path / "acme.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        read_profile(path)
    assert raised.value.message.startswith(f"{path}, line {line}: "), raised.value.message
    assert words in raised.value.message and mend in raised.value.mend


def test_a_profile_that_is_not_utf8_is_told_with_its_line(tmp_path):
    path = tmp_path / "acme.yaml"
    path.write_bytes(USAGE.encode() + b"# gr\xfc\xdfe\n")
    with pytest.raises(SettingsError, match="line 3: it is not UTF-8"):
        read_profile(path)


def test_values_stay_text(tmp_path):
    path = tmp_path / "acme.yaml"
    path.write_text(
        USAGE + "constants: {actor: 007, uom_code: NO}\nvalues: {usage_type_code: {1: FITTED, yes: LOST}}\n"
    )
    profile = read_profile(path)
    assert profile.constants == {"actor": "007", "uom_code": "NO"}
    assert profile.values == {"usage_type_code": {"1": "FITTED", "yes": "LOST"}}


def test_the_version_changes_with_what_a_profile_says_and_not_with_how(tmp_path):
    texts = {
        "one": USAGE + "numbers: {decimal: ','}\ncolumns: {quantity: Menge}\n",
        "same": "# Of 2024.\nkind: usage\ncolumns:\n  quantity: [Menge]\nsource_code: ACME\nnumbers: {decimal: ','}\n",
        "other": USAGE + "numbers: {decimal: ','}\ncolumns: {quantity: Anzahl}\n",
    }
    versions = {}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
        versions[name] = read_profile(tmp_path / f"{name}.yaml").version
    assert versions["one"] == versions["same"] != versions["other"]
    assert all(len(version) == 12 and int(version, 16) >= 0 for version in versions.values())
