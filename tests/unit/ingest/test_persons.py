"""One person stays one, however the name is written."""

from __future__ import annotations

import pytest

from ingest.audit import attribute
from ingest.errors import SettingsError
from ingest.persons import person_key
from tests.support.persons import forms_of

NOBODY = ("", " \t", "\u00a0\u3000", "\u200b", "\u2060\ufeff\u00ad", "\u2800", "\u3164")


def test_forms_of_a_name_are_of_one_person_and_another_name_is_of_another():
    assert {person_key(form) for form in forms_of("jose")} == {"jose"}
    assert person_key("Jose\u0301  MEIER") == person_key("jos\u00e9meier") != person_key("jose meier")
    assert person_key("STRASSE") == person_key("stra\u00dfe")


@pytest.mark.parametrize("name", NOBODY)
def test_a_name_that_shows_nothing_names_nobody(name):
    assert person_key(name) == ""
    with pytest.raises(SettingsError) as caught:
        attribute(None, name)
    assert caught.value.code == "NO_ACTOR"
