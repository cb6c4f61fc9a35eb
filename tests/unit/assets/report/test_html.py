import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser

import pytest

from assets.report.document import document_of
from assets.report.html import render_page, safe_json
from assets.report.payload import CHUNK_LENGTH, detail_chunks, table_payload
from tests.support.report_data import HOSTILE, report_data

BODY_TEXT, GRAPHIC = 4.5, 3.0


class Elements(HTMLParser):
    """Every element with its attributes, and the text of scripts and styles."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.raw: list[tuple[str, dict, str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        # In these two the parser is in a mode of its own, which ends with the element.
        if self.cdata_elem in ("script", "style"):
            self.raw.append((*self.found[-1], data))


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(document_of(report_data(60, hostile=True)), "replenishment")


@pytest.fixture(scope="module")
def elements(page) -> Elements:
    return Elements(page)


def _policy(elements: Elements) -> str:
    return next(a["content"] for _, a in elements.found if a.get("http-equiv") == "Content-Security-Policy")


def test_the_policy_allows_the_own_script_and_style_and_nothing_else(elements):
    policy = _policy(elements)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy and "http" not in policy
    scripts = [text for tag, attributes, text in elements.raw if tag == "script" and attributes["type"] == "module"]
    styles = [text for tag, _, text in elements.raw if tag == "style"]
    for directive, texts in (("script-src", scripts), ("style-src", styles)):
        digest = base64.b64encode(hashlib.sha256("".join(texts).encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_the_page_refers_to_nothing_but_its_workbook(elements):
    addresses = {a[name] for _, a in elements.found for name in ("src", "href", "action", "srcset") if name in a}
    assert {address for address in addresses if not address.startswith("#")} == {
        "replenishment.xlsx",
        "replenishment.json",
    }


def test_hostile_text_makes_no_element_of_its_own(elements):
    kinds = [attributes["type"] for tag, attributes in elements.found if tag == "script"]
    assert kinds == ["application/json", "text/plain", "module"]
    assert not [tag for tag, _ in elements.found if tag in ("img", "iframe", "object")]
    assert not [name for _, attributes in elements.found for name in attributes if name.startswith(("on", "style"))]


def _columns(page: dict) -> dict[str, list]:
    return {
        name: [column["d"][place] for place in column["i"]] if isinstance(column, dict) else column
        for name, column in page["columns"].items()
    }


def test_the_columns_of_the_table_read_back_as_they_were_written(elements):
    texts = [text for tag, a, text in elements.raw if tag == "script" and a["type"] == "application/json"]
    page = json.loads("".join(texts))
    document = document_of(report_data(60, hostile=True))
    assert page == json.loads(json.dumps(table_payload(document)))
    columns = _columns(page)
    assert columns["description"][-len(HOSTILE) :] == list(HOSTILE)
    place = document["columns"].index("line_amount")
    assert columns["line_amount"] == [line[place] for line in document["lines"]]


def test_the_details_of_every_line_are_in_its_compressed_part():
    document = document_of(report_data(CHUNK_LENGTH + 5))
    parts = [json.loads(zlib.decompress(base64.b64decode(part))) for part in detail_chunks(document)]
    assert [len(part) for part in parts] == [CHUNK_LENGTH, 5]
    place = table_payload(document)["details"].index("explanation")
    wanted = [line[document["columns"].index("explanation")] for line in document["lines"]]
    assert [values[place] for part in parts for values, _, _ in part] == wanted
    assert [history for part in parts for _, history, _ in part] == document["history"]


def test_no_text_can_end_the_script_that_holds_it():
    text = safe_json(["</script><!--", "\u2028", "&amp;"])
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == ["</script><!--", "\u2028", "&amp;"]


def test_the_same_data_gives_the_same_page(page):
    assert render_page(document_of(report_data(60, hostile=True)), "replenishment") == page


def test_without_scripts_the_sums_and_first_lines_are_still_there(page):
    short = page[page.index("<noscript>") : page.index("</noscript>")]
    assert "What to order, per supplier and garage" in short
    assert short.count("<tr>") > 60


def test_a_page_without_lines_still_renders():
    assert "Nothing needs ordering" in render_page(document_of(report_data(0)), "replenishment")


# ---- colours


def _palettes(page: str) -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root\s*\{([^}]*)\}", page)
    light, dark = (dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block)) for block in blocks[:2])
    return {"light": light, "dark": {**light, **dark}}


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PAIRS = [
    *((text, ground, BODY_TEXT) for text in ("ink", "muted", "accent") for ground in ("bg", "surface", "accent-soft")),
    *((text, "sunken", BODY_TEXT) for text in ("ink", "muted")),
    *((status, f"{status}-soft", BODY_TEXT) for status in ("out", "late", "due")),
    *((status, ground, BODY_TEXT) for status in ("out", "late", "due", "good") for ground in ("surface", "bg")),
    *((mark, "surface", GRAPHIC) for mark in ("bar", "focus", "due", "out")),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_stands_out_from_what_it_is_on(page, scheme):
    palette = _palettes(page)[scheme]
    weak = {
        (text, ground): round(_contrast(palette[text], palette[ground]), 2)
        for text, ground, least in PAIRS
        if _contrast(palette[text], palette[ground]) < least
    }
    assert weak == {}
