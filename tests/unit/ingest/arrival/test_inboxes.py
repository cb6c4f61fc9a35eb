"""Descriptions of inboxes: what they may say, and what a wrong one is told without its secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.arrival.entries import is_unfinished, placed, shown
from ingest.arrival.inboxes import Inbox, read_inboxes
from ingest.arrival.secrets import Secret
from ingest.errors import SettingsError

GOOD = """
inboxes:
  - name: acme
    url: sftp://files.acme.example/out
    known_hosts: known_hosts
    source: ACME
    credentials: {user: partsbay, password: {env: ACME_PASSWORD}}
"""


def read(tmp_path, text: str) -> list[Inbox]:
    path = tmp_path / "inboxes.yaml"
    path.write_text(text)
    return read_inboxes(tmp_path / "drop", path)


def test_the_drop_folder_is_always_an_inbox_and_others_follow(tmp_path):
    assert [one.name for one in read_inboxes(tmp_path / "drop")] == ["drop"]
    drop, acme = read(tmp_path, GOOD)
    assert (drop.name, drop.completeness.rule, acme.completeness.rule) == ("drop", "settled", "two_looks")
    assert acme.folder == tmp_path


def test_the_example_describes_inboxes_that_could_be_used():
    example = Path(__file__).parents[4] / "deploy" / "inboxes.example.yaml"
    rules = {one.name: one.completeness.rule for one in read_inboxes(Path("drop"), example)}
    assert rules == {
        "drop": "settled", "fax-server": "settled", "acme": "two_looks", "exchange": "manifest",
        "price-lists": "at_once",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("sftp://files", "sftp://me:hunter2@files"), "credentials by reference"),
        (("{env: ACME_PASSWORD}", "hunter2"), "credentials.password"),
        (("{env: ACME_PASSWORD}", "{env: A, file: hunter2}"), "name one place"),
        (("    known_hosts: known_hosts\n", ""), "an unknown key is never trusted"),
        (("name: acme", "name: drop"), "the name 'drop' is there twice"),
        (("name: acme", "name: '../hunter2 '"), "name: String should match"),
        (("source: ACME", "sauce: hunter2"), "sauce: Extra inputs"),
        (("source: ACME", "kind: hunter2s"), "there is no kind"),
        (("inboxes:", "mailboxes:"), "it is not a list of inboxes"),
        (("source: ACME", "source: [ACME"), "it is not YAML in line"),
        (("url: sftp", "url: https"), "lists what to pull"),
    ],
)
def test_a_wrong_description_is_told_where_and_never_repeated(tmp_path, change, words):
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, GOOD.replace(*change))
    said = f"{refusal.value.message} {refusal.value.mend}"
    assert words in said and str(tmp_path / "inboxes.yaml") in said
    assert "hunter2" not in said.replace("hunter2s", "").replace("'../hunter2 '", "")


PULLED = """
inboxes:
  - name: lists
    url: https://lists.example
    files:
      - {url: "https://lists.example/a?list=1", source: ACME}
      - {url: "https://lists.example/a?list=2", source: ACME, name: two}
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((", name: two", ""), "give each a name of its own"),
        (("https://lists.example/a?list=1", "https://me:hunter2@lists.example/a"), "credentials by reference"),
        (("files:", "complete: {rule: manifest}\n    files:"), "neither moved nor has it a manifest"),
        (("files:", "allow_networks: [10.0.0.1/99]\n    files:"), "does not appear to be an IPv4 or IPv6 network"),
    ],
)
def test_addresses_to_pull_are_checked_before_any_is_asked(tmp_path, change, words):
    assert [file.path for file in read(tmp_path, PULLED)[1].files] == ["ACME/lists.example/a", "ACME/two"]
    with pytest.raises(SettingsError) as refusal:
        read(tmp_path, PULLED.replace(*change))
    assert words in refusal.value.message and "hunter2" not in refusal.value.message


def test_a_secret_comes_from_its_place_and_a_missing_one_is_named_by_it(tmp_path, monkeypatch):
    monkeypatch.setenv("ACME_PASSWORD", "hunter2")
    (tmp_path / "secret").write_text("hunter3\n")
    assert Secret(env="ACME_PASSWORD").read("acme", tmp_path) == "hunter2"
    assert Secret(file="secret").read("acme", tmp_path) == "hunter3"
    for missing, words in ((Secret(env="NOT_SET"), "NOT_SET"), (Secret(file="gone"), str(tmp_path / "gone"))):
        with pytest.raises(SettingsError) as refusal:
            missing.read("acme", tmp_path)
        assert words in refusal.value.message


@pytest.mark.parametrize(
    ("name", "is_hidden"),
    [("a.csv", False), (".a.csv", True), ("a.csv.PART", True), ("a.tmp", True), ("a.csv.manifest.json", True)],
)
def test_hidden_and_half_done_names_are_left_alone(name, is_hidden):
    assert is_unfinished(Inbox(name="x", url="/x"), name) is is_hidden


def test_the_folders_say_sender_and_kind_unless_the_inbox_does():
    open_to_all = Inbox(name="x", url="/x")
    assert placed(open_to_all, ("G1",)) == ("G1", "auto")
    assert placed(open_to_all, ("G1", "usage")) == ("G1", "usage")
    for nowhere in ((), ("G1", "nonsense"), ("G1", "usage", "deep"), (".hidden",), ("G1", "done")):
        assert placed(open_to_all, nowhere) is None
    translated = Inbox(name="x", url="/x", sources={"acme-de": "ACME"})
    assert placed(translated, ("acme-de",)) == ("ACME", "auto")
    assert placed(translated, ("somebody",)) is None
    of_one = Inbox(name="x", url="/x", source="ACME", kind="supplier_price")
    assert placed(of_one, ()) == ("ACME", "supplier_price")
    assert placed(of_one, ("usage",)) == ("ACME", "usage")
    assert placed(of_one, ("OTHER",)) is None


def test_names_from_outside_become_printable_text_and_stay_told_apart():
    assert shown("Preise März.csv") == "Preise März.csv"
    odd = ["a\nb.csv", "a\\nb.csv", "a\x1b[31m.csv", "caf\udce9.csv", "\u202efdp.csv"]
    assert len({shown(name) for name in odd}) == len(odd)
    assert all(shown(name).isprintable() and shown(name).encode() for name in odd)
