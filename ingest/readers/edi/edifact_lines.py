"""What the EDIFACT messages with lines have in common: BGM, DTM, NAD and CUX above, LIN and PIA for each line."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from ingest.readers.edi.builder import Builder
from ingest.readers.edi.values import edifact_moment


class Lines(Builder):
    """A message of lines: ``begin_line`` and ``end_line`` say what a line is worth.

    ``ids`` are the numbers of the open line by qualifier; None between the header and the first line.
    """

    handlers: ClassVar[dict[str, str]] = {
        "BGM": "_beginning", "DTM": "_date", "NAD": "_party", "CUX": "_currency", "LIN": "_line", "PIA": "_numbers",
        "UNS": "_section",
    }  # fmt: skip

    def start(self) -> None:
        self.document: str | None = None
        self.function = ""
        self.dates: dict[str, str | None] = {}
        self.money: str | None = None
        self._header_brand: str | None = None
        self.brand: str | None = None
        self.ids: dict[str, str] | None = None
        self.position = 0

    @abstractmethod
    def begin_line(self, e: list[str], number: int) -> None:
        """A line begins: forget what the last one said."""

    @abstractmethod
    def end_line(self) -> None:
        """A line is complete: say its rows."""

    def line_date(self, qualifier: str, moment: str | None) -> None:
        """A date below the open line."""

    def line_currency(self, code: str) -> None:
        """A currency below the open line."""

    def party(self, qualifier: str, name: str, number: int) -> None:
        """A party, above or below the lines."""

    def replaced_by(self, part_number: str) -> None:
        """A number that takes the place of the open line's."""

    def close(self) -> None:
        if self.ids is not None:
            self.end_line()
            self.ids = None

    def _beginning(self, e: list[str], number: int) -> None:
        self.document = e[2].split(self.component, 1)[0] or None
        self.function = e[3].split(self.component, 1)[0]

    def _date(self, e: list[str], number: int) -> None:
        qualifier, _, rest = e[1].partition(self.component)
        text, _, code = rest.partition(self.component)
        moment = edifact_moment(text, code)
        if self.ids is None:
            self.dates.setdefault(qualifier, moment)
            return
        self.line_date(qualifier, moment)
        if qualifier == "273" and "-" in text:
            self.line_date("206", edifact_moment(text.split("-", 1)[1], ""))

    def _party(self, e: list[str], number: int) -> None:
        name = e[2].split(self.component, 1)[0] or e[3].split(self.component, 1)[0] or e[4].split(self.component, 1)[0]
        if e[1] == "MF" and name:
            self.brand = name
            if self.ids is None:
                self._header_brand = name
        elif name:
            self.party(e[1], name, number)

    def _currency(self, e: list[str], number: int) -> None:
        parts = e[1].split(self.component)
        if len(parts) > 1:
            if self.ids is None:
                self.money = parts[1]
            else:
                self.line_currency(parts[1])

    def _line(self, e: list[str], number: int) -> None:
        if self.ids is not None:
            self.end_line()
        self.ids, self.brand = {}, self._header_brand
        self.position += 1
        code, _, rest = e[3].partition(self.component)
        if code:
            self.ids[rest.split(self.component, 1)[0]] = code
        self.begin_line(e, number)

    def _numbers(self, e: list[str], number: int) -> None:
        if self.ids is None:
            return
        for element in e[2:7]:
            if not element:
                continue
            code, _, rest = element.partition(self.component)
            if code and e[1] == "3":
                self.replaced_by(code)
            elif code and e[1] not in ("2", "4"):
                # Numbers of substitutes are not numbers of the part.
                self.ids.setdefault(rest.split(self.component, 1)[0] if self.component in rest else rest, code)

    def _section(self, e: list[str], number: int) -> None:
        """The summary begins: what follows belongs to no line."""
        if e[1] == "S":
            self.close()
