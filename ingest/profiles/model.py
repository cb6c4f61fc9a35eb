"""A profile: everything that must be known about one partner's files of one kind, as data."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ingest.contracts import CONTRACTS, Contract, Type
from ingest.profiles.orders import Orders
from ingest.profiles.patterns import checked_date_format
from ingest.readers.patterns import checked_envelope_pattern

# The source of a profile that holds for every partner, and of the built-in one.
ANY_SOURCE = "*"


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"there is no time zone '{name}'; write an IANA name, such as Europe/Berlin")
    return name


def _several(value: Any) -> Any:
    """One name, or the position of a column, stands for a list of one."""
    items = value if isinstance(value, list | tuple) else [value]
    return tuple(str(item) if isinstance(item, int) else item for item in items)


TimeZone = Annotated[str, AfterValidator(_zone)]
Share = Annotated[Decimal, Field(ge=0, le=100)]
Names = Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]
DateFormat = Annotated[str, AfterValidator(checked_date_format)]
EnvelopePattern = Annotated[str, AfterValidator(checked_envelope_pattern)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Numbers(_Part):
    """How the file writes numbers; a sign that is not declared is refused, never guessed."""

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", "'", " "] = ""
    trailing_minus: bool = False

    @model_validator(mode="after")
    def _signs_differ(self) -> Numbers:
        if self.decimal == self.thousands:
            raise ValueError("decimal and thousands are the same sign; write two different ones")
        return self


class Dates(_Part):
    """How the file writes dates, in the signs of strptime, and in which zone it means a time without an offset."""

    formats: tuple[DateFormat, ...] = ()
    time_zone: TimeZone = "UTC"


class Sign(Enum):
    """What the sign of a quantity means."""

    AS_IS = "as_is"
    NEGATE = "negate"
    ABSOLUTE = "absolute"
    # Below zero is OUT, the rest IN; fills direction_code and leaves the size.
    DIRECTION = "direction"


class Tolerances(_Part):
    """From where on a row or a batch is held or rejected, in per cent; empty leaves the platform's own limit."""

    failed_rows_pct: Share | None = None
    price_change_pct: Annotated[Decimal, Field(ge=0)] = Decimal(40)
    row_drop_pct: Share = Decimal(15)
    key_coverage_pct: Share | None = None


class Calendar(_Part):
    """When a file is due: the days, the time of day in a zone, and the minutes it may be late."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    )  # fmt: skip
    due: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "23:59"
    time_zone: TimeZone = "UTC"
    grace_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 120
    # Days on which nothing comes although the week says so.
    closed_on: tuple[Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")], ...] = ()


class EnvelopePatterns(_Part):
    """Regular expressions whose named groups tell something about the whole file."""

    file_name: EnvelopePattern | None = None


class Profile(_Part):
    """How the files of one source and kind are read; a profile that says nothing changes nothing.

    ``columns`` name the source columns of a canonical one: the first that holds a value
    counts. ``scale`` multiplies, ``units`` translates every unit column, ``values`` one
    column. ``options`` belong to the format and are checked by it.
    """

    source_code: Annotated[str, Field(min_length=1, max_length=100)]
    kind: str
    files: str = "*"
    format: str | None = None
    options: dict[str, Any] = {}
    columns: dict[str, Names] = {}
    constants: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    no_value: tuple[str, ...] = ()
    numbers: Numbers = Numbers()
    dates: Dates = Dates()
    units: dict[str, str] = {}
    scale: dict[str, Annotated[Decimal, Field(gt=0, le=100_000, max_digits=12, decimal_places=6)]] = {}
    signs: dict[str, Sign] = {}
    defaults: dict[str, str] = {}
    availability_low_below: Annotated[Decimal, Field(ge=0)] | None = None
    tolerances: Tolerances = Tolerances()
    submission: Literal["FULL", "UPDATE"] | None = None
    envelope: EnvelopePatterns = EnvelopePatterns()
    # Where neither row nor file says when: refuse it, or take the moment of its arrival.
    stated_at_from: Literal["file", "arrival"] = "file"
    calendar: Calendar | None = None
    # How orders go out to the partner; beside what comes back.
    orders: Orders | None = None

    @model_validator(mode="after")
    def _names_are_known(self) -> Profile:
        if self.kind not in CONTRACTS:
            raise ValueError(f"kind: there is no kind '{self.kind}'; write one of {', '.join(CONTRACTS)}")
        contract = CONTRACTS[self.kind]
        for section in ("columns", "constants", "values", "scale", "signs", "defaults"):
            _check_names(section, getattr(self, section), contract)
        for section in ("scale", "signs"):
            if texts := [name for name in getattr(self, section) if not is_number(contract, name)]:
                raise ValueError(f"{section}.{texts[0]}: the column holds no number; remove it")
        if Sign.DIRECTION in self.signs.values() and "direction_code" not in contract.column_names:
            raise ValueError(f"signs: a {self.kind} file has no direction_code; write negate or absolute")
        if both := sorted(set(self.constants) & set(self.columns)):
            raise ValueError(f"constants.{both[0]}: the column is in columns too; keep one")
        if self.options and not self.format:
            raise ValueError("options: they belong to a format; write format as well")
        if self.orders and self.kind != "order_ack":
            raise ValueError("orders: they stand beside their answers; move them to the profile of kind order_ack")
        return self

    @cached_property
    def version(self) -> str:
        """Twelve hex digits of the sha-256 of what the profile says; comments and order do not count."""
        content = self.model_dump(mode="json", exclude_defaults=True)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def options_for(self, format_name: str) -> BaseModel:
        """The options of the format's reader; its defaults where the profile is about another format."""
        options_class = _options_class(format_name)
        options = options_class(**self.options) if format_name == self.format else options_class()
        # Some readers gain from the mapping: a spreadsheet must know which columns hold part numbers.
        return options.informed_by(self) if hasattr(options, "informed_by") else options


def is_number(contract: Contract, name: str) -> bool:
    """Whether a canonical column holds a number."""
    return contract.column(name).type in (Type.QUANTITY, Type.AMOUNT, Type.DAYS, Type.INTEGER)


def _check_names(section: str, names: dict, contract: Contract) -> None:
    unknown = [name for name in names if name not in contract.column_names]
    if unknown:
        known = ", ".join(contract.column_names)
        raise ValueError(f"{section}.{unknown[0]}: a {contract.kind} file has no such column; it has {known}")


def _options_class(format_name: str) -> Callable[..., BaseModel]:
    # Late, so that a profile costs no reader but its own.
    from ingest.readers.formats import FORMATS

    return importlib.import_module(FORMATS[format_name]).Options
