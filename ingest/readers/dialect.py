"""What a profile may say about delimited text, and where its body lies between preamble and footer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from ingest.readers.encodings import UTF_8, checked_encoding
from ingest.readers.patterns import checked_envelope_pattern, checked_pattern

_SIGNS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|", "colon": ":", "blank": " ",
    "caret": "^", "tilde": "~", "unit separator": "\x1f", "\\x1f": "\x1f",
}  # fmt: skip


def _sign(value: Any) -> Any:
    return _SIGNS.get(value, value) if isinstance(value, str) else value


def _one_ascii(value: str) -> str:
    if len(value) != 1 or not value.isascii() or value in "\r\n\x00":
        raise ValueError(f"{value!r} is not one ASCII character; write one, or a name such as tab or semicolon")
    return value


Sign = Annotated[str, BeforeValidator(_sign), AfterValidator(_one_ascii)]


class Options(BaseModel, extra="forbid", frozen=True):
    """How a delimited file is written; without a word, a CSV file in UTF-8 with a header and double quotes.

    ``quote: null`` is a file without quotes. ``header: false`` names the columns 1, 2, 3 and so on.
    The preamble is ``skip_lines`` lines, or all lines before the one that has the columns
    ``header_has``; the footer ``footer_lines`` lines, or all from the one that fits
    ``footer_from``. ``envelope`` patterns are looked for in both.
    """

    delimiter: Sign = ","
    quote: Sign | None = '"'
    escape: Sign | None = None
    encoding: Annotated[str, AfterValidator(checked_encoding)] = UTF_8
    header: bool = True
    skip_lines: Annotated[int, Field(ge=0, le=200)] = 0
    header_has: tuple[str, ...] = ()
    footer_lines: Annotated[int, Field(ge=0, le=50)] = 0
    footer_from: Annotated[str, AfterValidator(checked_pattern)] | None = None
    envelope: tuple[Annotated[str, AfterValidator(checked_envelope_pattern)], ...] = ()

    @model_validator(mode="after")
    def _parts_agree(self) -> Options:
        if self.delimiter in (self.quote, self.escape) or (self.escape and self.escape == self.quote):
            raise ValueError("delimiter, quote and escape are the same sign; write three different ones")
        if self.skip_lines and self.header_has:
            raise ValueError("skip_lines and header_has both say where the preamble ends; keep one")
        if self.header_has and not self.header:
            raise ValueError("header_has looks for a header that header: false denies; keep one")
        if self.footer_lines and self.footer_from:
            raise ValueError("footer_lines and footer_from both say where the footer begins; keep one")
        return self
