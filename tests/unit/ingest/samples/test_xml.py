"""XML of real systems that is no PIES: named, with what to send instead."""

from __future__ import annotations

import pytest

from ingest.readers import pies
from ingest.readers.formats import recognise_format
from ingest.readers.limits import FileFault, Limits
from tests.support.samples import listed

SAMPLES = listed("xml")


@pytest.mark.parametrize("name", SAMPLES)
def test_other_xml_is_named_with_what_to_send_instead(name):
    code, words = SAMPLES[name].outcome.split(": ")
    path = SAMPLES[name].path
    assert recognise_format(path) == "pies"
    with pytest.raises(FileFault) as caught:
        pies.read_envelope(path, pies.Options(), Limits())
    assert caught.value.code == code and words in caught.value.message and caught.value.mend
