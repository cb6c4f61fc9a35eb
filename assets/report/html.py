"""The page: one file with its own style, script and data, which asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from assets.report.data import grouped, order_value, reasons
from assets.report.document import Document, moment_of, rows_of
from assets.report.payload import detail_chunks, table_payload
from assets.report.words import REASONS

SCRIPTS = (
    "base.js",
    "model.js",
    "chart.js",
    "drawer.js",
    "table.js",
    "lines.js",
    "horizon.js",
    "views.js",
    "budget.js",
    "decide.js",
    "sections.js",
    "settings.js",
    "pages.js",
    "download.js",
    "report.js",
)
# Shown where scripts do not run: enough to read, and the workbook has the rest.
NOSCRIPT_LINES = 100


def render_page(document: Document, stem: str) -> str:
    """The whole page as text; ``stem`` names the workbook and the document in the same folder, which it links to."""
    style = _template("report.css")
    # One module: inlined modules cannot import each other.
    script = "\n".join(_without_comments(_template(name)) for name in SCRIPTS)
    lines = list(rows_of(document))
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            policy=_policy(script, style),
            style=Markup(style),
            script=Markup(script),
            table=Markup(safe_json(table_payload(document))),
            chunks=detail_chunks(document),
            pages={name: Markup(safe_json(table)) for name, table in document["pages"].items() if table["rows"]},
            facts=document["facts"],
            figures=document["figures"],
            reasons=[(REASONS.get(code, (code,))[0], count, values) for code, count, values in reasons(lines)],
            groups=[
                (names, len(members), order_value(members))
                for names, members in grouped(lines, "supplier_name", "garage_name")
            ],
            lines=lines[:NOSCRIPT_LINES],
            stem=stem,
        )
    )


def safe_json(document: Any) -> str:
    """JSON that may stand inside a script element: no text in it can end the element or open another."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _without_comments(script: str) -> str:
    """The script without indentation and lines of comment, which only its writers need."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/**", "* ", "*/")))


def _policy(script: str, style: str) -> str:
    """Content security policy: this very script and style, nothing else, and nothing from anywhere."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def _template(name: str) -> str:
    return files("assets.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: "" if value is None else f"{value:,}"
    environment.filters["money"] = lambda value: "" if value is None else f"{value:,.2f}"
    environment.filters["moment"] = lambda value: f"{moment_of(value):%Y-%m-%d %H:%M} UTC"
    return environment
